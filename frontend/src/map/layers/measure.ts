/** What is being measured: the line with its points, the area inside, and each segment's length beside it. */
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES, MAP_FACES_MEDIUM } from '@/look/fonts'
import type { Layer, MapPlace } from '../engine'
import { areaWords, lengthWords, middleOf, ringArea, segmentLengths, totalLength } from '../geodesy'

/** Every sign that a label here can have: the faces that draw them are loaded before the first one. */
export const MEASURE_SIGNS = '0123456789.,km²'

export interface Measured {
  points: readonly MapPlace[]
  closed: boolean
  /** Where the next point would be; null where nothing is being added. */
  next: MapPlace | null
}

/** `scale`: how many times larger than on a desk the page draws. */
export function measureLayers(theme: Theme, scale = 1): Layer[] {
  const colours = palette(theme)
  const of = (part: string): { source: string; filter: ['==', ['get', 'part'], string] } => ({ source: 'measure', filter: ['==', ['get', 'part'], part] })
  const label = { 'text-font': MAP_FACES, 'text-allow-overlap': true, 'text-ignore-placement': true, 'text-field': ['get', 'words'] as ['get', string] }
  const halo = { 'text-halo-color': colours.ground, 'text-halo-width': 2 * scale }
  return [
    { id: 'measure-area', type: 'fill', ...of('area'), paint: { 'fill-color': colours.accent, 'fill-opacity': 0.14 } },
    { id: 'measure-rim', type: 'line', ...of('line'), layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colours.ground, 'line-width': 6 * scale, 'line-opacity': 0.8 } },
    { id: 'measure-line', type: 'line', ...of('line'), layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colours.accent, 'line-width': 2.5 * scale } },
    { id: 'measure-next', type: 'line', ...of('next'), paint: { 'line-color': colours.accent, 'line-width': 2 * scale, 'line-dasharray': [2, 2] } },
    { id: 'measure-point', type: 'circle', ...of('point'), paint: { 'circle-radius': ['case', ['get', 'first'], 6 * scale, 4.5 * scale], 'circle-color': colours.ground, 'circle-stroke-color': colours.accent, 'circle-stroke-width': 2.5 * scale } },
    { id: 'measure-segment', type: 'symbol', ...of('segment'), layout: { ...label, 'text-size': 12 * scale, 'text-rotate': ['get', 'turn'], 'text-offset': [0, -0.9] }, paint: { 'text-color': colours.text, ...halo } },
    { id: 'measure-total', type: 'symbol', ...of('total'), layout: { ...label, 'text-font': MAP_FACES_MEDIUM, 'text-size': 14 * scale, 'text-anchor': 'top-left' as const, 'text-offset': [0.6, 0.5] }, paint: { 'text-color': colours.accent, ...halo } },
    { id: 'measure-inside', type: 'symbol', ...of('inside'), layout: { ...label, 'text-font': MAP_FACES_MEDIUM, 'text-size': 15 * scale }, paint: { 'text-color': colours.accent, ...halo } },
  ]
}

export function measureFeatures({ points, closed, next }: Measured): FeatureCollection {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return { type: 'FeatureCollection', features: [] }
  const ring = closed ? [...points, first] : points
  return {
    type: 'FeatureCollection',
    features: [
      ...(closed ? [feature('area', { type: 'Polygon', coordinates: [ring.map(position)] }), pointFeature('inside', meanOf(points), areaWords(ringArea(points)))] : []),
      ...(ring.length > 1 ? [feature('line', { type: 'LineString', coordinates: ring.map(position) })] : []),
      ...points.map((point) => feature('point', { type: 'Point', coordinates: position(point) }, { first: point === first })),
      // Of a single segment the total says the same.
      ...(ring.length > 2 ? segmentFeatures(ring) : []),
      ...(next ? nextFeatures(points, last, next) : []),
      ...(!next && !closed && points.length > 1 ? [pointFeature('total', last, lengthWords(totalLength(points)))] : []),
    ],
  }
}

function segmentFeatures(ring: readonly MapPlace[]): Feature[] {
  return segmentLengths(ring).flatMap((length, index) => {
    const [start, end] = [ring[index], ring[index + 1]]
    if (!start || !end) return []
    // Not the engine's own placing along lines: it writes once in each tile that the line runs through.
    return [feature('segment', { type: 'Point', coordinates: position(middleOf(start, end)) }, { words: lengthWords(length), turn: turnOf(start, end) })]
  })
}

/** Degrees clockwise by which a text beside the segment is turned: along it, and never upside down. */
function turnOf(start: MapPlace, end: MapPlace): number {
  const stretch = 1 / Math.cos((start.latitude * Math.PI) / 180)
  const slope = Math.atan2((start.latitude - end.latitude) * stretch, end.longitude - start.longitude) * (180 / Math.PI)
  return slope > 90 ? slope - 180 : slope < -90 ? slope + 180 : slope
}

/** The rubber line to the pointer, with the total as it would be. */
function nextFeatures(points: readonly MapPlace[], last: MapPlace, next: MapPlace): Feature[] {
  return [
    feature('next', { type: 'LineString', coordinates: [position(last), position(next)] }),
    pointFeature('total', next, lengthWords(totalLength([...points, next]))),
  ]
}

function meanOf(points: readonly MapPlace[]): MapPlace {
  const sum = points.reduce((total, point) => ({ longitude: total.longitude + point.longitude, latitude: total.latitude + point.latitude }))
  return { longitude: sum.longitude / points.length, latitude: sum.latitude / points.length }
}

function pointFeature(part: string, place: MapPlace, words: string): Feature {
  return feature(part, { type: 'Point', coordinates: position(place) }, { words })
}

function feature(part: string, geometry: Geometry, properties: Record<string, string | number | boolean> = {}): Feature {
  return { type: 'Feature', properties: { part, ...properties }, geometry }
}

function position({ longitude, latitude }: MapPlace): Position {
  return [longitude, latitude]
}
