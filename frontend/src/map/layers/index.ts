/** What can be switched on the map. */
export type LayerId = 'ground-labels' | 'districts' | 'squads' | 'grids' | 'cells' | 'fences' | 'trails' | 'units' | 'labels'

export interface MapLayer {
  id: LayerId
  group: 'units' | 'areas' | 'ground'
  /** Is it on until somebody chooses otherwise? */
  on: boolean
  /** The engine's layers that are switched with it; none where it is drawn on a canvas of its own (map/fleet) or belongs to the ground. */
  styles: readonly string[]
}

/** The layers, bottom to top: the one list that the map, the legend and the switches are made from. */
export const LAYERS: readonly MapLayer[] = [
  { id: 'districts', group: 'areas', on: true, styles: ['district-halo', 'district-line', 'district-name'] },
  { id: 'squads', group: 'areas', on: true, styles: ['squad-line', 'squad-name'] },
  { id: 'grids', group: 'areas', on: false, styles: ['grid-line', 'grid-code'] },
  { id: 'cells', group: 'areas', on: false, styles: ['cells'] },
  { id: 'fences', group: 'areas', on: true, styles: ['fence-area', 'fence-line', 'fence-name'] },
  // A border follows streets for miles: it must not strike out their names.
  { id: 'ground-labels', group: 'ground', on: true, styles: [] },
  { id: 'trails', group: 'units', on: true, styles: [] },
  { id: 'units', group: 'units', on: true, styles: [] },
  { id: 'labels', group: 'units', on: true, styles: [] },
]
