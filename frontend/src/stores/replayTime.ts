import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Stretch } from '@/track/journey'
import { useClock } from './clock'

const TIMER_MILLISECONDS = 200
/** Without a word of the server for so long, time is not guessed any further. */
const GUESS_MILLISECONDS = 1500

export interface ReplayTime {
  /** What time it is in the replay, ms since 1970. */
  time: Ref<number>
  span: ShallowRef<Stretch | null>
  begin(span: Stretch): void
  /** The server says so, or somebody wants it. */
  isAt(moment: number): void
  stop(): void
}

/** The time of a replay; between two words of the server it goes on by itself. `pace`: how fast, 0 while it stands. */
export function newReplayTime(pace: () => number): ReplayTime {
  const clock = useClock()
  const time = ref(0)
  const span = shallowRef<Stretch | null>(null)
  let heard = { time: 0, at: 0 }
  let timer: ReturnType<typeof setInterval> | undefined

  function begin(told: Stretch): void {
    span.value = told
    timer ??= setInterval(guess, TIMER_MILLISECONDS)
  }

  function isAt(moment: number): void {
    heard = { time: moment, at: performance.now() }
    show(moment)
  }

  function guess(): void {
    const passed = Math.min(performance.now() - heard.at, GUESS_MILLISECONDS)
    if (pace() > 0) show(Math.min(heard.time + passed * pace(), span.value?.to ?? heard.time))
  }

  function show(moment: number): void {
    time.value = moment
    clock.past = moment
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
    clock.past = null
    span.value = null
  }

  return { time, span, begin, isAt, stop }
}
