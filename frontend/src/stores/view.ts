import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { View } from '@/live/interest'

export interface Camera {
  longitude: number
  latitude: number
  zoom: number
}

/** Where somebody wants the map to go; the map carries it out. Degrees, WGS-84. */
export type Wish =
  | { kind: 'place'; longitude: number; latitude: number; zoom?: number }
  | { kind: 'fit'; view: View }

/** What the map shows, and which unit the dispatcher has chosen. */
export const useView = defineStore('view', () => {
  const view = shallowRef<View | null>(null)
  /** False when the view is wider than the live socket can cover. */
  const whole = ref(true)
  /** Where the map stood last: who comes back from another page finds it there. */
  const camera = shallowRef<Camera | null>(null)
  const selected = ref<number | null>(null)
  const following = ref<number | null>(null)
  /** How much of the map's right side a card covers, CSS pixels: what is to be seen is brought beside it. */
  const covered = ref(0)
  /** The newest wish: each one is an object of its own, so that the same place can be wished for twice. */
  const wish = shallowRef<Wish | null>(null)

  function select(unit: number | null): void {
    selected.value = unit
    // One unit is in the dispatcher's hand: to look at another one is to let go of the first.
    if (following.value !== unit) following.value = null
  }

  function follow(unit: number): void {
    selected.value = unit
    following.value = unit
  }

  function release(): void {
    following.value = null
  }

  /** The map goes to a place: a followed unit would pull it away again. Without `zoom` it keeps its own. */
  function goTo(place: { longitude: number; latitude: number }, zoom?: number): void {
    release()
    const { longitude, latitude } = place
    wish.value = zoom === undefined ? { kind: 'place', longitude, latitude } : { kind: 'place', longitude, latitude, zoom }
  }

  /** The map shows all of a view, as near as that allows. */
  function fit(wanted: View): void {
    release()
    wish.value = { kind: 'fit', view: wanted }
  }

  return { view, whole, camera, selected, following, covered, wish, select, follow, release, goTo, fit }
})
