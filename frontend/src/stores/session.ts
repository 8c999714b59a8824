import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { readSession, RequestError, type Session } from '@/live/api'
import { isForeignSession } from '@/live/send'

/** A wall hangs where nobody presses a button: it has to come up by itself after a power cut. */
const RETRY_MILLISECONDS = 5000

export type SessionStatus = 'loading' | 'open' | 'refused' | 'unreachable'

/** Who is looking, and with what rights. Without a session every page but the log-in leads there. */
export const useSession = defineStore('session', () => {
  const session = shallowRef<Session | null>(null)
  const status = ref<SessionStatus>('loading')
  /** Whether the page had a session, and has it no longer. */
  const ended = ref(false)
  const atoms = computed<readonly string[]>(() => session.value?.atoms ?? [])
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    clearTimeout(timer)
    try {
      open(await readSession())
    } catch (error) {
      if (isRefusal(error)) return refuse()
      status.value = 'unreachable'
      timer = setTimeout(() => void load(), RETRY_MILLISECONDS)
    }
  }

  /** Settles when the server has said yes or no. */
  async function known(): Promise<void> {
    if (isSettled(status.value)) return
    await new Promise<void>((resolve) => {
      const stop = watch(status, (now) => {
        if (!isSettled(now)) return
        stop()
        resolve()
      })
    })
  }

  /** Whether the session still holds; a server that does not answer has not said no. */
  async function holds(): Promise<boolean> {
    try {
      open(await readSession())
      return true
    } catch (error) {
      return !isRefusal(error)
    }
  }

  /** What a refused request says of the session: that it is over, or that the browser has another one by now. */
  function heed(error: unknown): void {
    if (!(error instanceof RequestError)) return
    if (error.status === 401) refuse()
    else if (isForeignSession(error)) window.location.reload()
  }

  function refuse(): void {
    ended.value ||= status.value === 'open'
    status.value = 'refused'
  }

  function open(answer: Session): void {
    session.value = answer
    status.value = 'open'
    ended.value = false
  }

  return { session, status, ended, atoms, load, known, holds, heed, refuse }
})

function isSettled(status: SessionStatus): boolean {
  return status === 'open' || status === 'refused'
}

function isRefusal(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 401 || error.status === 403)
}
