import type { FleetView } from './fleetView'

let fleet: FleetView | null = null

/** The units as the map draws them now; null where there is no map. For the page's probe only. */
export const fleetInSight = (): FleetView | null => fleet

export function setSight(shown: FleetView | null): void {
  fleet = shown
}
