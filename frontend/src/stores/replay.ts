import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { ReplayLine, type Mark, type WantedReplay } from '@/live/replay'
import type { Frame } from '@/live/record'
import { socketAddress } from '@/live/socket'
import type { Stretch } from '@/track/journey'
import { useLive } from './live'
import { usePositions } from './positions'
import { newReplayTime } from './replayTime'
import { useUnits } from './units'
import { useView } from './view'

/**
 * `off`: the map is live. `choosing`: it is live still, and somebody chooses what to replay. `opening`: the server was
 * asked. `lost`: the line broke; what was shown stands still.
 */
export type ReplayState = 'off' | 'choosing' | 'opening' | 'playing' | 'paused' | 'ended' | 'lost'

const FIRST_SPEED = 10

/** The past on the map, as it was, instead of the present. The live line goes on beneath, so the way back is short. */
export const useReplay = defineStore('replay', () => {
  const [live, positions, units, view] = [useLive(), usePositions(), useUnits(), useView()]
  const state = ref<ReplayState>('off')
  const speed = ref(FIRST_SPEED)
  /** Why the last one was refused, in the server's word; empty where the line broke before it began. */
  const refusal = ref<string | null>(null)
  const isShown = computed(() => positions.isPast)
  /** How many times as fast time passes on the map. */
  const pace = computed(() => (isShown.value ? speed.value : 1))
  const { time, span, begin, isAt, stop } = newReplayTime(() => (state.value === 'playing' ? speed.value : 0))
  let wanted: WantedReplay | null = null
  let line: ReplayLine | null = null

  function choose(): void {
    if (state.value === 'off') state.value = 'choosing'
  }

  function open(asked: WantedReplay, at = asked.from): void {
    line?.stop()
    wanted = asked
    refusal.value = null
    state.value = 'opening'
    const follow = view.following === null ? [] : [view.following]
    const handlers = { welcome, mark, frame, gone: positions.drop, registry: units.announced, ended }
    line = new ReplayLine({ url: socketAddress('/live/replay'), wanted: asked, at, speed: speed.value, interest: live.interest, follow, handlers })
  }

  const welcome = (told: Stretch): void => { begin(told); positions.turn(true) }
  const frame = (shown: Frame): void => { positions.apply(shown); isAt(shown.time) }
  const setSpeed = (wished: number): void => { speed.value = wished; line?.speed(wished) }

  function mark(told: Mark): void {
    state.value = told.state
    speed.value = told.speed
    isAt(told.time)
  }

  function ended(code: string): void {
    line = null
    if (isShown.value && code === '') return void (state.value = 'lost')
    turnBack('choosing')
    refusal.value = code
  }

  /** After the line broke it goes on from where it stood: another read. */
  function toggle(): void {
    if (state.value === 'lost' && wanted) open(wanted, Math.min(time.value, span.value?.to ?? time.value))
    else if (state.value === 'playing') line?.pause()
    else line?.play()
  }

  /** Seen at once; the server's answer brings what was there. */
  function seek(moment: number): void {
    if (!span.value) return
    const goal = Math.min(span.value.to, Math.max(span.value.from, moment))
    isAt(goal)
    line?.seek(goal)
  }

  /** The map is live again. */
  function turnBack(next: 'off' | 'choosing' = 'off'): void {
    line?.stop()
    line = null
    refusal.value = null
    stop()
    if (positions.isPast) positions.turn(false)
    state.value = next
  }

  watch(() => live.interest, (interest) => { if (interest) line?.lookAt(interest) })
  watch(() => view.following, (unit) => { line?.follow(unit === null ? [] : [unit]) })

  return { state, span, time, speed, refusal, isShown, pace, choose, open, toggle, seek, setSpeed, turnBack }
})
