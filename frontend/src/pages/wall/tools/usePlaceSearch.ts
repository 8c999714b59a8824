import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { readPlaces, RequestError, type FoundPlace } from '@/live/api'
import { useView } from '@/stores/view'
import { coordinateWords } from '../card'
import { readCoordinates, type Problem } from './coordinates'
import { recentPlaces } from './recentPlaces'

/** So long nothing more has to be typed before the server is asked. */
export const PAUSE_MILLISECONDS = 150
const MOST_PLACES = 8

/** `recent`: nothing is typed yet. A `Problem`: coordinates that are none. */
export type SearchState = 'recent' | 'loading' | 'found' | 'none' | 'error' | 'forbidden' | Problem

export interface PlaceSearch {
  words: Ref<string>
  state: Ref<SearchState>
  places: ShallowRef<readonly FoundPlace[]>
  /** The places for what is typed now; waits for the server where it is still being asked. */
  settled(): Promise<readonly FoundPlace[]>
}

/** Looks up what is typed: coordinates at once and here, names on the server, near the map's middle. */
export function usePlaceSearch(): PlaceSearch {
  const view = useView()
  const words = ref('')
  const state = ref<SearchState>('recent')
  const places = shallowRef<readonly FoundPlace[]>(recentPlaces())
  let asking: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let answered: Promise<void> = Promise.resolve()

  function becomes(newState: SearchState, found: readonly FoundPlace[] = []): void {
    state.value = newState
    places.value = found
  }

  function look(typed: string): void {
    stop()
    if (typed === '') return becomes('recent', recentPlaces())
    const reading = readCoordinates(typed)
    if (reading?.kind === 'problem') return becomes(reading.problem)
    if (reading) return becomes('found', [{ name: coordinateWords(reading.place), name_en: null, kind: 'coordinates', ...reading.place, distance: null }])
    // What was found before stays to be seen, so that the list does not flicker while one types.
    state.value = 'loading'
    const mine = (asking = new AbortController())
    answered = new Promise((resolve) => {
      timer = setTimeout(() => { resolve(ask(typed, mine.signal)) }, PAUSE_MILLISECONDS)
    })
  }

  async function ask(typed: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await readPlaces(typed, view.camera, MOST_PLACES, signal)
      if (!signal.aborted) becomes(answer.places.length > 0 ? 'found' : 'none', answer.places)
    } catch (error) {
      if (!signal.aborted) becomes(error instanceof RequestError && error.status === 403 ? 'forbidden' : 'error')
    }
  }

  function stop(): void {
    clearTimeout(timer)
    asking?.abort()
  }

  async function settled(): Promise<readonly FoundPlace[]> {
    const typed = words.value
    if (state.value === 'loading') await answered
    return typed === words.value ? places.value : []
  }

  watch(words, (typed) => { look(typed.trim()) })
  onBeforeUnmount(stop)
  return { words, state, places, settled }
}
