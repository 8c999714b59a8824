import { onBeforeUnmount, shallowRef, watch, type ShallowRef } from 'vue'
import { readWhere, type Where } from '@/live/api'
import type { Fix } from '@/live/record'
import { metresBetween } from '@/map/geodesy'

export const ASK_MILLISECONDS = 5000
/** A unit that moved less is still where it was, in words. */
export const ASK_METRES = 20

/** What is around a unit's position; asked for seldom, and quiet while nobody answers. Null while it is not known. */
export function useWhere(fix: () => Fix | undefined): ShallowRef<Where | null> {
  const where = shallowRef<Where | null>(null)
  let asked: Fix | null = null
  let askedAt = -Infinity
  let asking: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    clearTimeout(timer)
    const now = fix()
    if (now?.unit !== asked?.unit) forget()
    if (!now || (asked && metresBetween(asked, now) < ASK_METRES)) return
    const wait = askedAt + ASK_MILLISECONDS - performance.now()
    if (wait > 0) timer = setTimeout(look, wait)
    else void ask(now)
  }

  async function ask(place: Fix): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    asked = place
    askedAt = performance.now()
    try {
      const answer = await readWhere(place, mine.signal)
      if (!mine.signal.aborted) where.value = answer
    } catch {
      // The words of another place would be wrong; coordinates stand beside them.
      if (!mine.signal.aborted) where.value = null
    }
  }

  /** Another unit: its first question need not wait. */
  function forget(): void {
    asking?.abort()
    asked = where.value = null
    askedAt = -Infinity
  }

  watch(fix, look, { immediate: true })
  onBeforeUnmount(() => { clearTimeout(timer); asking?.abort() })
  return where
}
