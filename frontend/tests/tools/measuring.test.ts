import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MapPlace } from '@/map/engine'
import { MEASURE_SIGNS, measureFeatures, measureLayers } from '@/map/layers/measure'
import { useTools } from '@/stores/tools'
import { useView } from '@/stores/view'

const at = (longitude: number, latitude: number): MapPlace => ({ longitude, latitude })
const CORNERS = [at(113, 28.2), at(113.01, 28.2), at(113.01, 28.21)]

beforeEach(() => {
  setActivePinia(createPinia())
  useView().camera = { longitude: 113, latitude: 28.2, zoom: 14 }
})

function measured(...points: MapPlace[]): ReturnType<typeof useTools> {
  const tools = useTools()
  tools.measure()
  for (const point of points) tools.addPoint(point)
  return tools
}

describe('measuring', () => {
  it('takes points only while it is on', () => {
    const tools = useTools()
    tools.addPoint(at(113, 28))
    expect(tools.points).toEqual([])
    expect(measured(...CORNERS).points).toEqual(CORNERS)
  })

  it('ends with a double-click, whose second click is no point; the result stays', () => {
    const tools = measured(at(113, 28.2), at(113.01, 28.2), at(113.01002, 28.2))
    expect([tools.mode, tools.points.length, tools.closed]).toEqual(['look', 2, false])
  })

  it('closes by a click on the first point, from three points on', () => {
    const tools = measured(...CORNERS.slice(0, 2), at(113.00002, 28.2))
    expect([tools.mode, tools.points.length]).toEqual(['measure', 3])
    tools.measure()
    for (const point of [...CORNERS, at(113.00002, 28.20001)]) tools.addPoint(point)
    expect([tools.mode, tools.points.length, tools.closed]).toEqual(['look', 3, true])
  })

  it('knows by the zoom how near a click is', () => {
    useView().camera = { longitude: 113, latitude: 28.2, zoom: 19 }
    const tools = measured(at(113, 28.2), at(113.01, 28.2), at(113.01002, 28.2))
    expect([tools.mode, tools.points.length]).toEqual(['measure', 3])
  })

  it('takes back the last point, and is cleared by the next measurement', () => {
    const tools = measured(...CORNERS)
    tools.undo()
    expect(tools.points).toEqual(CORNERS.slice(0, 2))
    tools.measure()
    expect([tools.mode, tools.points.length]).toEqual(['measure', 0])
  })

  it('keeps no result of a single point', () => {
    const tools = measured(at(113, 28.2))
    tools.finish()
    expect([tools.mode, tools.points.length]).toEqual(['look', 0])
  })
})

describe('what is measured, on the map', () => {
  const parts = (data: ReturnType<typeof measureFeatures>): string[] => data.features.map(({ properties }) => String(properties?.['part']))
  const words = (data: ReturnType<typeof measureFeatures>, part: string): unknown[] => data.features.filter(({ properties }) => properties?.['part'] === part).map(({ properties }) => properties?.['words'])

  it('is nothing without a point, and a point with one', () => {
    expect(measureFeatures({ points: [], closed: false, next: at(1, 1) }).features).toEqual([])
    expect(parts(measureFeatures({ points: CORNERS.slice(0, 1), closed: false, next: null }))).toEqual(['point'])
  })

  it('has a rubber line to the pointer, with the total as it would be', () => {
    const data = measureFeatures({ points: CORNERS.slice(0, 2), closed: false, next: at(113.01, 28.21) })
    expect(parts(data)).toEqual(['line', 'point', 'point', 'next', 'total'])
    expect(words(data, 'total')).toEqual(['2.09 km'])
  })

  it('says each segment, and the total at the end', () => {
    const data = measureFeatures({ points: CORNERS, closed: false, next: null })
    expect(words(data, 'segment')).toEqual(['980 m', '1.11 km'])
    expect(words(data, 'total')).toEqual(['2.09 km'])
  })

  it('has an area when it is closed, with the side that closes it', () => {
    const data = measureFeatures({ points: CORNERS, closed: true, next: null })
    expect(words(data, 'inside')).toEqual(['0.54 km²'])
    expect(words(data, 'segment')).toHaveLength(3)
    expect(words(data, 'total')).toEqual([])
    const area = data.features.find(({ properties }) => properties?.['part'] === 'area')
    expect(area?.geometry.type === 'Polygon' && area.geometry.coordinates[0]).toHaveLength(4)
  })

  it('has a layer for each part, drawn from one source, and only signs whose faces are loaded', () => {
    for (const closed of [false, true]) {
      for (const { properties } of measureFeatures({ points: CORNERS, closed, next: null }).features) {
        expect(JSON.stringify(measureLayers('dark'))).toContain(`"${String(properties?.['part'])}"`)
        for (const sign of String(properties?.['words'] ?? '').replaceAll(' ', '')) expect(MEASURE_SIGNS).toContain(sign)
      }
    }
    expect(measureLayers('light').map(({ id }) => id)).toEqual(measureLayers('dark').map(({ id }) => id))
    for (const layer of measureLayers('dark')) expect('source' in layer && layer.source).toBe('measure')
  })
})
