import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec'
import type { Polygon } from 'geojson'
import { describe, expect, it } from 'vitest'
import type { Areas } from '@/live/api'
import { areaBorders, areaNames, borderLines, linesOf, namePoints, namesOf } from '@/map/layers/areas'
import { cellLayers } from '@/map/layers/cells'

function area(code: string, ...rings: [number, number][][]): Areas['features'][number] {
  const geometry: Polygon = { type: 'Polygon', coordinates: rings }
  return { type: 'Feature', properties: { kind: 'squad', code, name: `中队${code}`, name_en: `Squad ${code}`, district: code.slice(0, 6) }, geometry }
}

const areas = (...features: Areas['features']): Areas => ({ type: 'FeatureCollection', features })
const WEST: [number, number][] = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
const EAST: [number, number][] = [[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]

function segments(lines: readonly (readonly number[][])[]): string[] {
  return lines.flatMap((line) => line.slice(1).map((end, index) => [String(line[index]), String(end)].sort().join(' ')))
}

describe('borders', () => {
  it('of neighbours are drawn once, and none is lost', () => {
    const drawn = segments(borderLines(areas(area('1', WEST), area('2', EAST))).features[0]?.geometry.coordinates ?? [])
    const all = new Set([...segments([WEST]), ...segments([EAST])])
    expect(drawn).toHaveLength(7)
    expect(new Set(drawn)).toEqual(all)
  })

  it('are lines as long as they can be: dashes begin anew with each', () => {
    expect(borderLines(areas(area('1', WEST))).features[0]?.geometry.coordinates).toEqual([WEST])
  })
})

describe('the name of an area', () => {
  const at = (...features: Areas['features']): number[] | undefined => namePoints(areas(...features)).features[0]?.geometry.coordinates

  it('stands in its middle', () => {
    expect(at(area('1', WEST))).toEqual([0.5, 0.5])
  })

  it('stands inside, also where the middle lies outside or in a hole', () => {
    // A horseshoe that is open to the north, with the wider arm in the east.
    const [x = 0, y = 0] = at(area('1', [[0, 0], [10, 0], [10, 10], [6, 10], [6, 2], [2, 2], [2, 10], [0, 10], [0, 0]])) ?? []
    expect(x).toBeGreaterThan(6)
    expect(x).toBeLessThan(10)
    expect(y).toBeLessThan(10)
    const [holeX = 0] = at(area('1', [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[3, 3], [3, 6], [6, 6], [6, 3], [3, 3]])) ?? []
    expect(holeX < 3 || holeX > 6).toBe(true)
  })

  it('stands on the largest of several parts, and says whose it is', () => {
    const both: Areas['features'][number] = { ...area('439901001'), geometry: { type: 'MultiPolygon', coordinates: [[WEST], [[[10, 0], [14, 0], [14, 4], [10, 4], [10, 0]]]] } }
    const { features: [point] } = namePoints(areas(both))
    expect(point?.geometry.coordinates).toEqual([12, 2])
    expect(point?.properties).toMatchObject({ code: '439901001', name_en: 'Squad 439901001' })
  })
})

describe('the layers of areas', () => {
  it.each(['dark', 'light'] as const)('are a valid style: %s', (theme) => {
    const layers = [...areaBorders(theme), ...cellLayers(theme), ...areaNames(theme, 'en', 1)]
    const names = [...(['district', 'squad', 'grid'] as const).flatMap((kind) => [linesOf(kind), namesOf(kind)]), 'cells']
    const sources = Object.fromEntries(names.map((name) => [name, { type: 'geojson' as const, data: { type: 'FeatureCollection' as const, features: [] } }]))
    // Without the address of glyphs the engine draws every text itself; the checker only knows the older rule.
    expect(validateStyleMin({ version: 8, glyphs: 'x/{fontstack}/{range}', sources, layers })).toEqual([])
  })

  it('differ by form too: the squads’ borders are dashed, the districts’ the widest', () => {
    const paint = (id: string): Record<string, unknown> => ({ ...areaBorders('dark').find((layer) => layer.id === id)?.paint })
    expect(paint('squad-line')['line-dasharray']).toBeDefined()
    expect(paint('district-line')['line-dasharray']).toBeUndefined()
    expect(paint('grid-line')['line-width']).toBeLessThan(1)
  })

  it('name areas in the page’s language, and grids by code only from near', () => {
    const field = (language: 'zh-CN' | 'en'): unknown => areaNames('dark', language, 1).find((layer) => layer.id === 'squad-name')?.layout
    expect(field('zh-CN')).toMatchObject({ 'text-field': ['get', 'name'] })
    expect(field('en')).toMatchObject({ 'text-field': ['coalesce', ['get', 'name_en'], ['get', 'name']] })
    expect(areaNames('dark', 'en', 1).find((layer) => layer.id === 'grid-code')).toMatchObject({ minzoom: 15 })
    expect(areaBorders('dark').find((layer) => layer.id === 'grid-line')).toMatchObject({ minzoom: 13 })
  })
})
