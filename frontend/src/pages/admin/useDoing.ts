import { shallowReactive } from 'vue'
import { useSession } from '@/stores/session'
import type { RequestError } from '@/live/send'
import { asRefusal } from './refusals'

/** One change after the other: while the server is told of one, there is no second. */
export interface Doing {
  busy: boolean
  refusal: RequestError | null
  /** Whether it was done. */
  run(act: () => Promise<unknown>): Promise<boolean>
}

export function useDoing(): Doing {
  const session = useSession()
  const state: Doing = shallowReactive({ busy: false, refusal: null, run })

  async function run(act: () => Promise<unknown>): Promise<boolean> {
    if (state.busy) return false
    Object.assign(state, { busy: true, refusal: null })
    try {
      await act()
      return true
    } catch (error) {
      state.refusal = asRefusal(error)
      session.heed(error)
      return false
    } finally {
      state.busy = false
    }
  }

  return state
}
