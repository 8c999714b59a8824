import type { FeatureCollection, Point } from 'geojson'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fix } from '@/live/record'
import { Drawing } from '@/map/drawing'
import type { MapEngine, MapPlace } from '@/map/engine'
import type { UnitProperties } from '@/map/layers/units'
import { fix } from '../fixes'

const VIEW = { west: 113, south: 22, east: 114, north: 23 }

/** The engine as far as drawing needs it; it notes what was asked of it. */
class FakeEngine {
  moving = false
  readonly drawn: FeatureCollection<Point, UnitProperties>[] = []
  readonly flights: MapPlace[] = []
  readonly centres: MapPlace[] = []
  view = (): typeof VIEW => VIEW
  isMoving = (): boolean => this.moving
  flyTo = (place: MapPlace): void => { this.flights.push(place) }
  centreOn = (place: MapPlace): void => { this.centres.push(place) }
  setData = (source: string, data: FeatureCollection<Point, UnitProperties>): void => { if (source === 'units') this.drawn.push(data) }

  longitudeOf(unit: number): number | undefined {
    return this.drawn.at(-1)?.features.find((feature) => feature.properties.unit === unit)?.geometry.coordinates[0]
  }
}

let engine: FakeEngine
let positions: Map<number, Fix>
let following: number | null
let drawing: Drawing

beforeEach(() => {
  vi.useFakeTimers()
  engine = new FakeEngine()
  positions = new Map()
  following = null
  const world = { positions, now: () => 1_000_000, label: (unit: number) => `U${unit}`, selected: () => null, following: () => following }
  drawing = new Drawing(engine as unknown as MapEngine, world)
})

afterEach(() => {
  drawing.stop()
  vi.useRealTimers()
})

function comes(...fixes: Fix[]): void {
  for (const one of fixes) positions.set(one.unit, one)
  drawing.change({ moved: fixes, gone: [] })
}

const passes = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

describe('drawing', () => {
  it('rests while nothing changes or moves', async () => {
    comes(fix(1))
    await passes(500)
    const times = engine.drawn.length
    await passes(5000)
    expect(engine.drawn.length).toBe(times)
    drawing.touch()
    await passes(200)
    expect(engine.drawn.length).toBe(times + 1)
  })

  it('draws a moving unit at most ten times a second, and rests where it arrived', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }))
    await passes(200)
    const times = engine.drawn.length
    comes(fix(1, { time: 2000, longitude: 113.501 }))
    await passes(1000)
    expect(engine.drawn.length - times).toBeGreaterThanOrEqual(8)
    expect(engine.drawn.length - times).toBeLessThanOrEqual(10)
    expect(engine.longitudeOf(1)).toBeGreaterThan(113.5)
    expect(engine.longitudeOf(1)).toBeLessThan(113.501)
    await passes(1500)
    expect(engine.longitudeOf(1)).toBe(113.501)
  })

  it('does not animate what nobody sees', async () => {
    comes(fix(1, { time: 0, longitude: 100 }))
    await passes(200)
    const times = engine.drawn.length
    comes(fix(1, { time: 5000, longitude: 100.001 }))
    await passes(3000)
    expect(engine.drawn.length - times).toBe(1)
    expect(engine.longitudeOf(1)).toBe(100.001)
  })

  it('jumps while the page is hidden', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }))
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    comes(fix(1, { time: 5000, longitude: 113.501 }))
    await passes(150)
    expect(engine.longitudeOf(1)).toBe(113.501)
  })

  it('draws no more of a unit that is gone', async () => {
    comes(fix(1), fix(2))
    positions.delete(1)
    drawing.change({ moved: [], gone: [1] })
    await passes(200)
    expect(engine.drawn.at(-1)?.features.map((feature) => feature.properties.unit)).toEqual([2])
  })

  it('flies to a followed unit once, then stays with it', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }))
    following = 1
    drawing.touch()
    await passes(200)
    comes(fix(1, { time: 1000, longitude: 113.501 }))
    await passes(1500)
    expect(engine.flights).toHaveLength(1)
    expect(engine.centres.length).toBeGreaterThan(3)
    expect(engine.centres.at(-1)).toMatchObject({ longitude: 113.501 })
  })

  it('waits for a followed unit whose position is not known yet', async () => {
    following = 7
    drawing.touch()
    await passes(300)
    expect(engine.flights).toEqual([])
    comes(fix(7, { longitude: 100 }))
    await passes(300)
    expect(engine.flights).toMatchObject([{ longitude: 100 }])
  })

  it('does not fight the hand that zooms', async () => {
    engine.moving = true
    following = 1
    comes(fix(1))
    await passes(500)
    expect([engine.flights, engine.centres]).toEqual([[], []])
  })

  it('flies to each unit that is followed anew', async () => {
    comes(fix(1), fix(2))
    for (const unit of [1, 2, null, 2]) {
      following = unit
      drawing.touch()
      await passes(300)
    }
    expect(engine.flights).toHaveLength(3)
  })
})
