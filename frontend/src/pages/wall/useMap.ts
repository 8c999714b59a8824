import { onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'
import type { Unit } from '@/live/api'
import { interestOf, type View } from '@/live/interest'
import { loadFaces, MAP_FACES } from '@/look/fonts'
import { Drawing } from '@/map/drawing'
import { MapEngine } from '@/map/engine'
import { groundStyle } from '@/map/ground'
import { LAYERS, SOURCES } from '@/map/layers'
import { grid } from '@/map/layers/cells'
import { addSymbols } from '@/map/symbols'
import { useClock } from '@/stores/clock'
import { useLive } from '@/stores/live'
import { usePositions } from '@/stores/positions'
import { useSession } from '@/stores/session'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'

/** While the map is moved, the server is asked for the new view this often and not for each pixel. */
const LOOK_MILLISECONDS = 250
const AROUND_DEGREES = 0.25
const SOMEWHERE = { longitude: 113.55, latitude: 22.19, zoom: 12 }

export interface LiveMap {
  failed: Ref<boolean>
  zoomBy(steps: number): void
}

/** Puts the live map into an element, and binds it to the stores as long as the component lives. */
export function useMap(container: Ref<HTMLElement | null>, name: () => string): LiveMap {
  const failed = ref(false)
  let engine: MapEngine | null = null
  let ended = false
  const endings: (() => void)[] = []

  async function build(element: HTMLElement): Promise<void> {
    const place = useView().camera ?? useSession().session?.map ?? SOMEWHERE
    await loadFaces('#0123456789')
    // The page may have been left while the faces came.
    if (ended) return
    engine = new MapEngine({ container: element, style: groundStyle(SOURCES), centre: place, zoom: place.zoom, ideographFace: MAP_FACES[1] ?? '' })
    endings.push(() => { engine?.remove(); engine = null })
    engine.name(name())
    // Asked for before the map has drawn anything: the positions can be here when it has.
    lookAt(engine.view())
    await engine.whenReady()
    addSymbols(engine)
    for (const layer of LAYERS) engine.addLayer(layer)
    const labels = new Labels()
    const drawing = draw(engine, labels)
    endings.push(() => { drawing.stop() }, ...bind(engine, drawing, labels))
  }

  function fail(): void {
    failed.value = true
    lookAround()
  }

  onMounted(() => { if (container.value) build(container.value).catch(fail) })
  onBeforeUnmount(() => {
    ended = true
    for (const end of endings.reverse()) end()
  })
  watch(name, (label) => { engine?.name(label) })
  return { failed, zoomBy: (steps) => { engine?.zoomBy(steps) } }
}

/** Without a map the list is all there is: it is told of the units around the place where the map would be. */
function lookAround(): void {
  const { longitude, latitude } = useSession().session?.map ?? SOMEWHERE
  lookAt({ west: longitude - AROUND_DEGREES, south: latitude - AROUND_DEGREES, east: longitude + AROUND_DEGREES, north: latitude + AROUND_DEGREES })
}

function lookAt(view: View): void {
  useView().view = view
  useLive().lookAt(interestOf(view))
}

function draw(engine: MapEngine, labels: Labels): Drawing {
  const [clock, positions, view] = [useClock(), usePositions(), useView()]
  return new Drawing(engine, {
    positions: positions.newest,
    now: clock.now,
    label: (unit) => labels.get(unit),
    selected: () => view.selected,
    following: () => view.following,
  })
}

/** Binds map and stores to each other; returns what undoes it. */
function bind(engine: MapEngine, drawing: Drawing, labels: Labels): (() => void)[] {
  const [clock, positions, units, view] = [useClock(), usePositions(), useUnits(), useView()]
  const look = paced(() => { showView(engine, drawing) }, LOOK_MILLISECONDS)
  engine.onView(look.ask)
  engine.onPan(() => { view.release() })
  engine.onClick(['units'], (properties) => { view.select(typeof properties?.['unit'] === 'number' ? properties['unit'] : null) })
  look.ask()
  return [
    look.stop,
    positions.listen((change) => { drawing.change(change) }),
    watch([() => clock.second, () => view.selected, () => view.following], () => { drawing.touch() }),
    watch(() => view.following, (unit) => { engine.zoomAroundCentre(unit !== null) }),
    watch(() => units.all, (all) => void labels.load(all).then(() => { drawing.touch() }), { immediate: true }),
  ]
}

function showView(engine: MapEngine, drawing: Drawing): void {
  const view = engine.view()
  lookAt(view)
  useView().camera = { ...engine.centre(), zoom: engine.zoom() }
  drawing.viewChanged(view)
  engine.setData('cells', grid(view, engine.zoom()))
}

/**
 * The labels that may be drawn. The map keeps each character as it first drew it; so a call sign is kept back until
 * its face is there, and the unit goes by its number until then.
 */
class Labels {
  private callSigns: ReadonlyMap<number, string> = new Map()

  async load(units: readonly Unit[]): Promise<void> {
    await loadFaces([...new Set(units.map((unit) => unit.call_sign).join(''))].join(''))
    this.callSigns = new Map(units.map((unit) => [unit.number, unit.call_sign]))
  }

  get(unit: number): string {
    return this.callSigns.get(unit) ?? `#${unit}`
  }
}

/** Runs an action at once, then at most once in so many milliseconds; the last asking is never forgotten. */
function paced(action: () => void, milliseconds: number): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted = false
  const run = (): void => {
    timer = wanted ? setTimeout(run, milliseconds) : undefined
    if (wanted) action()
    wanted = false
  }
  return { ask: () => { wanted = true; if (timer === undefined) run() }, stop: () => { clearTimeout(timer) } }
}
