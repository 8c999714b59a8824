import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { PartState } from '@/live/messages'

/** The parts of the system as the server last told; a part that is away is said on every screen. */
export const useParts = defineStore('parts', () => {
  const parts = shallowRef<PartState[]>([])
  const away = computed(() => parts.value.filter((part) => part.state === 'away').sort((one, other) => one.since - other.since))

  function set(list: PartState[]): void {
    parts.value = list
  }

  return { parts, away, set }
})
