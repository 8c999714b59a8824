/** Geofences: a faint fill, a dotted line, a name. They differ from the organisation's areas by colour and form. */
import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson'
import type { Fence } from '@/live/fences'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES } from '@/look/fonts'
import type { Layer } from '../engine'
import { groundColours } from '../ground/palette'
import { namePoints } from './areas'

export const FENCES = 'fences'
export const FENCE_NAMES = 'fence-names'
const NAME_ZOOM = 11

export function fenceBorders(theme: Theme): Layer[] {
  const { fence } = palette(theme)
  return [
    { id: 'fence-area', type: 'fill', source: FENCES, paint: { 'fill-color': fence, 'fill-opacity': 0.08 } },
    { id: 'fence-line', type: 'line', source: FENCES, layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': fence, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 1.25, 14, 2.25, 18, 3], 'line-dasharray': [0.1, 2], 'line-opacity': 0.95 } },
  ]
}

export function fenceNames(theme: Theme, scale: number): Layer[] {
  return [{
    id: 'fence-name',
    type: 'symbol',
    source: FENCE_NAMES,
    minzoom: NAME_ZOOM,
    layout: { 'text-field': ['get', 'name'], 'text-font': MAP_FACES, 'text-size': 12.5 * scale, 'text-max-width': 9, 'text-padding': 6 },
    paint: { 'text-color': palette(theme).fence, 'text-halo-color': groundColours(theme).halo, 'text-halo-width': 1.75 },
  }]
}

/** Without the one that is being changed: its outline is drawn instead. */
export function fenceFeatures(fences: readonly Fence[], without: number | null): FeatureCollection<Polygon | MultiPolygon, { name: string }> {
  return {
    type: 'FeatureCollection',
    features: fences.filter(({ id }) => id !== without).map(({ name, shape }): Feature<Polygon | MultiPolygon, { name: string }> => ({ type: 'Feature', properties: { name }, geometry: shape })),
  }
}

export function fencePoints(fences: FeatureCollection<Polygon | MultiPolygon, { name: string }>): FeatureCollection<Point, { name: string }> {
  return namePoints(fences)
}
