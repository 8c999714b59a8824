import { contains, type View } from '@/live/interest'
import { viewAround } from '@/map/fleet/fleetView'
import { useGround } from '@/stores/ground'
import { usePositions } from '@/stores/positions'
import { useView } from '@/stores/view'

/** So long after the whole city is in view the positions of its units are here. */
const ARRIVAL_MILLISECONDS = 1500

/** The city's own bounds; null where there is no ground map. */
export function cityView(): View | null {
  const bounds = useGround().ground?.bounds
  if (!bounds) return null
  const [west, south, east, north] = bounds
  return { west, south, east, north }
}

/**
 * Shows all units. The server tells only of what is in view: so the city is shown first, and when the positions of
 * its units have come, the map goes as near as they allow. `nothing` is called where no position is known.
 */
export function fitAll(nothing: () => void): void {
  const [view, positions, city] = [useView(), usePositions(), cityView()]
  function fitKnown(): void {
    const all = viewAround([...positions.newest.values()])
    if (all) view.fit(all)
    else nothing()
  }
  if (!city || holds(view.view, city)) return fitKnown()
  view.fit(city)
  const mine = view.wish
  setTimeout(() => {
    // Who has gone elsewhere meanwhile is not pulled back.
    if (view.wish === mine && holds(view.view, city)) fitKnown()
  }, ARRIVAL_MILLISECONDS)
}

function holds(view: View | null, inner: View): boolean {
  return view !== null && contains(view, { longitude: inner.west, latitude: inner.south }) && contains(view, { longitude: inner.east, latitude: inner.north })
}
