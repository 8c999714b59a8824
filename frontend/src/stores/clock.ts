import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ServerClock } from '@/live/clock'

/** The server's time for everything on the page. `second` moves once a second: ages and clocks hang on it. */
export const useClock = defineStore('clock', () => {
  const server = new ServerClock()
  const second = ref(server.now())
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

  return { second, start, stop, heard, now: () => server.now() }
})
