import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { readSession, RequestError, type Session } from '@/live/api'

/** A wall hangs where nobody presses a button: it has to come up by itself after a power cut. */
const RETRY_MILLISECONDS = 5000

export type SessionStatus = 'loading' | 'open' | 'refused' | 'unreachable'

/** Who is looking, and with what rights. Without a session every page shows the way in instead of itself. */
export const useSession = defineStore('session', () => {
  const session = shallowRef<Session | null>(null)
  const status = ref<SessionStatus>('loading')
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    try {
      session.value = await readSession()
      status.value = 'open'
    } catch (error) {
      status.value = isRefusal(error) ? 'refused' : 'unreachable'
      clearTimeout(timer)
      if (status.value === 'unreachable') timer = setTimeout(() => void load(), RETRY_MILLISECONDS)
    }
  }

  /** Whether the key still holds; a server that does not answer has not said no. */
  async function keyHolds(): Promise<boolean> {
    try {
      session.value = await readSession()
      return true
    } catch (error) {
      return !isRefusal(error)
    }
  }

  function refuse(): void {
    status.value = 'refused'
  }

  return { session, status, load, keyHolds, refuse }
})

function isRefusal(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 401 || error.status === 403)
}
