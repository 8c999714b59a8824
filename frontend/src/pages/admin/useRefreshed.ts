import { onBeforeUnmount, onMounted } from 'vue'
import { useLoad, type Load } from './useLoad'

export const EVERY_MILLISECONDS = 30_000
/** So long after the last key or touch there is still somebody before the page. */
export const PRESENT_MILLISECONDS = 5 * 60_000
const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const

/**
 * What changes by itself, read again and again while somebody is before the page. Each question is a sign of life for the
 * own session: a page that went on asking by itself would keep an abandoned desk signed in.
 */
export function useRefreshed<Found>(read: (signal: AbortSignal) => Promise<Found>): Load<Found> {
  const found = useLoad(read)
  let lastSign = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const notice = (): void => { lastSign = Date.now() }

  onMounted(() => {
    for (const sign of SIGNS) window.addEventListener(sign, notice, { passive: true, capture: true })
    timer = setInterval(() => {
      if (!document.hidden && Date.now() - lastSign < PRESENT_MILLISECONDS) void found.load()
    }, EVERY_MILLISECONDS)
  })
  onBeforeUnmount(() => {
    for (const sign of SIGNS) window.removeEventListener(sign, notice, { capture: true })
    clearInterval(timer)
  })
  void found.load()
  return found
}
