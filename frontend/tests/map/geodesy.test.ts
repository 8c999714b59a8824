import { describe, expect, it } from 'vitest'
import { areaWords, lengthWords, metresBetween, ringArea, segmentLengths, totalLength } from '@/map/geodesy'

const at = (latitude: number, longitude: number): { latitude: number; longitude: number } => ({ latitude, longitude })
/** Metres of a degree of latitude, on the mean sphere. */
const DEGREE = 111_195.08
const square = [at(0, 0), at(0, 1), at(1, 1), at(1, 0)]

describe('a distance', () => {
  it.each([
    ['Beijing – Shanghai', at(39.9042, 116.4074), at(31.2304, 121.4737), 1_067_311],
    ['London – New York', at(51.5007, -0.1246), at(40.6892, -74.0445), 5_574_840],
    ['one degree north', at(28, 113), at(29, 113), DEGREE],
    ['a quarter of the globe', at(0, 0), at(90, 77), 90 * DEGREE],
    ['over the 180th meridian', at(0, 179.5), at(0, -179.5), DEGREE],
  ])('%s is known', (_, one, other, metres) => {
    expect(metresBetween(one, other) / metres).toBeCloseTo(1, 4)
    expect(metresBetween(other, one)).toBe(metresBetween(one, other))
  })

  it('of a few centimetres is exact too', () => {
    expect(metresBetween(at(28, 113), at(28.0000001, 113))).toBeCloseTo(0.0111, 3)
    expect(metresBetween(at(28, 113), at(28, 113))).toBe(0)
  })
})

describe('a line', () => {
  it('is as long as its segments, and closed by one more', () => {
    const points = [at(0, 0), at(0, 1), at(1, 1)]
    expect(segmentLengths(points)).toHaveLength(2)
    expect(segmentLengths(points, true)).toHaveLength(3)
    expect(totalLength(points)).toBeCloseTo(2 * DEGREE, -1)
    expect(totalLength(points, true)).toBeCloseTo((2 + Math.SQRT2) * DEGREE, -2)
  })

  it.each([[[]], [[at(1, 1)]]])('of %j has no length', (points) => {
    expect(totalLength(points)).toBe(0)
  })
})

describe('an area', () => {
  it('at the equator is a square degree, whichever way round it is drawn and from whichever corner', () => {
    const squareDegree = 12_363.72e6
    expect(ringArea(square) / squareDegree).toBeCloseTo(1, 4)
    expect(ringArea([...square].reverse())).toBeCloseTo(ringArea(square), 0)
    expect(ringArea([...square.slice(2), ...square.slice(0, 2)])).toBeCloseTo(ringArea(square), 0)
  })

  it('of an eighth of the globe is known', () => {
    expect(ringArea([at(0, 0), at(0, 90), at(90, 0)]) / (510_065_621.7e6 / 8)).toBeCloseTo(1, 5)
  })

  it('of a block of 100 m by 200 m is 2 hectares', () => {
    const [high, wide] = [100 / DEGREE, 200 / DEGREE / Math.cos((28.2 * Math.PI) / 180)]
    const block = [at(28.2, 113), at(28.2, 113 + wide), at(28.2 + high, 113 + wide), at(28.2 + high, 113)]
    expect(ringArea(block)).toBeCloseTo(20_000, -1)
  })

  it('over the 180th meridian is the same as elsewhere', () => {
    expect(ringArea([at(0, 179.5), at(0, -179.5), at(1, -179.5), at(1, 179.5)])).toBeCloseTo(ringArea(square), -3)
  })

  it('needs three points', () => {
    expect(ringArea(square.slice(0, 2))).toBe(0)
  })
})

describe('lengths and areas', () => {
  it.each([[0, '0.0 m'], [7.44, '7.4 m'], [9.96, '10 m'], [999.4, '999 m'], [999.6, '1.00 km'], [3421, '3.42 km'], [99_990, '99.99 km'], [99_996, '100 km'], [128_400, '128 km']])('%d m are said as %s', (metres, words) => {
    expect(lengthWords(metres)).toBe(words)
  })

  it.each([[845.4, '845 m²'], [12_400, '12,400 m²'], [99_999.9, '100,000 m²'], [1_240_000, '1.24 km²'], [250e6, '250 km²']])('%d m² are said as %s', (squareMetres, words) => {
    expect(areaWords(squareMetres)).toBe(words)
  })
})
