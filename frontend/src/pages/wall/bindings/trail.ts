import { watch } from 'vue'
import { readTrack, RequestError } from '@/live/api'
import type { MapEngine } from '@/map/engine'
import type { FleetView } from '@/map/fleet/fleetView'
import { mercatorX, mercatorY } from '@/map/mercator'
import { TRAIL_MILLISECONDS } from '@/map/fleet/trails'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { useSession } from '@/stores/session'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'

/**
 * Where the chosen unit was before this page knew of it comes from the server, for those who may read it. To choose a
 * unit is no reason to read its past: until one was given for a track, the trail begins where this page first saw it.
 */
export function bindTrail(engine: MapEngine, { scene, stage }: FleetView): () => void {
  const [clock, positions, session, track, view] = [useClock(), usePositions(), useSession(), useTrack(), useView()]
  let asking: AbortController | undefined

  async function recall(unit: number, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const past = await readTrack(unit, { from: now - TRAIL_MILLISECONDS, to: now }, track.reason, signal)
    const slot = scene.fleet.slotOf(unit)
    if (slot < 0) return
    const places = past.longitudes.map((longitude, at) => engine.datum.forward(longitude, past.latitudes[at] ?? 0))
    scene.trails.seed(slot, past.times, places.map(([longitude]) => mercatorX(longitude)), places.map(([, latitude]) => mercatorY(latitude)))
    stage.touch()
  }

  const chosenAndKnown = (): number | null => (view.selected !== null && positions.told.has(view.selected) ? view.selected : null)
  const stop = watch(chosenAndKnown, (unit) => {
    asking?.abort()
    // In a replay the trail is made of what was shown.
    if (clock.past !== null || unit === null || track.reason === '' || !session.session?.atoms.includes('track.read')) return
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
