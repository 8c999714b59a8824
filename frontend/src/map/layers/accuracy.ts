/** How exact the chosen unit's position is: a circle on the ground. */
import type { FeatureCollection, Position } from 'geojson'
import { colours } from '@/look/colours'
import type { Layer } from '../engine'
import type { Place } from '../movement'

export const accuracyLayers: Layer[] = [
  { id: 'accuracy', type: 'fill', source: 'accuracy', paint: { 'fill-color': colours.accent, 'fill-opacity': 0.1 } },
  { id: 'accuracy-rim', type: 'line', source: 'accuracy', paint: { 'line-color': colours.accent, 'line-opacity': 0.5 } },
]

const METRES_PER_DEGREE = 111_320
const CORNERS = 48

export function accuracyCircle(place: Place | undefined, metres: number | null | undefined): FeatureCollection {
  if (!place || !metres) return { type: 'FeatureCollection', features: [] }
  const north = metres / METRES_PER_DEGREE
  const east = north / Math.cos((place.latitude * Math.PI) / 180)
  const ring = Array.from({ length: CORNERS + 1 }, (_, corner): Position => {
    const angle = (corner / CORNERS) * 2 * Math.PI
    return [place.longitude + east * Math.cos(angle), place.latitude + north * Math.sin(angle)]
  })
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } }] }
}
