/** The outline that is being drawn: its sides and corners, the ring that is not closed yet, and where it crosses itself. */
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import { palette, type Theme } from '@/look/colours'
import type { LonLat } from '../datum'
import type { Expression, Layer } from '../engine'
import { cornersOf, LEAST_CORNERS, placeOf, shapeOf, type Corner, type Outline, type Ring } from '../outline/outline'

export const OUTLINE = 'outline'

export interface Drawn {
  outline: Outline
  /** A ring that is being drawn; null while none is. */
  open: Ring | null
  chosen: Corner | null
  /** Where the next corner would be; null where the pointer means none. */
  next: LonLat | null
  /** Where it is no area. */
  fault: LonLat | null
}

/** `scale`: how many times larger than on a desk the page draws. */
export function outlineLayers(theme: Theme, scale = 1): Layer[] {
  const { accent, alarm, ground } = palette(theme)
  const of = (part: string): { source: string; filter: ['==', ['get', 'part'], string] } => ({ source: OUTLINE, filter: ['==', ['get', 'part'], part] })
  const byZoom = (far: number, near: number): Expression => ['interpolate', ['linear'], ['zoom'], 10, far * scale, 14.5, near * scale]
  const round = { 'line-join': 'round', 'line-cap': 'round' } as const
  const disc = (id: string, part: string, radius: number, fill: string, rim: string): Layer => ({
    id, type: 'circle', ...of(part), paint: { 'circle-radius': radius * scale, 'circle-color': fill, 'circle-stroke-color': rim, 'circle-stroke-width': 2 * scale },
  })
  return [
    { id: 'outline-area', type: 'fill', ...of('area'), paint: { 'fill-color': accent, 'fill-opacity': 0.16 } },
    { id: 'outline-rim', type: 'line', ...of('side'), layout: round, paint: { 'line-color': ground, 'line-width': 6 * scale, 'line-opacity': 0.8 } },
    { id: 'outline-side', type: 'line', ...of('side'), layout: round, paint: { 'line-color': accent, 'line-width': 2.5 * scale } },
    { id: 'outline-next', type: 'line', ...of('next'), paint: { 'line-color': accent, 'line-width': 2 * scale, 'line-dasharray': [2, 2] } },
    // Many corners stand close together from afar: they must not cover what they stand on.
    { id: 'outline-corner', type: 'circle', ...of('corner'), paint: { 'circle-radius': byZoom(0.5, 4.5), 'circle-color': ground, 'circle-stroke-color': accent, 'circle-stroke-width': byZoom(0.5, 1.75) } },
    disc('outline-ghost', 'ghost', 4.5, ground, accent),
    disc('outline-chosen', 'chosen', 7, accent, ground),
    disc('outline-fault', 'fault', 13, 'rgba(0, 0, 0, 0)', alarm),
  ]
}

export function outlineFeatures({ outline, open, chosen, next, fault }: Drawn): FeatureCollection {
  const whole = outline.filter(([outer = []]) => outer.length >= LEAST_CORNERS)
  const marked = chosen && placeOf(outline, chosen)
  const last = open?.at(-1)
  return {
    type: 'FeatureCollection',
    features: [
      ...(whole.length > 0 ? [feature('area', shapeOf(whole))] : []),
      ...outline.flat().map((ring) => feature('side', { type: 'LineString', coordinates: [...ring, ...ring.slice(0, 1)] })),
      ...(open && open.length > 1 ? [feature('side', { type: 'LineString', coordinates: [...open] })] : []),
      ...(last && next ? [feature('next', { type: 'LineString', coordinates: [last, next] })] : []),
      ...cornersOf(outline).flatMap((corner) => point('corner', placeOf(outline, corner))),
      ...(open ?? []).flatMap((place, index, all) => point(index === all.length - 1 ? 'chosen' : 'corner', place)),
      ...point('ghost', next),
      ...point('chosen', marked),
      ...point('fault', fault),
    ],
  }
}

function point(part: string, place: LonLat | null | undefined): Feature[] {
  return place ? [feature(part, { type: 'Point', coordinates: place })] : []
}

function feature(part: string, geometry: Geometry): Feature {
  return { type: 'Feature', properties: { part }, geometry }
}
