import { describe, expect, it } from 'vitest'
import type { Feature, FeatureCollection, Polygon } from 'geojson'
import { featuresIn, GCJ02, viewIn, WGS84 } from '@/map/datum'

/** Published places of airports and what Chinese map services draw for them (degrees). */
const AIRPORTS = [
  ['首都', 116 + 35.9 / 60, 40 + 4.4 / 60, 116.60414, 40.07438],
  ['大兴', 116.4, 39.5, 116.406192, 39.50134],
  ['伊金霍洛', 109 + 51.9 / 60, 39.49, 109.870522, 39.490848],
] as const
const METRES_PER_DEGREE = 111_320

function metres([longitude, latitude]: number[], [otherLongitude = 0, otherLatitude = 0]: number[]): number {
  const east = ((longitude ?? 0) - otherLongitude) * Math.cos((otherLatitude * Math.PI) / 180)
  return Math.hypot(east, (latitude ?? 0) - otherLatitude) * METRES_PER_DEGREE
}

describe('GCJ-02', () => {
  it.each(AIRPORTS)('is what map services draw: %s', (_, longitude, latitude, drawnLongitude, drawnLatitude) => {
    const drawn = GCJ02.forward(longitude, latitude)
    expect(drawn[0]).toBeCloseTo(drawnLongitude, 5)
    expect(drawn[1]).toBeCloseTo(drawnLatitude, 5)
  })

  it('lies some hundred metres off, and comes back to the millimetre, all over China', () => {
    for (let longitude = 73.5; longitude <= 135; longitude += 0.73) {
      for (let latitude = 18; latitude <= 53.5; latitude += 0.61) {
        const drawn = GCJ02.forward(longitude, latitude)
        const off = metres(drawn, [longitude, latitude])
        expect(off).toBeGreaterThan(10)
        expect(off).toBeLessThan(800)
        expect(metres(GCJ02.inverse(...drawn), [longitude, latitude])).toBeLessThan(0.001)
      }
    }
  })
})

describe('what goes to the map', () => {
  const ring = [[113.5, 22.1], [113.6, 22.1], [113.6, 22.2], [113.5, 22.1]]
  const data: FeatureCollection = {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: { name: '一' }, geometry: { type: 'Point', coordinates: [113.5, 22.1] } },
      { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } },
    ],
  }

  it('is left alone where the ground is drawn in WGS-84', () => {
    expect(featuresIn(WGS84, data)).toBe(data)
  })

  it('is turned, every corner of it, and what is known stays', () => {
    const turned = featuresIn(GCJ02, data)
    expect(turned.features[0]).toEqual({ type: 'Feature', properties: { name: '一' }, geometry: { type: 'Point', coordinates: GCJ02.forward(113.5, 22.1) } })
    expect((turned.features[1] as Feature<Polygon>).geometry.coordinates[0]).toEqual(ring.map(([longitude = 0, latitude = 0]) => GCJ02.forward(longitude, latitude)))
    expect(data.features[0]?.geometry).toEqual({ type: 'Point', coordinates: [113.5, 22.1] })
  })

  it('is a view too: its corners go there and back', () => {
    const view = { west: 113.5, south: 22.1, east: 113.6, north: 22.2 }
    const there = viewIn(GCJ02.forward, view)
    expect([there.west, there.south]).toEqual(GCJ02.forward(113.5, 22.1))
    const back = viewIn(GCJ02.inverse, there)
    for (const side of ['west', 'south', 'east', 'north'] as const) expect(back[side]).toBeCloseTo(view[side], 8)
  })
})
