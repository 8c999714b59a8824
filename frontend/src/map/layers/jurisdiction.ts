/** The areas of bodies, each kind by the strength of its border; the chosen body's is filled. */
import type { Feature, FeatureCollection, MultiLineString, Position } from 'geojson'
import type { View } from '@/live/interest'
import { BODY_KINDS, type AreaShape, type Jurisdiction, type JurisdictionProperties } from '@/live/organisation'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES, MAP_FACES_MEDIUM } from '@/look/fonts'
import type { Language } from '@/stores/preferences'
import type { Expression, Layer, MapPlace } from '../engine'
import { holds, outlineOf, squareMetres } from '../outline/outline'
import { nameIn } from '../ground/labels'
import { groundColours } from '../ground/palette'
import { bordersOf, namePoints } from './areas'

export const SOURCES = { borders: 'jurisdiction-borders', names: 'jurisdiction-names', chosen: 'jurisdiction-chosen' } as const

type Area = Feature<AreaShape, JurisdictionProperties>

/** By kind: width of the border at zoom 14, whether it is dashed, size of the name at zoom 14, and from which whole zoom it is written. */
const FORMS: Readonly<Record<string, { width: number; dashed: boolean; text: number; from: number }>> = {
  city: { width: 3.4, dashed: false, text: 19, from: 7 },
  district: { width: 2.6, dashed: false, text: 17, from: 8 },
  brigade: { width: 2.2, dashed: true, text: 16, from: 9 },
  street: { width: 1.7, dashed: false, text: 14, from: 10 },
  squad: { width: 1.4, dashed: true, text: 13, from: 11 },
  department: { width: 1.2, dashed: true, text: 13, from: 11 },
}
const OTHER_FORM = { width: 1.2, dashed: true, text: 13, from: 11 }

export function jurisdictionBorders(theme: Theme): Layer[] {
  const { district, squad, accent, ground } = palette(theme)
  const width = (more: number): Expression => ['interpolate', ['linear'], ['zoom'], 8, ['+', ['*', ['get', 'width'], 0.4], more / 2], 14, ['+', ['get', 'width'], more], 18, ['+', ['*', ['get', 'width'], 1.3], more]]
  const line = (dashed: boolean): Layer => ({
    id: dashed ? 'jurisdiction-dashed' : 'jurisdiction-line',
    type: 'line',
    source: SOURCES.borders,
    filter: ['==', ['get', 'dashed'], dashed],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': dashed ? squad : district, 'line-width': width(0), 'line-opacity': 0.9, ...(dashed ? { 'line-dasharray': [4, 3] as [number, number] } : {}) },
  })
  return [
    { id: 'jurisdiction-fill', type: 'fill', source: SOURCES.chosen, paint: { 'fill-color': accent, 'fill-opacity': 0.16 } },
    line(false),
    line(true),
    { id: 'jurisdiction-chosen-rim', type: 'line', source: SOURCES.chosen, layout: { 'line-join': 'round' }, paint: { 'line-color': ground, 'line-width': 6, 'line-opacity': 0.7 } },
    { id: 'jurisdiction-chosen', type: 'line', source: SOURCES.chosen, layout: { 'line-join': 'round' }, paint: { 'line-color': accent, 'line-width': 2.6 } },
  ]
}

/** Of two names that have no room the one of the wider body stays: it has the smaller key. */
export function jurisdictionNames(theme: Theme, language: Language, scale: number): Layer[] {
  const { district, squad } = palette(theme)
  const size = (share: number): Expression => ['*', ['get', 'text'], share * scale]
  return [{
    id: 'jurisdiction-name',
    type: 'symbol',
    source: SOURCES.names,
    filter: ['>=', ['zoom'], ['get', 'from']],
    layout: {
      'text-field': nameIn(language),
      'text-font': ['case', ['get', 'dashed'], ['literal', MAP_FACES], ['literal', MAP_FACES_MEDIUM]],
      'text-size': ['interpolate', ['linear'], ['zoom'], 8, size(0.75), 14, size(1)],
      'text-letter-spacing': language === 'en' ? 0.05 : 0.15,
      'text-max-width': 8,
      'text-padding': 8,
      'symbol-sort-key': ['get', 'order'],
    },
    paint: { 'text-color': ['case', ['get', 'dashed'], squad, district], 'text-halo-color': groundColours(theme).halo, 'text-halo-width': 1.75 },
  }]
}

/** The borders, a feature for each kind, the widest first: where two run together the stronger line is drawn. */
export function jurisdictionLines(areas: Jurisdiction): FeatureCollection<MultiLineString> {
  const drawn = new Set<string>()
  const features = kindsOf(areas).map((kind) => {
    const { geometry } = bordersOf(areas.features.filter(({ properties }) => properties.kind === kind), drawn)
    return { type: 'Feature' as const, properties: formOf(kind), geometry }
  })
  return { type: 'FeatureCollection', features }
}

export function jurisdictionWords(areas: Jurisdiction): FeatureCollection {
  const { features } = namePoints(areas)
  return {
    type: 'FeatureCollection',
    features: features.map((feature) => ({ ...feature, properties: { ...feature.properties, ...formOf(feature.properties.kind), order: orderOf(feature.properties.kind) } })),
  }
}

export function areaOf(areas: Jurisdiction, body: number | null): Area | null {
  return areas.features.find(({ properties }) => properties.body === body) ?? null
}

/**
 * The body that a click on the map means: that of the smallest area which holds the place; where that one is chosen
 * already the next larger one, and after the largest the smallest again. Null where no area holds it.
 */
export function bodyAt(areas: Jurisdiction, { longitude, latitude }: MapPlace, chosen: number | null): number | null {
  const found = areas.features
    .filter(({ geometry }) => outlineOf(geometry).some((part) => holds(part, [longitude, latitude])))
    .map(({ geometry, properties }) => ({ body: properties.body, size: squareMetres(outlineOf(geometry)), order: orderOf(properties.kind) }))
    .sort((one, other) => one.size - other.size || other.order - one.order)
  const index = found.findIndex(({ body }) => body === chosen)
  return found[(index + 1) % Math.max(1, found.length)]?.body ?? null
}

/** What shows all of these shapes; null for none. */
export function boundsOf(shapes: readonly AreaShape[]): View | null {
  const places: Position[] = shapes.flatMap((shape) => (shape.type === 'Polygon' ? shape.coordinates : shape.coordinates.flat())).flat()
  if (places.length === 0) return null
  const view: View = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity }
  for (const [x = 0, y = 0] of places) {
    view.west = Math.min(view.west, x)
    view.east = Math.max(view.east, x)
    view.south = Math.min(view.south, y)
    view.north = Math.max(view.north, y)
  }
  return view
}

function kindsOf(areas: Jurisdiction): string[] {
  return [...new Set(areas.features.map(({ properties }) => properties.kind))].sort((one, other) => orderOf(one) - orderOf(other))
}

function orderOf(kind: string): number {
  const order = BODY_KINDS.findIndex((known) => known === kind)
  return order < 0 ? BODY_KINDS.length : order
}

function formOf(kind: string): typeof OTHER_FORM {
  return FORMS[kind] ?? OTHER_FORM
}
