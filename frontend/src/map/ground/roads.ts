/**
 * Roads: tunnels lie under all others, bridges above; within a level all rims come before all surfaces, so that a
 * crossing is open. Widths are CSS pixels. A surface has a layer for each class because a layer of one colour changes
 * its theme at once.
 */
import type { Expression, Layer } from '../engine'
import { fadeIn } from './land'
import type { GroundColours } from './palette'
import { from } from './schema'

export type RoadClass = 'motorway' | 'trunk' | 'primary' | 'secondary' | 'tertiary' | 'minor' | 'service' | 'path'

/** Lesser ones first, as they are drawn. */
const CLASSES: readonly RoadClass[] = ['service', 'minor', 'tertiary', 'secondary', 'primary', 'trunk', 'motorway']
const ZOOMS = [6, 9, 11, 12, 13, 14, 15, 16, 18] as const

/** Width of the surface at each of ZOOMS. */
const WIDTHS: Readonly<Record<RoadClass, readonly number[]>> = {
  motorway: [0.6, 1.3, 2, 2.6, 3.6, 5, 7.5, 11.5, 32],
  trunk: [0.5, 1.1, 1.8, 2.4, 3.3, 4.6, 7, 11, 30],
  primary: [0.3, 0.8, 1.4, 2, 2.9, 4.2, 6.4, 10, 28],
  secondary: [0, 0.4, 0.9, 1.4, 2.2, 3.4, 5.2, 8.2, 24],
  tertiary: [0, 0.2, 0.6, 1, 1.6, 2.6, 4.2, 7, 21],
  minor: [0, 0, 0.2, 0.5, 0.9, 1.6, 3, 5.2, 16],
  service: [0, 0, 0, 0, 0.4, 0.7, 1.4, 2.6, 9],
  path: [0, 0, 0, 0, 0.3, 0.6, 0.8, 1.1, 2.4],
}
/** A rim on each side, in the same order. */
const RIMS = [0, 0, 0.3, 0.5, 0.7, 0.8, 1, 1, 1.5] as const
/** A slip road is narrower than the road that it leads to. */
const LINK_PART = 0.62

type Level = 'tunnel' | 'surface' | 'bridge'

export function roadLayers(colours: GroundColours): Layer[] {
  return [
    ...tunnelLayers(colours),
    ...pathLayers(colours),
    casing('surface', colours.casing),
    ...surfaces('surface', colours),
    ...railLayers(colours),
    casing('bridge', colours.bridgeCasing),
    ...surfaces('bridge', colours),
  ]
}

function tunnelLayers(colours: GroundColours): Layer[] {
  return [
    {
      id: 'tunnel-casing',
      type: 'line',
      ...from('road'),
      minzoom: 11,
      filter: carriageway('tunnel'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colours.secondary, 'line-width': widths(1), 'line-dasharray': [2, 1.2], 'line-opacity': 0.8 },
    },
    {
      id: 'tunnel',
      type: 'line',
      ...from('road'),
      minzoom: 11,
      filter: carriageway('tunnel'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colours.tunnel, 'line-width': widths(0) },
    },
  ]
}

function pathLayers(colours: GroundColours): Layer[] {
  return [
    {
      id: 'path',
      type: 'line',
      ...from('road'),
      minzoom: 14,
      filter: ['==', ['get', 'class'], 'path'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colours.path, 'line-width': stops((index) => WIDTHS.path[index] ?? 0), 'line-dasharray': [3, 1.6], 'line-opacity': fadeIn(14, 15) },
    },
  ]
}

function casing(level: Level, colour: string): Layer {
  return {
    id: `${level}-casing`,
    type: 'line',
    ...from('road'),
    minzoom: 10,
    filter: carriageway(level),
    // A bridge ends where it ends; anything else runs into what it meets.
    layout: { 'line-cap': level === 'bridge' ? 'butt' : 'round', 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': widths(1), 'line-opacity': fadeIn(10.5, 12) },
  }
}

function surfaces(level: Level, colours: GroundColours): Layer[] {
  return CLASSES.map((name): Layer => ({
    id: `${level}-${name}`,
    type: 'line',
    ...from('road'),
    minzoom: FIRST_ZOOM[name],
    filter: ['all', levelIs(level), ['==', ['get', 'class'], name]],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colours[name], 'line-width': stops((index) => linked(WIDTHS[name][index] ?? 0)) },
  }))
}

/** Before it a class has no width: it need not be cut into shapes either. */
const FIRST_ZOOM: Readonly<Record<RoadClass, number>> = { motorway: 5, trunk: 5, primary: 7, secondary: 8, tertiary: 9, minor: 11, service: 13, path: 14 }

function railLayers(colours: GroundColours): Layer[] {
  const rail: Expression = ['==', ['get', 'kind'], 'rail']
  const width: Expression = ['interpolate', ['exponential', 1.4], ['zoom'], 9, 0.6, 13, 1.4, 16, 3, 18, 5]
  return [
    {
      id: 'subway',
      type: 'line',
      ...from('rail'),
      minzoom: 11,
      filter: ['!=', ['get', 'kind'], 'rail'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colours.subway, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 0.8, 15, 1.6, 18, 2.4], 'line-dasharray': [5, 2.5], 'line-opacity': 0.85 },
    },
    { id: 'rail', type: 'line', ...from('rail'), minzoom: 9, filter: rail, layout: { 'line-join': 'round' }, paint: { 'line-color': colours.rail, 'line-width': width } },
    {
      id: 'rail-ties',
      type: 'line',
      ...from('rail'),
      minzoom: 12,
      filter: rail,
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colours.railTie, 'line-width': ['interpolate', ['exponential', 1.4], ['zoom'], 12, 0.6, 16, 1.6, 18, 3], 'line-dasharray': [4, 4] },
    },
  ]
}

function levelIs(level: Level): Expression {
  if (level === 'surface') return ['all', ['!', ['to-boolean', ['get', 'bridge']]], ['!', ['to-boolean', ['get', 'tunnel']]]]
  return ['to-boolean', ['get', level]]
}

/** What wheels go on: everything but paths. */
function carriageway(level: Level): Expression {
  return ['all', levelIs(level), ['!=', ['get', 'class'], 'path']]
}

/** The width by class and zoom, with so many rims on each side. */
function widths(rims: number): Expression {
  return stops((index) => {
    const rim = 2 * rims * (RIMS[index] ?? 0)
    const cases = CLASSES.flatMap((name): [string, Expression] => {
      const width = WIDTHS[name][index] ?? 0
      return [name, linked(width, width > 0 ? rim : 0)]
    })
    return ['match', ['get', 'class'], ...cases, 0] as unknown as Expression
  })
}

function linked(width: number, rim = 0): Expression {
  return ['case', ['to-boolean', ['get', 'link']], width * LINK_PART + rim, width + rim]
}

function stops(value: (index: number) => number | Expression): Expression {
  return ['interpolate', ['exponential', 1.5], ['zoom'], ...ZOOMS.flatMap((zoom, index) => [zoom, value(index)])] as unknown as Expression
}
