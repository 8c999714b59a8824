import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { TextKey } from '@/i18n'
import { faultOf, type Fault } from './faults'

export interface Attempt {
  busy: Ref<boolean>
  fault: ShallowRef<Fault | null>
  /** Does the work, one at a time; null when it went well, else what was thrown, which stands in `fault` too. */
  run(work: () => Promise<void>): Promise<unknown>
}

/** One form's way to the server: while it is on its way there is no second, and what goes wrong is said. */
export function useAttempt(refused: TextKey): Attempt {
  const busy = ref(false)
  const fault = shallowRef<Fault | null>(null)

  async function run(work: () => Promise<void>): Promise<unknown> {
    if (busy.value) return null
    busy.value = true
    // Also when it goes wrong again: a screen reader says only what is new.
    fault.value = null
    try {
      await work()
      return null
    } catch (error) {
      fault.value = faultOf(error, refused)
      return error
    } finally {
      busy.value = false
    }
  }

  return { busy, fault, run }
}
