/**
 * The organisation's areas: districts, the squads' parts of them, and the unit grids. They differ by the form of their
 * border too: a strong line, a dashed one, a hair line.
 */
import type { Feature, FeatureCollection, GeoJsonProperties, MultiLineString, MultiPolygon, Point, Polygon, Position } from 'geojson'
import type { AreaKind, AreaProperties, Areas } from '@/live/api'
import { palette, type Theme } from '@/look/colours'
import { MAP_FACES, MAP_FACES_MEDIUM } from '@/look/fonts'
import type { Language } from '@/stores/preferences'
import type { Layer } from '../engine'
import { nameIn } from '../ground/labels'
import { groundColours } from '../ground/palette'

type SymbolLayer = Extract<Layer, { type: 'symbol' }>

export const AREA_KINDS: readonly AreaKind[] = ['district', 'squad', 'grid']
/** From so near on the small ones are drawn; farther out they would be a haze. */
const GRID_ZOOM = 13
const GRID_CODE_ZOOM = 15
const GRID_WHOLE_CODE_ZOOM = 17

export const linesOf = (kind: AreaKind): string => `${kind}-lines`
export const namesOf = (kind: AreaKind): string => `${kind}-names`

/** The borders, in the order of LAYERS. */
export function areaBorders(theme: Theme): Layer[] {
  const { district, squad, grid } = palette(theme)
  return [
    {
      id: 'district-halo',
      type: 'line',
      source: linesOf('district'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': district, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 3, 11, 5, 14, 9], 'line-opacity': 0.14 },
    },
    {
      id: 'district-line',
      type: 'line',
      source: linesOf('district'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': district, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.8, 11, 1.4, 14, 2.2, 18, 3], 'line-opacity': 0.85 },
    },
    {
      id: 'squad-line',
      type: 'line',
      source: linesOf('squad'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': squad, 'line-width': ['interpolate', ['linear'], ['zoom'], 10, 0.8, 14, 1.5, 18, 2.2], 'line-dasharray': [4, 3], 'line-opacity': 0.9 },
    },
    { id: 'grid-line', type: 'line', source: linesOf('grid'), minzoom: GRID_ZOOM, paint: { 'line-color': grid, 'line-width': 0.9, 'line-opacity': 0.8 } },
  ]
}

/** Their names, over all borders; the greater areas come last, so that their names have room before others. */
export function areaNames(theme: Theme, language: Language, scale: number): Layer[] {
  return [gridCodes(theme, scale), areaName('squad', theme, language, scale), areaName('district', theme, language, scale)]
}

function gridCodes(theme: Theme, scale: number): SymbolLayer {
  return {
    id: 'grid-code',
    type: 'symbol',
    source: namesOf('grid'),
    minzoom: GRID_CODE_ZOOM,
    // A unit grid's code is its squad's nine digits and six of its own; from afar the six are enough.
    layout: { 'text-field': ['step', ['zoom'], ['slice', ['get', 'code'], 9], GRID_WHOLE_CODE_ZOOM, ['get', 'code']], 'text-font': MAP_FACES, 'text-size': 10.5 * scale, 'text-padding': 8 },
    paint: { 'text-color': palette(theme).grid, 'text-halo-color': groundColours(theme).halo, 'text-halo-width': 1.25 },
  }
}

function areaName(kind: 'district' | 'squad', theme: Theme, language: Language, scale: number): SymbolLayer {
  const [from, to, small, large] = kind === 'district' ? [8, 13, 14, 19] : [11, 16, 11.5, 15]
  return {
    id: `${kind}-name`,
    type: 'symbol',
    source: namesOf(kind),
    minzoom: from,
    layout: {
      'text-field': nameIn(language),
      'text-font': kind === 'district' ? MAP_FACES_MEDIUM : MAP_FACES,
      'text-size': ['interpolate', ['linear'], ['zoom'], from, small * scale, to, large * scale],
      'text-letter-spacing': language === 'en' ? 0.06 : 0.2,
      'text-max-width': 8,
      'text-padding': 12,
    },
    paint: { 'text-color': palette(theme)[kind], 'text-halo-color': groundColours(theme).halo, 'text-halo-width': 1.75 },
  }
}

/** The borders, each once: a line that two neighbours drew on top of each other would have no dashes left. */
export function borderLines(areas: Areas): FeatureCollection<MultiLineString> {
  return { type: 'FeatureCollection', features: [bordersOf(areas.features, new Set())] }
}

/** The borders of some areas as one feature, without what was drawn before. */
export function bordersOf(areas: readonly { geometry: Polygon | MultiPolygon }[], drawn: Set<string>): Feature<MultiLineString> {
  const lines = areas.flatMap(({ geometry }) => rings(geometry).flatMap((ring) => newParts(ring, drawn)))
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } }
}

/** The parts of a ring that no other ring has drawn. */
function newParts(ring: Position[], drawn: Set<string>): Position[][] {
  const parts: Position[][] = []
  let open = false
  for (const [index, end] of ring.entries()) {
    const start = ring[index - 1]
    if (start === undefined) continue
    const key = [start, end].map(String).sort().join(' ')
    if (drawn.has(key)) open = false
    else if (open) parts.at(-1)?.push(end)
    else {
      parts.push([start, end])
      open = true
    }
    drawn.add(key)
  }
  return parts
}

/** Where each area's name stands: a place inside its largest part. */
export function namePoints<Properties extends GeoJsonProperties = AreaProperties>(areas: FeatureCollection<Polygon | MultiPolygon, Properties>): FeatureCollection<Point, Properties> {
  return {
    type: 'FeatureCollection',
    features: areas.features.flatMap(({ properties, geometry }): Feature<Point, Properties>[] => {
      const largest = polygons(geometry).sort((one, other) => Math.abs(measure(other[0]).area) - Math.abs(measure(one[0]).area))[0]
      return largest ? [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: placeInside(largest) } }] : []
    }),
  }
}

/** On the line of latitude through the centre of gravity, the middle of the longest stretch that lies inside. */
function placeInside(polygon: Position[][]): Position {
  const { centre: [longitude = 0, latitude = 0] } = measure(polygon[0])
  const crossings = polygon.flatMap((ring) => ring.flatMap(([x = 0, y = 0], index) => {
    const [fromX = 0, fromY = 0] = ring[index - 1] ?? [x, y]
    return (fromY > latitude) === (y > latitude) ? [] : [fromX + ((latitude - fromY) / (y - fromY)) * (x - fromX)]
  })).sort((one, other) => one - other)
  let best: [number, number] = [longitude, longitude]
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    const [start = 0, end = 0] = crossings.slice(index, index + 2)
    if (end - start > best[1] - best[0]) best = [start, end]
  }
  return [(best[0] + best[1]) / 2, latitude]
}

/** Area (of which only the size is compared) and centre of gravity of a ring, by the surveyor's formula, from its first corner. */
function measure(ring: Position[] = []): { area: number; centre: Position } {
  const [originX = 0, originY = 0] = ring[0] ?? []
  let [area, x, y] = [0, 0, 0]
  for (const [index, [cornerX = 0, cornerY = 0]] of ring.entries()) {
    const [beforeX = 0, beforeY = 0] = ring[index - 1] ?? [cornerX, cornerY]
    const part = (beforeX - originX) * (cornerY - originY) - (cornerX - originX) * (beforeY - originY)
    area += part
    x += part * (beforeX + cornerX - 2 * originX)
    y += part * (beforeY + cornerY - 2 * originY)
  }
  return { area, centre: area === 0 ? [originX, originY] : [originX + x / (3 * area), originY + y / (3 * area)] }
}

function polygons(geometry: Polygon | MultiPolygon): Polygon['coordinates'][] {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : [...geometry.coordinates]
}

function rings(geometry: Polygon | MultiPolygon): Position[][] {
  return polygons(geometry).flat()
}
