import { watch } from 'vue'
import { readTrack, RequestError } from '@/live/api'
import type { MapEngine } from '@/map/engine'
import type { FleetView } from '@/map/fleet/fleetView'
import { mercatorX, mercatorY } from '@/map/mercator'
import { TRAIL_MILLISECONDS } from '@/map/fleet/trails'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { useSession } from '@/stores/session'
import { useView } from '@/stores/view'

/** Where the chosen unit was before this page knew of it comes from the server, for those who may read it. */
export function bindTrail(engine: MapEngine, { scene, stage }: FleetView): () => void {
  const [clock, positions, session, view] = [useClock(), usePositions(), useSession(), useView()]
  let asking: AbortController | undefined

  async function recall(unit: number, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const track = await readTrack(unit, Math.round(now - TRAIL_MILLISECONDS), Math.round(now), signal)
    const slot = scene.fleet.slotOf(unit)
    if (slot < 0) return
    const places = track.longitudes.map((longitude, at) => engine.datum.forward(longitude, track.latitudes[at] ?? 0))
    scene.trails.seed(slot, track.times, places.map(([longitude]) => mercatorX(longitude)), places.map(([, latitude]) => mercatorY(latitude)))
    stage.touch()
  }

  const chosenAndKnown = (): number | null => (view.selected !== null && positions.told.has(view.selected) ? view.selected : null)
  const stop = watch(chosenAndKnown, (unit) => {
    asking?.abort()
    if (unit === null || !session.session?.atoms.includes('track.read')) return
    asking = new AbortController()
    recall(unit, asking.signal).catch((error: unknown) => {
      // Without it the trail begins where this page first saw the unit.
      if (!(error instanceof RequestError)) throw error
    })
  }, { immediate: true })
  return () => {
    stop()
    asking?.abort()
  }
}
