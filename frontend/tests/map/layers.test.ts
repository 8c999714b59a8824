import { describe, expect, it } from 'vitest'
import { groundStyle } from '@/map/ground'
import { LAYERS, SOURCES } from '@/map/layers'
import { accuracyCircle } from '@/map/layers/accuracy'
import { grid, gridResolution } from '@/map/layers/cells'
import { unitFeatures } from '@/map/layers/units'
import { metresBetween, type Place } from '@/map/movement'
import { allSymbols, symbolName } from '@/map/symbols'
import { fix } from '../fixes'

const NOW = 1_000_000
const place: Place = { longitude: 113.5, latitude: 22.2, heading: 90 }
const mark = { fix: fix(1, { time: NOW, heading: 90 }), place, label: '巡1', selected: false }

function symbolOf(change: Partial<typeof mark>): string | undefined {
  return unitFeatures([{ ...mark, ...change }], NOW).features[0]?.properties.symbol
}

describe('units on the map', () => {
  it('are arrows where the heading is known, round where it is not', () => {
    expect(symbolOf({})).toBe('arrow-fresh')
    expect(symbolOf({ place: { ...place, heading: null } })).toBe('round-fresh')
  })

  it.each([[30, 'arrow-fresh'], [30.1, 'arrow-stale'], [120, 'arrow-stale'], [120.1, 'arrow-lost']])('of an age of %d s are %s', (seconds, symbol) => {
    expect(symbolOf({ fix: fix(1, { time: NOW - seconds * 1000 }) })).toBe(symbol)
  })

  it('say alarm and choice', () => {
    expect(symbolOf({ fix: fix(1, { time: NOW, alarm: true }), selected: true })).toBe('arrow-fresh-alarm-selected')
  })

  it('have a symbol drawn for each name that can occur', () => {
    const names = allSymbols().map(symbolName)
    expect(new Set(names).size).toBe(24)
    expect(names).toContain('round-lost-alarm-selected')
  })

  it('put the chosen one on top of alarms, and lost ones at the bottom', () => {
    const order = (change: Partial<typeof mark>): number => unitFeatures([{ ...mark, ...change }], NOW).features[0]?.properties.order ?? -1
    const ranks = [order({ fix: fix(1, { time: 0 }) }), order({}), order({ fix: fix(1, { time: NOW, alarm: true }) }), order({ selected: true })]
    expect(ranks).toEqual([...ranks].sort())
    expect(new Set(ranks).size).toBe(4)
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

describe('the circle of accuracy', () => {
  it('has its radius on the ground', () => {
    const ring = accuracyCircle(place, 50).features[0]?.geometry
    const corners = ring?.type === 'Polygon' ? ring.coordinates[0] ?? [] : []
    expect(corners).toHaveLength(49)
    for (const [longitude = 0, latitude = 0] of corners) expect(metresBetween(place, { longitude, latitude, heading: null })).toBeCloseTo(50, 0)
  })

  it('is not drawn where nothing is known', () => {
    expect(accuracyCircle(place, null).features).toEqual([])
    expect(accuracyCircle(undefined, 50).features).toEqual([])
  })
})

describe('the style', () => {
  it('asks nobody for anything: no sprite, no glyphs, no address', () => {
    expect(JSON.stringify(groundStyle(SOURCES))).not.toMatch(/https?:|sprite|glyphs/)
  })

  it('has each layer once, drawn from a source that is there', () => {
    expect(new Set(LAYERS.map((layer) => layer.id)).size).toBe(LAYERS.length)
    for (const layer of LAYERS) expect(Object.keys(SOURCES)).toContain('source' in layer ? layer.source : '')
  })

  it('lays a base of streets under the live layers when there is one', () => {
    const base = { sources: { streets: { type: 'vector' as const, tiles: ['/tiles/{z}/{x}/{y}'] } }, layers: [{ id: 'roads', type: 'line' as const, source: 'streets', 'source-layer': 'roads' }] }
    const style = groundStyle(SOURCES, base)
    expect(style.layers.map((layer) => layer.id)).toEqual(['ground', 'roads'])
    expect(Object.keys(style.sources)).toEqual(['streets', 'cells', 'accuracy', 'units'])
  })
})
