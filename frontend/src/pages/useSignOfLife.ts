import { onBeforeUnmount, onMounted } from 'vue'
import { sayHere } from '@/live/account'
import { useSession } from '@/stores/session'

const EVERY_MILLISECONDS = 60_000
const SIGNS = ['pointermove', 'pointerdown', 'wheel', 'keydown'] as const
/** Nobody sits before a wallboard; its session does not end by idleness. */
const LASTING_ROLE = 'wallboard'

/** Tells the server, at most once a minute, that somebody is before the page: else his session ends as idle. */
export function useSignOfLife(): void {
  const session = useSession()
  // To open the page was a sign itself.
  let said = performance.now()

  function notice(): void {
    const now = performance.now()
    if (session.status !== 'open' || now - said < EVERY_MILLISECONDS) return
    if (session.session?.roles.includes(LASTING_ROLE)) return
    said = now
    sayHere().catch(session.heed)
  }

  onMounted(() => { for (const sign of SIGNS) window.addEventListener(sign, notice, { passive: true, capture: true }) })
  onBeforeUnmount(() => { for (const sign of SIGNS) window.removeEventListener(sign, notice, { capture: true }) })
}
