import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { readTrack, RequestError } from '@/live/api'
import { journeyOf, type Journey, type Stretch } from '@/track/journey'

/** `forbidden`: without the right to read tracks. `away`: the database is away. `failed`: anything else. */
export type TrackState = 'loading' | 'shown' | 'empty' | 'forbidden' | 'away' | 'failed'

/** The past of one unit: the span that was asked for, what came, and the moment that is being looked at. */
export const useTrack = defineStore('track', () => {
  /** The unit whose track is open; null while none is. */
  const unit = ref<number | null>(null)
  const span = shallowRef<Stretch | null>(null)
  const state = ref<TrackState>('loading')
  const journey = shallowRef<Journey | null>(null)
  /** How many positions are stored; more than the journey has where the answer was thinned. */
  const stored = ref(0)
  /** The moment that is being looked at, in milliseconds since 1970. */
  const time = ref(0)
  let asking: AbortController | null = null

  /** Opens the panel for a unit. The panel then says what span it wants. */
  function open(wanted: number): void {
    if (unit.value === wanted) return
    clear()
    unit.value = wanted
    span.value = null
  }

  async function load(wanted: Stretch): Promise<void> {
    const of = unit.value
    if (of === null) return
    clear()
    span.value = wanted
    state.value = 'loading'
    const mine = (asking = new AbortController())
    try {
      const track = await readTrack(of, wanted.from, wanted.to, mine.signal)
      if (mine.signal.aborted) return
      journey.value = journeyOf(track)
      stored.value = track.stored
      time.value = journey.value?.samples[0]?.time ?? wanted.from
      state.value = journey.value ? 'shown' : 'empty'
    } catch (error) {
      if (!mine.signal.aborted) state.value = failureOf(error)
    }
  }

  function seek(wanted: number): void {
    const samples = journey.value?.samples
    const [first, last] = [samples?.[0], samples?.at(-1)]
    if (first && last) time.value = Math.min(last.time, Math.max(first.time, wanted))
  }

  function close(): void {
    clear()
    unit.value = null
    span.value = null
  }

  function clear(): void {
    asking?.abort()
    asking = null
    journey.value = null
    stored.value = 0
  }

  return { unit, span, state, journey, stored, time, open, load, seek, close }
})

function failureOf(error: unknown): TrackState {
  if (error instanceof RequestError && (error.status === 401 || error.status === 403)) return 'forbidden'
  return error instanceof RequestError && error.status === 503 ? 'away' : 'failed'
}
