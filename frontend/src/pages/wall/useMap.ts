import { watch, type Ref } from 'vue'
import { interestOf, type View } from '@/live/interest'
import type { MapEngine } from '@/map/engine'
import { useMapEngine } from '@/pages/useMapEngine'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'
import { useView, type Camera, type Wish } from '@/stores/view'
import { BINDINGS } from './bindings'
import { paced } from './paced'

/** While the map is moved, the server is asked for the new view this often and not for each pixel. */
const LOOK_MILLISECONDS = 250
const AROUND_DEGREES = 0.25
/** The map beside the list on a screen of 1920 × 1080, CSS pixels. */
const DESK_MAP = { width: 1488, height: 1025 }
const SOMEWHERE = { longitude: 113.55, latitude: 22.19, zoom: 12 }
/** Free room around what is to be seen whole, CSS pixels: marks and labels reach beyond their places. */
const FIT_PADDING = 72

/** Puts the live map into an element, and binds it to the stores as long as the component lives. */
export function useMap(container: Ref<HTMLElement | null>, name: () => string): { failed: Ref<boolean> } {
  return useMapEngine(container, {
    name,
    camera: firstCamera,
    bindings: [...BINDINGS, bindView],
    // Asked for before the map has drawn anything: the positions can be here when it has.
    made: (engine) => { lookAt(engine.view()) },
    failed: lookAround,
  })
}

function firstCamera(container: HTMLElement): Camera {
  const { camera } = useView()
  if (camera) return camera
  const { longitude, latitude, zoom } = useSession().session?.map ?? SOMEWHERE
  return { longitude, latitude, zoom: zoom + zoomStepsMore(container) }
}

/** The first view is meant for a desk's screen; a larger one shows the same section, larger. */
function zoomStepsMore({ clientWidth, clientHeight }: HTMLElement): number {
  return Math.max(0, Math.log2(Math.min(clientWidth / DESK_MAP.width, clientHeight / DESK_MAP.height)))
}

/** Tells stores and server what the map shows, and carries out where others want it to go. */
function bindView(engine: MapEngine): () => void {
  const view = useView()
  const look = paced(() => {
    lookAt(engine.view())
    view.camera = { ...engine.centre(), zoom: engine.zoom() }
  }, LOOK_MILLISECONDS)
  engine.onView(look.ask)
  engine.onPan(() => { view.release() })
  look.ask()
  const unwatch = watch(() => view.wish, (wish) => { if (wish) carryOut(engine, wish) })
  return () => {
    unwatch()
    look.stop()
  }
}

function carryOut(engine: MapEngine, wish: Wish): void {
  if (wish.kind === 'fit') engine.fitBounds(wish.view, FIT_PADDING, useView().covered)
  else engine.goTo(wish, wish.zoom ?? engine.zoom())
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
