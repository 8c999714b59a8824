/** A circle on the ground, drawn as a polygon. Pure. */
import type { Polygon } from 'geojson'
import type { LonLat } from '../datum'
import { EARTH_RADIUS } from '../geodesy'

/** So many corners that the sides lie within 0.2 % of the radius from the true circle. */
const CORNERS = 64

export function circleShape([longitude, latitude]: LonLat, metres: number): Polygon {
  const north = (metres / EARTH_RADIUS) * (180 / Math.PI)
  const east = north / Math.cos((latitude * Math.PI) / 180)
  const ring = Array.from({ length: CORNERS }, (_, index): LonLat => {
    const angle = (2 * Math.PI * index) / CORNERS
    return [longitude + east * Math.cos(angle), latitude + north * Math.sin(angle)]
  })
  return { type: 'Polygon', coordinates: [[...ring, ...ring.slice(0, 1)]] }
}
