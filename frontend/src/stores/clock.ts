import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ServerClock } from '@/live/clock'

/**
 * The server's time for everything on the page. `second` moves once a second: ages and clocks hang on it.
 * `shown` is the time of what the map shows: that of a replay, while there is one.
 */
export const useClock = defineStore('clock', () => {
  const server = new ServerClock()
  const second = ref(server.now())
  /** What time it is in a replay, ms since 1970; null while the map is live. */
  const past = ref<number | null>(null)
  const shown = computed(() => past.value ?? second.value)
  let timer: ReturnType<typeof setInterval> | undefined

  function start(): void {
    timer ??= setInterval(() => { second.value = server.now() }, 1000)
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  function heard(serverTime: number): void {
    const first = !server.known
    server.heard(serverTime)
    if (first) second.value = server.now()
  }

  return { second, past, shown, start, stop, heard, now: () => server.now() }
})
