import { watch } from 'vue'
import type { MapEngine } from '@/map/engine'
import { FleetView } from '@/map/fleet/fleetView'
import { Follower } from '@/map/fleet/follow'
import { setSight } from '@/map/fleet/sight'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { useReplay } from '@/stores/replay'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { CallSigns } from './callSigns'
import { bindLook } from './fleetLook'
import { bindPointer } from './pointer'
import { bindTrail } from './trail'

/** Draws the units where they are, and keeps them drawn as they move, are chosen, grow old and go. */
export function bindUnits(engine: MapEngine): () => void {
  const [clock, positions, units, view] = [useClock(), usePositions(), useUnits(), useView()]
  const replay = useReplay()
  const callSigns = new CallSigns()
  const fleet = new FleetView(engine, {
    positions: positions.newest,
    // Once a second it moves: often enough for what fades and grows old.
    now: () => clock.shown,
    label: (unit) => callSigns.get(unit),
    kind: (unit) => units.byNumber.get(unit)?.kind,
    selected: () => view.selected,
    pace: () => replay.pace,
  })
  const follower = new Follower(engine, fleet.scene)
  fleet.onDrawn(() => { follower.keep(view.following) })
  setSight(fleet)
  const endings = [
    positions.listen((change) => { fleet.stage.change(change) }),
    watch(() => clock.shown, () => { fleet.stage.age() }),
    watch([() => view.selected, () => view.following], () => { fleet.stage.touch() }),
    watch(() => view.following, (unit) => { engine.zoomAroundCentre(unit !== null) }),
    watch(() => units.all, (all) => void callSigns.load(all).then(() => { fleet.stage.rename() }), { immediate: true }),
    bindLook(fleet),
    bindPointer(engine, fleet),
    bindTrail(engine, fleet),
    () => { setSight(null) },
    () => { fleet.remove() },
  ]
  return () => { for (const end of endings) end() }
}
