import { describe, expect, it } from 'vitest'
import type { LonLat } from '@/map/datum'
import { latitudeOf, longitudeOf, mercatorX, mercatorY, WORLD_PIXELS } from '@/map/mercator'
import { outlineFeatures } from '@/map/layers/outline'
import { crossingOf } from '@/map/outline/crossings'
import { cornerAt, sideAt } from '@/map/outline/hits'
import { addCorner, addRing, cornersOf, holds, moveCorner, outlineOf, removeCorner, shapeOf, squareMetres, type Outline, type Ring } from '@/map/outline/outline'
import { snapLines, snapped } from '@/map/outline/snap'
import { firstStep, goOn, MOST_STEPS, stepAgain, stepBack, stepTo } from '@/map/outline/steps'

const box = (west: number, south: number, size: number): Ring => [[west, south], [west + size, south], [west + size, south + size], [west, south + size]]
const closed = (ring: Ring): number[][] => [...ring, ...ring.slice(0, 1)].map(([x, y]) => [x, y])
const OUTER = box(113, 28, 0.1)
const HOLE = box(113.04, 28.04, 0.02)
const ISLAND = box(113.2, 28, 0.01)
const WHOLE: Outline = [[OUTER, HOLE], [ISLAND]]

describe('an outline', () => {
  it('is of a shape and becomes one again, with its parts and holes', () => {
    const shape = { type: 'MultiPolygon' as const, coordinates: [[closed(OUTER), closed(HOLE)], [closed(ISLAND)]] }
    expect(outlineOf(shape)).toEqual(WHOLE)
    expect(shapeOf(WHOLE)).toEqual(shape)
    expect(shapeOf([[OUTER]])).toEqual({ type: 'Polygon', coordinates: [closed(OUTER)] })
    expect(outlineOf(null)).toEqual([])
  })

  it('leaves what is not edited as it is', () => {
    const moved = moveCorner(WHOLE, { part: 0, ring: 0, index: 2 }, [113.11, 28.12])
    expect(moved[0]?.[0]?.[2]).toEqual([113.11, 28.12])
    expect([moved[0]?.[1], moved[1]]).toEqual([HOLE, [ISLAND]])
    expect(WHOLE[0]?.[0]?.[2]).toEqual(OUTER[2])
    expect(addCorner(WHOLE, { part: 0, ring: 1, index: 4 }, [113.03, 28.05])[0]?.[1]).toEqual([...HOLE, [113.03, 28.05]])
    expect(removeCorner(WHOLE, { part: 0, ring: 0, index: 0 })[0]?.[0]).toEqual(OUTER.slice(1))
  })

  it('loses a ring that would have two corners; an outer one takes its holes along', () => {
    const triangle: Outline = [[OUTER.slice(0, 3), HOLE.slice(0, 3)], [ISLAND]]
    expect(removeCorner(triangle, { part: 0, ring: 1, index: 1 })).toEqual([[OUTER.slice(0, 3)], [ISLAND]])
    expect(removeCorner(triangle, { part: 0, ring: 0, index: 1 })).toEqual([[ISLAND]])
  })

  it('takes a ring inside of a part as a hole, and any other one as a part', () => {
    const inside = box(113.08, 28.08, 0.005)
    expect(addRing(WHOLE, inside)).toEqual([[OUTER, HOLE, inside], [ISLAND]])
    const lake = box(113.045, 28.045, 0.005)
    expect(addRing(WHOLE, lake)).toEqual([...WHOLE, [lake]])
    expect(addRing([], ISLAND)).toEqual([[ISLAND]])
  })

  it('has the square metres of its parts without its holes', () => {
    // A box of s degrees: R² · s · (sin north − sin south), on the sphere of the mean radius.
    const area = (south: number, size: number): number => 6_371_008.8 ** 2 * ((size * Math.PI) / 180) * (Math.sin(((south + size) * Math.PI) / 180) - Math.sin((south * Math.PI) / 180))
    const expected = area(28, 0.1) - area(28.04, 0.02) + area(28, 0.01)
    expect(squareMetres(WHOLE) / expected).toBeCloseTo(1, 4)
  })

  it('holds what lies inside, not what lies in a hole', () => {
    expect([[113.01, 28.01], [113.05, 28.05], [112.9, 28.05]].map((place) => holds([OUTER, HOLE], place as LonLat))).toEqual([true, false, false])
  })

  it('is walked through ring by ring', () => {
    expect(cornersOf(WHOLE).map(({ part, ring, index }) => `${part}${ring}${index}`)).toEqual(['000', '001', '002', '003', '010', '011', '012', '013', '100', '101', '102', '103'])
  })
})

describe('an outline that is no area', () => {
  it.each<[string, Outline, LonLat | null]>([
    ['a box', [[OUTER]], null],
    ['parts and holes', WHOLE, null],
    ['a bow tie', [[[[0, 0], [2, 2], [2, 0], [0, 2]]]], [1, 1]],
    ['a hole that leaves its part', [[box(0, 0, 2), box(1, 1, 3)]], [1, 2]],
    ['parts that run along each other', [[box(0, 0, 2)], [box(2, 0, 2)]], [2, 1]],
    ['parts that meet in a corner', [[box(0, 0, 2)], [box(2, 2, 2)]], null],
    ['a hole that touches its part in a corner', [[[[0, 0], [4, 0], [4, 4], [0, 4]], [[0, 0], [2, 1], [1, 2]]]], null],
    ['a corner on another side', [[[[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]]]], [2, 0]],
    ['a spike', [[[[0, 0], [4, 0], [2, 0], [2, 2]]]], [3, 0]],
    ['two corners on one place', [[[[0, 0], [2, 0], [2, 0], [2, 2]]]], null],
    ['the same place twice', [[[[0, 0], [1, 1], [2, 0], [2, 2], [1, 1], [0, 2]]]], [1, 1]],
  ])('%s', (_, outline, place) => {
    expect(crossingOf(outline)).toEqual(place)
  })

  it('is found among a thousand corners, and none where there is none', () => {
    const ring: Ring = Array.from({ length: 1000 }, (_, index): LonLat => [113 + Math.cos((index / 500) * Math.PI) / 50, 28 + Math.sin((index / 500) * Math.PI) / 50])
    expect(crossingOf([[ring]])).toBeNull()
    expect(crossingOf(moveCorner([[ring]], { part: 0, ring: 0, index: 10 }, [112.9, 28]))).not.toBeNull()
  })
})

describe('a place near a neighbour’s border', () => {
  const scale = WORLD_PIXELS * 2 ** 15
  const lines = snapLines([{ type: 'Polygon', coordinates: [closed(OUTER), closed(HOLE)] }])
  /** So many pixels east and south of a place. */
  const beside = ([longitude, latitude]: LonLat, east: number, south: number): LonLat => [longitudeOf(mercatorX(longitude) + east / scale), latitudeOf(mercatorY(latitude) + south / scale)]
  const corner = OUTER[1] as LonLat

  it('goes to the corner within 8 pixels, exactly', () => {
    expect(snapped(beside(corner, 5, 5), lines, scale)).toEqual(corner)
    expect(snapped(beside(HOLE[0] as LonLat, -6, 0), lines, scale)).toEqual(HOLE[0])
  })

  it('goes to the side where no corner is as near', () => {
    const found = snapped(beside([113.05, 28], 0, 7), lines, scale)
    expect(found?.[0]).toBeCloseTo(113.05, 6)
    expect(found?.[1]).toBeCloseTo(28, 9)
  })

  it('stays where it is farther off', () => {
    expect(snapped(beside([113.05, 28], 0, 9), lines, scale)).toBeNull()
    expect(snapped(beside(corner, 9, 0), lines, scale)).toBeNull()
  })
})

describe('what is under a point of the screen', () => {
  const pixelOf = ([x, y]: LonLat): { x: number; y: number } => ({ x, y })
  const outline: Outline = [[[[0, 0], [100, 0], [100, 100], [0, 100]]]]

  it('is the nearest corner within reach', () => {
    expect(cornerAt(outline, pixelOf, { x: 95, y: 3 }, 9)).toEqual({ part: 0, ring: 0, index: 1 })
    expect(cornerAt(outline, pixelOf, { x: 80, y: 0 }, 9)).toBeNull()
  })

  it('is a side, as the corner before which a new one stands; the last one is joined to the first', () => {
    expect(sideAt(outline, pixelOf, { x: 50, y: 4 }, 6)).toEqual({ part: 0, ring: 0, index: 1 })
    expect(sideAt(outline, pixelOf, { x: -3, y: 50 }, 6)).toEqual({ part: 0, ring: 0, index: 4 })
    expect(sideAt(outline, pixelOf, { x: 50, y: 50 }, 6)).toBeNull()
  })
})

describe('steps', () => {
  it('are taken back and done again; a new one forgets those that were taken back', () => {
    const three = stepTo(stepTo(firstStep(1), 2), 3)
    expect([stepBack(three).now, stepBack(stepBack(three)).now, stepBack(stepBack(stepBack(three))).now]).toEqual([2, 1, 1])
    expect([stepAgain(stepBack(three)).now, stepAgain(three).now]).toEqual([3, 3])
    expect(stepAgain(stepTo(stepBack(three), 9)).now).toBe(9)
  })

  it('that go on are one', () => {
    expect(stepBack(goOn(goOn(stepTo(firstStep(1), 2), 3), 4)).now).toBe(1)
  })

  it('are kept up to a number', () => {
    const many = Array.from({ length: MOST_STEPS + 50 }, (_, index) => index).reduce(stepTo, firstStep(-1))
    expect(many.past).toHaveLength(MOST_STEPS)
  })
})

describe('what is drawn of an outline', () => {
  const parts = (drawn: Parameters<typeof outlineFeatures>[0]): unknown[] => outlineFeatures(drawn).features.map(({ properties }) => properties?.['part'] as unknown)

  it('is its area, sides and corners, with the chosen one and the fault', () => {
    const drawn = parts({ outline: [[ISLAND]], open: null, chosen: { part: 0, ring: 0, index: 1 }, next: null, fault: [113.2, 28] })
    expect(drawn).toEqual(['area', 'side', 'corner', 'corner', 'corner', 'corner', 'chosen', 'fault'])
  })

  it('is a ring that is not closed yet, with the way to the pointer', () => {
    expect(parts({ outline: [], open: [], chosen: null, next: [1, 1], fault: null })).toEqual(['ghost'])
    expect(parts({ outline: [], open: [[0, 0], [1, 0]], chosen: null, next: [1, 1], fault: null })).toEqual(['side', 'next', 'corner', 'chosen', 'ghost'])
  })
})
