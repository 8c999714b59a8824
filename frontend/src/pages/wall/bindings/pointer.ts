import { watch } from 'vue'
import type { MapEngine } from '@/map/engine'
import { viewAround, type FleetView, type Hit } from '@/map/fleet/fleetView'
import { Tip } from '@/map/fleet/tip'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { useTools } from '@/stores/tools'
import { useView } from '@/stores/view'
import { coordinateWords } from '../card'
import { useTipWords } from './tipWords'

/** A click chooses a unit or opens a bubble; the pointer over one is told what it is. */
export function bindPointer(engine: MapEngine, fleet: FleetView): () => void {
  const [clock, positions, tools, view] = [useClock(), usePositions(), useTools(), useView()]
  const tip = new Tip(fleet.painter.canvas)
  const words = useTipWords()
  let under: Hit = null

  function open(units: number[]): void {
    const wanted = viewAround(units.flatMap((unit) => positions.newest.get(unit) ?? []))
    if (wanted) view.fit(wanted)
  }

  function point(hit: Hit): void {
    under = tools.mode === 'measure' ? null : hit
    // While something is measured the cursor is the measure's.
    if (tools.mode !== 'measure') engine.setCursor(under ? 'pointer' : '')
    tell()
  }

  function tell(): void {
    if (under === null) return tip.hide()
    tip.say(words(under))
    stand()
  }

  function stand(): void {
    if (under === null) return
    const place = fleet.placeOf(under)
    if (place) tip.stand(place.x, place.y, engine.frame().width, engine.frame().height)
    else point(null)
  }

  engine.onClick(({ place, x, y }) => {
    if (tools.mode === 'measure') return tools.addPoint(place)
    if (tools.panel === 'who') return void (tools.pin = { place, label: coordinateWords(place) })
    const hit = fleet.hit(x, y)
    if (hit?.kind === 'bubble') open(hit.units)
    else view.select(hit?.unit ?? null)
  })
  engine.onPointer((place, x, y) => { point(place === null ? null : fleet.hit(x, y)) })
  fleet.onDrawn(stand)
  const stop = watch(() => clock.shown, tell)
  return () => {
    stop()
    tip.remove()
  }
}
