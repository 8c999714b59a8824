import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { View } from '@/live/interest'

export interface Camera {
  longitude: number
  latitude: number
  zoom: number
}

/** What the map shows, and which unit the dispatcher has chosen. */
export const useView = defineStore('view', () => {
  const view = shallowRef<View | null>(null)
  /** False when the view is wider than the live socket can cover. */
  const whole = ref(true)
  /** Where the map stood last: who comes back from another page finds it there. */
  const camera = shallowRef<Camera | null>(null)
  const selected = ref<number | null>(null)
  const following = ref<number | null>(null)

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

  return { view, whole, camera, selected, following, select, follow, release }
})
