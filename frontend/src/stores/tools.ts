import { defineStore } from 'pinia'
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { MapPlace } from '@/map/engine'
import { metresBetween } from '@/map/geodesy'
import { metresPerPixel } from '@/map/mercator'
import { useView } from './view'

/** So near to a point, in pixels, a click means that point and not one beside it. */
const REACH_PIXELS = 12
const SAID_MILLISECONDS = 4000

export type Panel = 'search' | 'layers' | 'views' | 'fences' | 'who'

/** A place that somebody looked up, marked until it is taken away. */
export interface Pin {
  place: MapPlace
  label: string
}

/** What the dispatcher does with the map itself: measure it, mark a place on it, look something up. */
export const useTools = defineStore('tools', () => {
  const measurement = newMeasurement()
  const panel = ref<Panel | null>(null)
  const help = ref(false)
  /** The place under the pointer; null where there is no pointer over the map. */
  const pointer = shallowRef<MapPlace | null>(null)
  const pin = shallowRef<Pin | null>(null)
  /** Where the pin stands in the map's box, in CSS pixels; told by the map with each frame. */
  const pinAt = shallowRef<{ x: number; y: number } | null>(null)
  /** The newest wish to zoom, in steps; the map carries it out. */
  const zoomWish = shallowRef<{ steps: number } | null>(null)
  /** A short word on what was just done; it goes by itself. */
  const said = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined

  function togglePanel(wanted: Panel): void {
    panel.value = panel.value === wanted ? null : wanted
  }

  function zoomBy(steps: number): void {
    zoomWish.value = { steps }
  }

  function say(words: string): void {
    said.value = words
    clearTimeout(timer)
    timer = setTimeout(() => { said.value = '' }, SAID_MILLISECONDS)
  }

  return { ...measurement, panel, help, pointer, pin, pinAt, zoomWish, said, togglePanel, zoomBy, say }
})

interface Measurement {
  mode: Ref<'look' | 'measure'>
  points: ShallowRef<readonly MapPlace[]>
  /** True when the last point is joined to the first: an area. */
  closed: Ref<boolean>
  canClose: ComputedRef<boolean>
  /** Begins a new measurement; what was measured before is cleared. */
  measure(): void
  /** A click on the first point closes the area, one on the last point (as a double-click's second) ends the line. */
  addPoint(place: MapPlace): void
  undo(): void
  /** Joins the last point to the first and ends. */
  close(): void
  /** Ends; the result stays until it is cleared. A single point is no result. */
  finish(): void
  clear(): void
}

function newMeasurement(): Measurement {
  const view = useView()
  const mode = ref<'look' | 'measure'>('look')
  const points = shallowRef<readonly MapPlace[]>([])
  const closed = ref(false)
  const canClose = computed(() => points.value.length >= 3 && !closed.value)

  function addPoint(place: MapPlace): void {
    if (mode.value !== 'measure') return
    const [first, last] = [points.value[0], points.value.at(-1)]
    if (canClose.value && first && touches(place, first)) close()
    else if (last && touches(place, last)) finish()
    else points.value = [...points.value, place]
  }

  function touches(place: MapPlace, point: MapPlace): boolean {
    const zoom = view.camera?.zoom
    return zoom !== undefined && metresBetween(place, point) <= REACH_PIXELS * metresPerPixel(point.latitude, zoom)
  }

  function undo(): void {
    points.value = points.value.slice(0, -1)
  }

  function close(): void {
    if (!canClose.value) return
    closed.value = true
    mode.value = 'look'
  }

  function finish(): void {
    mode.value = 'look'
    if (points.value.length < 2) clear()
  }

  function clear(): void {
    mode.value = 'look'
    points.value = []
    closed.value = false
  }

  function measure(): void {
    clear()
    mode.value = 'measure'
  }

  return { mode, points, closed, canClose, measure, addPoint, undo, close, finish, clear }
}
