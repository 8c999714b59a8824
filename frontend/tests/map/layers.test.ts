import { describe, expect, it } from 'vitest'
import { LAYERS } from '@/map/layers'
import { areaBorders, areaNames } from '@/map/layers/areas'
import { cellLayers, grid, gridResolution } from '@/map/layers/cells'
import { fenceBorders, fenceNames } from '@/map/layers/fences'

describe('the list of layers', () => {
  const drawn = [...areaBorders('dark'), ...cellLayers('dark'), ...fenceBorders('dark'), ...areaNames('dark', 'zh-CN', 1), ...fenceNames('dark', 1)].map((layer) => layer.id)

  it('names each layer once, and each style that it switches is one that is drawn', () => {
    expect(new Set(LAYERS.map((layer) => layer.id)).size).toBe(LAYERS.length)
    expect(LAYERS.flatMap((layer) => layer.styles).sort()).toEqual([...drawn].sort())
  })

  it('is the order in which borders are drawn', () => {
    const lines = LAYERS.flatMap((layer) => layer.styles).filter((style) => !/name|code/.test(style))
    expect(drawn.filter((style) => lines.includes(style))).toEqual(lines)
  })

  it('begins with streets, districts and squads, without the two grids', () => {
    expect(LAYERS.filter((layer) => !layer.on).map((layer) => layer.id)).toEqual(['grids', 'cells'])
  })
})

describe('the grid', () => {
  it('covers the view with a few cells at every zoom', () => {
    for (let zoom = 5; zoom <= 19; zoom += 0.5) {
      const degreesPerPixel = 360 / 512 / 2 ** zoom
      const [width, height] = [1920 * degreesPerPixel, 1080 * degreesPerPixel]
      const lines = grid({ west: 113, east: 113 + width, south: 22, north: 22 + height }, zoom).features[0]?.geometry
      const count = lines?.type === 'MultiLineString' ? lines.coordinates.length : 0
      expect(count, `zoom ${zoom}, resolution ${gridResolution(zoom)}`).toBeGreaterThan(0)
      expect(count, `zoom ${zoom}, resolution ${gridResolution(zoom)}`).toBeLessThan(700)
    }
  })

  it('draws no line once round the globe', () => {
    const lines = grid({ west: 179.9, east: 180.1, south: -0.1, north: 0.1 }, 12).features[0]?.geometry
    const longitudes = lines?.type === 'MultiLineString' ? lines.coordinates.flat().map(([longitude]) => longitude ?? 0) : []
    expect(longitudes.length).toBeGreaterThan(0)
    expect(Math.min(...longitudes)).toBeGreaterThan(179)
    expect(Math.max(...longitudes)).toBeLessThan(181)
  })
})
