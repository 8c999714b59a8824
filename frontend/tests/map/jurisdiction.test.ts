import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec'
import { describe, expect, it } from 'vitest'
import type { Jurisdiction } from '@/live/organisation'
import { areaOf, bodyAt, boundsOf, jurisdictionBorders, jurisdictionLines, jurisdictionNames, jurisdictionWords, SOURCES } from '@/map/layers/jurisdiction'
import { OUTLINE, outlineLayers } from '@/map/layers/outline'
import { PARKED, parkedFeatures, parkedLayers, viewOf } from '@/map/layers/parked'
import type { Parked } from '@/live/parked'

type Area = Jurisdiction['features'][number]

function area(body: number, kind: string, west: number, size: number): Area {
  const ring = [[west, 0], [west + size, 0], [west + size, size], [west, size], [west, 0]]
  const properties = { area: body + 100, body, kind, code: null, name: `单位${body}`, name_en: `Body ${body}`, since: 0, until: null }
  return { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [ring] } }
}

const AREAS: Jurisdiction = { type: 'FeatureCollection', features: [area(3, 'squad', 0, 2), area(1, 'city', 0, 4), area(2, 'district', 0, 3)] }

describe('the areas of bodies', () => {
  it('are drawn from the widest on: where borders run together the stronger one is drawn', () => {
    const { features } = jurisdictionLines(AREAS)
    expect(features.map(({ properties }) => properties?.['width'] as number)).toEqual([3.4, 2.6, 1.4])
    const two = jurisdictionLines({ type: 'FeatureCollection', features: [area(5, 'squad', 0, 2), area(4, 'street', 0, 2)] })
    expect(two.features.map(({ geometry }) => geometry.coordinates.length)).toEqual([1, 0])
  })

  it('have names, those of the wider body first', () => {
    const words = jurisdictionWords(AREAS).features.map(({ properties }) => [properties?.['name'], properties?.['order']] as unknown[])
    expect(words.sort((one, other) => Number(one[1]) - Number(other[1])).map(([name]) => name)).toEqual(['单位1', '单位2', '单位3'])
  })

  it('of a kind that is not known are drawn too', () => {
    expect(jurisdictionLines({ type: 'FeatureCollection', features: [area(9, 'post', 0, 1)] }).features).toHaveLength(1)
  })

  it('are chosen by a click: the smallest first, then the wider ones in turn', () => {
    const at = (chosen: number | null): number | null => bodyAt(AREAS, { longitude: 1, latitude: 1 }, chosen)
    expect([at(null), at(3), at(2), at(1), at(99)]).toEqual([3, 2, 1, 3, 3])
    expect(bodyAt(AREAS, { longitude: 3.5, latitude: 3.5 }, 3)).toBe(1)
    expect(bodyAt(AREAS, { longitude: 9, latitude: 9 }, 3)).toBeNull()
  })

  it('are found by body, and shown whole', () => {
    expect(areaOf(AREAS, 2)?.properties.area).toBe(102)
    expect(areaOf(AREAS, 7)).toBeNull()
    expect(boundsOf(AREAS.features.map(({ geometry }) => geometry))).toEqual({ west: 0, south: 0, east: 4, north: 4 })
    expect(boundsOf([])).toBeNull()
  })
})

describe('vehicles that are parked', () => {
  const vehicle = (unit: number, longitude: number): Parked => ({ unit, call_sign: `C${unit}`, name: '车', name_en: null, body: 1, plate: null, longitude, latitude: 28, time: 0 })

  it('are marks, one of them chosen, and shown whole', () => {
    expect(parkedFeatures([vehicle(1, 113), vehicle(2, 113.1)], 2).features.map(({ properties }) => properties)).toEqual([{ call_sign: 'C1', chosen: false }, { call_sign: 'C2', chosen: true }])
    expect(viewOf([vehicle(1, 113)])).toMatchObject({ west: 112.9975, east: 113.0025 })
    expect(viewOf([])).toBeNull()
  })
})

describe('the layers of administration', () => {
  it.each(['dark', 'light'] as const)('are a valid style: %s', (theme) => {
    const layers = [...jurisdictionBorders(theme), ...jurisdictionNames(theme, 'en', 1), ...outlineLayers(theme, 1.5), ...parkedLayers(theme)]
    const names = [...Object.values(SOURCES), OUTLINE, PARKED]
    const sources = Object.fromEntries(names.map((name) => [name, { type: 'geojson' as const, data: { type: 'FeatureCollection' as const, features: [] } }]))
    // Without the address of glyphs the engine draws every text itself; the checker only knows the older rule.
    expect(validateStyleMin({ version: 8, glyphs: 'x/{fontstack}/{range}', sources, layers })).toEqual([])
  })
})
