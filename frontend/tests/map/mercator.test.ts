import { describe, expect, it } from 'vitest'
import { latitudeOf, longitudeOf, mercatorX, mercatorY, metresAround, metresPerPixel, shortWay } from '@/map/mercator'

describe('mercator', () => {
  it('goes there and back', () => {
    for (let latitude = -84; latitude <= 84; latitude += 3.7) {
      expect(longitudeOf(mercatorX(latitude * 2))).toBeCloseTo(latitude * 2, 9)
      expect(latitudeOf(mercatorY(latitude))).toBeCloseTo(latitude, 9)
    }
  })

  it('knows metres and the short way', () => {
    expect(metresAround(0.5)).toBeCloseTo(40_030_228, -2)
    expect(shortWay(0.9)).toBeCloseTo(-0.1)
    expect(shortWay(-0.9)).toBeCloseTo(0.1)
  })

  it('has pixels that halve with each zoom and shrink to the poles', () => {
    expect(metresPerPixel(0, 0) / (40_075_017 / 512)).toBeCloseTo(1, 2)
    expect(metresPerPixel(60, 10)).toBeCloseTo(metresPerPixel(0, 11), 6)
  })
})
