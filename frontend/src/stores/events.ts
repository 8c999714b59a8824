import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { LiveEvent } from '@/live/messages'

export const MOST_EVENTS = 100

/** The last events, newest first; and the stretches that the server could no longer give. */
export const useEvents = defineStore('events', () => {
  const list = shallowRef<LiveEvent[]>([])
  const missed = shallowRef<{ first: number; last: number } | null>(null)

  function add(event: LiveEvent): void {
    list.value = [event, ...list.value].slice(0, MOST_EVENTS)
  }

  function lost(first: number, last: number): void {
    missed.value = { first, last }
  }

  return { list, missed, add, lost }
})
