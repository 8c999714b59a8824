/** Land, what it is used for, and water. */
import type { Expression, Layer } from '../engine'
import type { GroundColours } from './palette'
import { from } from './schema'

const POLYGON: Expression = ['==', ['geometry-type'], 'Polygon']
const LINE: Expression = ['==', ['geometry-type'], 'LineString']

/** Each of one colour only: such a layer changes its theme at once, without asking for its tiles anew. */
const USES: readonly (readonly [keyof GroundColours, readonly string[]])[] = [
  ['urban', ['urban', 'residential']],
  ['oldTown', ['oldtown']],
  ['commercial', ['commercial', 'retail']],
  ['industrial', ['industrial', 'railway']],
  ['farm', ['farm']],
  ['campus', ['school', 'hospital', 'university']],
  ['cemetery', ['cemetery']],
  ['green', ['green', 'park']],
  ['wood', ['wood']],
  ['pitch', ['pitch']],
]

export function landLayers(colours: GroundColours, coastal: boolean): Layer[] {
  const land: Layer[] = coastal ? [{ id: 'land', type: 'fill', ...from('land'), paint: { 'fill-color': colours.land } }] : []
  return [...land, ...USES.map(([colour, kinds]) => landUse(colours[colour], colour, kinds)), ...waterLayers(colours)]
}

function landUse(colour: string, name: string, kinds: readonly string[]): Layer {
  return {
    id: `use-${name}`,
    type: 'fill',
    ...from('landuse'),
    filter: ['in', ['get', 'kind'], ['literal', [...kinds]]],
    // From afar the little greens of a town are specks that tell nothing.
    paint: { 'fill-color': colour, 'fill-opacity': name === 'green' ? fadeIn(11, 14) : fadeIn(9, 11), 'fill-antialias': false },
  }
}

function waterLayers(colours: GroundColours): Layer[] {
  return [
    { id: 'water', type: 'fill', ...from('water'), filter: ['all', POLYGON, ['any', ['!=', ['get', 'kind'], 'pond'], ['>=', ['zoom'], 13]]], paint: { 'fill-color': colours.water } },
    {
      id: 'water-rim',
      type: 'line',
      ...from('water'),
      minzoom: 13,
      filter: POLYGON,
      paint: { 'line-color': colours.waterLine, 'line-width': 1, 'line-opacity': fadeIn(13, 14.5) },
    },
    {
      id: 'waterway',
      type: 'line',
      ...from('water'),
      filter: LINE,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colours.water,
        'line-width': ['interpolate', ['exponential', 1.4], ['zoom'], 8, widthByKind(0.6, 0.3), 13, widthByKind(2.2, 0.9), 18, widthByKind(14, 5)],
      },
    },
  ]
}

function widthByKind(river: number, stream: number): Expression {
  return ['match', ['get', 'kind'], ['river', 'canal'], river, stream]
}

/** From nothing to all between two zooms. */
export function fadeIn(start: number, end: number): Expression {
  return ['interpolate', ['linear'], ['zoom'], start, 0, end, 1]
}
