/** Where the vehicles stand that are off duty, each with its call sign beside it. */
import type { FeatureCollection } from 'geojson'
import type { View } from '@/live/interest'
import type { Parked } from '@/live/parked'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES_MEDIUM } from '@/look/fonts'
import type { Expression, Layer } from '../engine'
import { groundColours } from '../ground/palette'

export const PARKED = 'parked'
/** About 500 m: one vehicle alone is shown with something around it. */
const LEAST_DEGREES = 0.005

export function parkedLayers(theme: Theme, scale = 1): Layer[] {
  const { accent, lost, ground, text } = palette(theme)
  const byChoice = (chosen: string, other: string): Expression => ['case', ['get', 'chosen'], chosen, other]
  return [
    {
      id: 'parked-mark',
      type: 'circle',
      source: PARKED,
      paint: { 'circle-radius': ['case', ['get', 'chosen'], 9 * scale, 6.5 * scale], 'circle-color': byChoice(accent, lost), 'circle-stroke-color': ground, 'circle-stroke-width': 2 * scale },
    },
    {
      id: 'parked-name',
      type: 'symbol',
      source: PARKED,
      layout: { 'text-field': ['get', 'call_sign'], 'text-font': MAP_FACES_MEDIUM, 'text-size': 12 * scale, 'text-anchor': 'left', 'text-offset': [0.9, 0], 'text-padding': 2, 'symbol-sort-key': ['case', ['get', 'chosen'], 0, 1] },
      paint: { 'text-color': byChoice(accent, text), 'text-halo-color': groundColours(theme).halo, 'text-halo-width': 1.75 },
    },
  ]
}

export function parkedFeatures(vehicles: readonly Parked[], chosen: number | null): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: vehicles.map(({ unit, call_sign, longitude, latitude }) => ({ type: 'Feature', properties: { call_sign, chosen: unit === chosen }, geometry: { type: 'Point', coordinates: [longitude, latitude] } })),
  }
}

/** What shows all of them; null for none. */
export function viewOf(vehicles: readonly Parked[]): View | null {
  if (vehicles.length === 0) return null
  const [longitudes, latitudes] = [vehicles.map(({ longitude }) => longitude), vehicles.map(({ latitude }) => latitude)]
  const around = LEAST_DEGREES / 2
  return { west: Math.min(...longitudes) - around, south: Math.min(...latitudes) - around, east: Math.max(...longitudes) + around, north: Math.max(...latitudes) + around }
}
