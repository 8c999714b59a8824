/** The track of one unit: what it drove, what is not known, where it stood, and where it was at the moment that is played. */
import type { Feature, FeatureCollection, LineString, Point } from 'geojson'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES } from '@/look/fonts'
import type { Journey, Sample } from '@/track/journey'
import { shortest } from '@/track/journey'
import type { Moment } from '@/track/moment'
import type { Layer } from '../engine'

/** The images of the marks, by which they are drawn and asked for. */
export const TRACK_IMAGES = { arrow: 'track-arrow', start: 'track-start', end: 'track-end', stop: 'track-stop', moment: 'track-moment', unknown: 'track-unknown' } as const
/** Every sign that a label here can have. */
export const TRACK_SIGNS = '0123456789'

/** `scale`: how many times larger than on a desk the page draws. */
export function trackLayers(theme: Theme, scale = 1): Layer[] {
  const colours = palette(theme)
  const of = (part: string): { source: string; filter: ['==', ['get', 'part'], string] } => ({ source: 'track', filter: ['==', ['get', 'part'], part] })
  const round = { 'line-join': 'round', 'line-cap': 'round' } as const
  const mark = { 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': scale } as const
  return [
    { id: 'track-rim', type: 'line', ...of('driven'), layout: round, paint: { 'line-color': colours.ground, 'line-width': 8 * scale, 'line-opacity': 0.85 } },
    { id: 'track-gap', type: 'line', ...of('gap'), paint: { 'line-color': colours.quiet, 'line-width': 2 * scale, 'line-dasharray': [2, 2.5] } },
    { id: 'track-line', type: 'line', ...of('driven'), layout: round, paint: { 'line-color': colours.accent, 'line-width': 4 * scale } },
    { id: 'track-arrows', type: 'symbol', ...of('driven'), layout: { ...mark, 'symbol-placement': 'line', 'symbol-spacing': 90 * scale, 'icon-image': TRACK_IMAGES.arrow, 'icon-rotation-alignment': 'map' } },
    {
      id: 'track-marks',
      type: 'symbol',
      ...of('mark'),
      layout: { ...mark, 'icon-image': ['get', 'icon'], 'text-field': ['get', 'label'], 'text-font': MAP_FACES, 'text-size': 11 * scale, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': colours.text },
    },
    {
      id: 'track-moment',
      type: 'symbol',
      source: 'track-moment',
      layout: { ...mark, 'icon-image': ['get', 'icon'], 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map' },
    },
  ]
}

export function trackFeatures(journey: Journey | null): FeatureCollection {
  if (!journey) return { type: 'FeatureCollection', features: [] }
  const { pieces, stops, samples } = journey
  const [first, last] = [samples[0], samples.at(-1)]
  return {
    type: 'FeatureCollection',
    features: [
      ...pieces.filter((piece) => piece.length > 1).map((piece) => line('driven', piece)),
      // Joined so that the eye finds the next piece; dashed, since nobody knows the way.
      ...pieces.slice(1).map((piece, index) => line('gap', [...(pieces[index] ?? []).slice(-1), ...piece.slice(0, 1)])),
      ...stops.map((stop, index) => point({ part: 'mark', icon: TRACK_IMAGES.stop, label: String(index + 1) }, stop)),
      ...(first ? [point({ part: 'mark', icon: TRACK_IMAGES.start, label: '' }, first)] : []),
      ...(last && last !== first ? [point({ part: 'mark', icon: TRACK_IMAGES.end, label: '' }, last)] : []),
    ],
  }
}

export function momentFeatures(moment: Moment | null): FeatureCollection {
  if (!moment) return { type: 'FeatureCollection', features: [] }
  const known = moment.state !== 'gap' && moment.heading !== null
  const properties = { icon: known ? TRACK_IMAGES.moment : TRACK_IMAGES.unknown, heading: moment.heading ?? 0 }
  return { type: 'FeatureCollection', features: [point(properties, moment)] }
}

function line(part: string, samples: readonly Pick<Sample, 'longitude' | 'latitude'>[]): Feature<LineString> {
  let before: number | undefined
  const coordinates = samples.map(({ longitude, latitude }) => {
    // Each point on the same turn of the globe as the one before: no line runs once round it.
    before = before === undefined ? longitude : before + shortest(longitude - before)
    return [before, latitude]
  })
  return { type: 'Feature', properties: { part }, geometry: { type: 'LineString', coordinates } }
}

function point(properties: Record<string, string | number>, { longitude, latitude }: { longitude: number; latitude: number }): Feature<Point> {
  return { type: 'Feature', properties, geometry: { type: 'Point', coordinates: [longitude, latitude] } }
}
