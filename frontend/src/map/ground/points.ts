/** Places that help to say where something is: few kinds, small and quiet marks. */
import { MAP_FACES } from '@/look/fonts'
import type { Expression, Layer } from '../engine'
import { markName, type Mark } from './images'
import type { GroundColours } from './palette'
import { from } from './schema'

/** Kinds as OpenStreetMap names them. */
const KINDS: Readonly<Record<Mark, readonly string[]>> = {
  metro: ['station', 'subway', 'subway_station', 'subway_entrance', 'halt', 'bus_station'],
  health: ['hospital', 'clinic'],
  learning: ['school', 'university', 'college', 'kindergarten', 'library'],
  authority: ['police', 'townhall', 'government', 'courthouse', 'public_building', 'fire_station'],
  market: ['marketplace', 'mall', 'supermarket', 'department_store'],
  park: ['park', 'garden', 'stadium', 'sports_centre'],
}
/** Of 1 to 5, as the tiles give it; 1 is what everybody knows. */
const GREATEST_RANK = 1
const RANK: Expression = ['coalesce', ['get', 'rank'], 9]
/** Up to which rank there is room at a zoom. */
const ROOM: Expression = ['step', ['zoom'], 1, 15, 3, 16, 4, 17, 9]
/** People meet at stations: they are shown with the greatest, whatever their rank. */
const IS_GREAT: Expression = ['any', ['<=', RANK, GREATEST_RANK], ['in', ['get', 'kind'], ['literal', ['station', 'subway_station']]]]
const SIDES: ('left' | 'right' | 'top' | 'bottom')[] = ['left', 'right', 'top', 'bottom']

export function pointLayers(colours: GroundColours, name: Expression, part: 'great' | 'lesser', scale: number): Layer[] {
  const great = part === 'great'
  return [
    {
      id: `point-${part}`,
      type: 'symbol',
      ...from('poi'),
      minzoom: great ? 13.6 : 15,
      filter: ['all', ['has', 'name'], ...(great ? [IS_GREAT] : [['!', IS_GREAT] satisfies Expression, ['<=', RANK, ROOM] satisfies Expression])],
      layout: {
        'icon-image': image(),
        'icon-size': ['interpolate', ['linear'], ['zoom'], 13.5, 0.7 * scale, 16, scale],
        'icon-padding': 4,
        'text-field': name,
        'text-font': MAP_FACES,
        'text-size': ['interpolate', ['linear'], ['zoom'], 14, 11 * scale, 18, 12.5 * scale],
        'text-variable-anchor': SIDES,
        'text-radial-offset': 0.9,
        'text-justify': 'auto',
        'text-max-width': 8,
        'text-padding': 6,
        // Where a name has no room its mark may stand alone; where the mark has none, the name would point at nothing.
        'text-optional': true,
        'symbol-sort-key': RANK,
      },
      paint: { 'text-color': colours.pointText, 'text-halo-color': colours.halo, 'text-halo-width': 1.25 },
    },
  ]
}

function image(): Expression {
  const cases = (Object.entries(KINDS) as [Mark, readonly string[]][]).flatMap(([mark, kinds]) => [[...kinds], markName(mark)])
  return ['match', ['get', 'kind'], ...cases, 'bus_stop', 'mark-stop', 'mark-point'] as unknown as Expression
}
