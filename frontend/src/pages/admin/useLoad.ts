import { onScopeDispose, shallowReactive } from 'vue'
import { useSession } from '@/stores/session'
import { asRefusal } from './refusals'
import type { RequestError } from '@/live/send'

/** Something that the server was asked for. What was found before stays while it is asked again, and where that fails. */
export interface Load<Found> {
  found: Found | null
  error: RequestError | null
  loading: boolean
  load(): Promise<void>
}

export function useLoad<Found>(read: (signal: AbortSignal) => Promise<Found>): Load<Found> {
  const session = useSession()
  const state: Load<Found> = shallowReactive({ found: null, error: null, loading: false, load })
  let asking: AbortController | null = null

  /** A later question breaks off an earlier one. */
  async function load(): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    state.loading = true
    try {
      const found = await read(mine.signal)
      if (!mine.signal.aborted) Object.assign(state, { found, error: null })
    } catch (error) {
      if (mine.signal.aborted) return
      state.error = asRefusal(error)
      session.heed(error)
    } finally {
      if (asking === mine) state.loading = false
    }
  }

  onScopeDispose(() => { asking?.abort() })
  return state
}
