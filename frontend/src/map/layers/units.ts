/** The units as symbols: an arrow where the heading is known, a round mark where it is not. */
import type { Feature, FeatureCollection, Point } from 'geojson'
import { ageOf, ageState } from '@/live/age'
import type { Fix } from '@/live/record'
import type { Layer } from '../engine'
import type { Place } from '../movement'
import { symbolName } from '../symbols'

export const unitLayers: Layer[] = [
  {
    id: 'units',
    type: 'symbol',
    source: 'units',
    layout: {
      'icon-image': ['get', 'symbol'],
      'icon-rotate': ['get', 'heading'],
      'icon-rotation-alignment': 'map',
      // No unit may be left out because another one is near.
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
      'icon-size': ['interpolate', ['linear'], ['zoom'], 9, 0.6, 13, 1],
      'symbol-sort-key': ['get', 'order'],
    },
  },
]

export interface UnitMark {
  fix: Fix
  place: Place
  label: string
  selected: boolean
}

/** Few properties: each of them is sent to the worker for each unit, up to ten times a second. */
export interface UnitProperties {
  unit: number
  symbol: string
  heading: number
  label: string
  order: number
}

export function unitFeatures(marks: UnitMark[], now: number): FeatureCollection<Point, UnitProperties> {
  return { type: 'FeatureCollection', features: marks.map((mark) => unitFeature(mark, now)) }
}

function unitFeature({ fix, place, label, selected }: UnitMark, now: number): Feature<Point, UnitProperties> {
  const shape = place.heading === null ? 'round' : 'arrow'
  const state = ageState(ageOf(fix, now))
  return {
    type: 'Feature',
    properties: {
      unit: fix.unit,
      symbol: symbolName({ shape, state, alarm: fix.alarm, selected }),
      heading: place.heading ?? 0,
      label,
      // Drawn last, so on top: the chosen unit, then those in alarm, then those with a position of today's worth.
      order: selected ? 3 : fix.alarm ? 2 : state === 'lost' ? 0 : 1,
    },
    geometry: { type: 'Point', coordinates: [place.longitude, place.latitude] },
  }
}
