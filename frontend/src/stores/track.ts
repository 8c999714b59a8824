import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { readTrack, RequestError, type Track } from '@/live/api'
import { journeyOf, type Journey, type Stretch } from '@/track/journey'

/** `reason`: nobody has said yet why it is read; `otherReason`: the server wants another one. `forbidden`: without the right to read tracks. `away`: the database is away. `failed`: anything else. */
export type TrackState = 'reason' | 'otherReason' | 'loading' | 'shown' | 'empty' | 'forbidden' | 'away' | 'failed'

/** The past of one unit: the span that was asked for, what came, and the moment that is being looked at. */
export const useTrack = defineStore('track', () => {
  /** The unit whose track is open; null while none is. */
  const unit = ref<number | null>(null)
  const span = shallowRef<Stretch | null>(null)
  const state = ref<TrackState>('loading')
  const journey = shallowRef<Journey | null>(null)
  /** Why tracks are read, as it goes into the audit; it is asked for once and holds as long as the page. */
  const reason = ref('')
  /** How many positions are stored; more than the journey has where the answer was thinned. */
  const stored = ref(0)
  /** The moment that is being looked at, in milliseconds since 1970. */
  const time = ref(0)
  let asking: AbortController | null = null

  /** Opens the panel for a unit. The panel then says what span it wants, if none is given. */
  function open(wanted: number, of: Stretch | null = null): void {
    if (unit.value === wanted && of === null) return
    close()
    unit.value = wanted
    span.value = of
  }

  async function load(wanted: Stretch): Promise<void> {
    const of = unit.value
    if (of === null) return
    clear()
    span.value = wanted
    if (reason.value === '') return void (state.value = 'reason')
    state.value = 'loading'
    const mine = (asking = new AbortController())
    try {
      const track = await readTrack(of, wanted, reason.value, mine.signal)
      if (!mine.signal.aborted) show(track, wanted.from)
    } catch (error) {
      if (!mine.signal.aborted) state.value = failureOf(error)
    }
  }

  function show(track: Track, from: number): void {
    journey.value = journeyOf(track)
    stored.value = track.stored
    time.value = journey.value?.samples[0]?.time ?? from
    state.value = journey.value ? 'shown' : 'empty'
  }

  /** Shows the form; the track is read again when a reason was given. */
  function askReason(): void {
    clear()
    state.value = 'reason'
  }

  async function give(words: string): Promise<void> {
    reason.value = words
    if (span.value) await load(span.value)
  }

  function seek(wanted: number): void {
    if (journey.value) time.value = within(journey.value, wanted)
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

  return { unit, span, state, reason, journey, stored, time, open, load, askReason, give, seek, close }
})

function within({ samples }: Journey, time: number): number {
  const [first, last] = [samples[0], samples.at(-1)]
  return first && last ? Math.min(last.time, Math.max(first.time, time)) : time
}

function failureOf(error: unknown): TrackState {
  if (!(error instanceof RequestError)) return 'failed'
  const { status, facts } = error
  if (status === 422 && facts['code'] === 'reason_needed') return 'otherReason'
  if (status === 401 || status === 403) return 'forbidden'
  return status === 503 ? 'away' : 'failed'
}
