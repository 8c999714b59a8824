/** Buildings: faint, since only their edge helps to find a door. */
import type { Layer } from '../engine'
import { fadeIn } from './land'
import type { GroundColours } from './palette'
import { from } from './schema'

export function buildingLayers(colours: GroundColours): Layer[] {
  return [
    { id: 'building', type: 'fill', ...from('building'), minzoom: 14, paint: { 'fill-color': colours.building, 'fill-opacity': fadeIn(14, 15.5) } },
    {
      id: 'building-rim',
      type: 'line',
      ...from('building'),
      minzoom: 15.5,
      paint: { 'line-color': colours.buildingRim, 'line-width': 0.75, 'line-opacity': fadeIn(15.5, 16.5) },
    },
  ]
}
