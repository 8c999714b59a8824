import { watch } from 'vue'
import type { MapEngine } from '@/map/engine'
import { viewAround, type FleetView, type Hit } from '@/map/fleet/fleetView'
import { Tip } from '@/map/fleet/tip'
import { useClock } from '@/stores/clock'
import { useFences } from '@/stores/fences'
import { usePositions } from '@/stores/positions'
import { useTools } from '@/stores/tools'
import { useView } from '@/stores/view'
import { coordinateWords } from '../card'
import { useTipWords } from './tipWords'

/** A click chooses a unit or opens a bubble; the pointer over one is told what it is. */
export function bindPointer(engine: MapEngine, fleet: FleetView): () => void {
  const [clock, fences, positions, tools, view] = [useClock(), useFences(), usePositions(), useTools(), useView()]
  /** Somebody draws on the map: what lies on it is not meant. */
  const isBoard = (): boolean => tools.mode === 'measure' || fences.draft !== null
  const tip = new Tip(fleet.painter.canvas)
  const words = useTipWords()
  let under: Hit = null

  function open(units: number[]): void {
    const wanted = viewAround(units.flatMap((unit) => positions.newest.get(unit) ?? []))
    if (wanted) view.fit(wanted)
  }

  function point(hit: Hit): void {
    under = isBoard() ? null : hit
    // While something is measured or drawn the cursor is not the units'.
    if (!isBoard()) engine.setCursor(under ? 'pointer' : '')
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
    if (fences.draft) return
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
