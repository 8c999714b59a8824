/** Call signs. Where units crowd, labels give way to each other; the chosen one and alarms come first. */
import { colours } from '@/look/colours'
import { MAP_FACES } from '@/look/fonts'
import type { Layer } from '../engine'

export const labelLayers: Layer[] = [
  {
    id: 'labels',
    type: 'symbol',
    source: 'units',
    minzoom: 10.5,
    layout: {
      'text-field': ['get', 'label'],
      'text-font': MAP_FACES,
      'text-size': 13,
      'text-anchor': 'top',
      'text-offset': [0, 1.1],
      'text-padding': 4,
      // Lower keys are placed first.
      'symbol-sort-key': ['-', 0, ['get', 'order']],
    },
    paint: { 'text-color': colours.text, 'text-halo-color': colours.ground, 'text-halo-width': 1.5 },
  },
]
