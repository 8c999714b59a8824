import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { readHealth, RequestError, type Health } from '@/live/api'
import { useSession } from '@/stores/session'

const EVERY_MILLISECONDS = 2000
const PATIENCE_MILLISECONDS = 5000

export interface HealthReading {
  health: ShallowRef<Health | null>
  /** PC's time of the first failed reading since the last good one; null while readings come. */
  silentSince: Ref<number | null>
  forbidden: Ref<boolean>
}

/** Reads /health every two seconds, one reading after the other, as long as the page is shown. */
export function useHealth(): HealthReading {
  const session = useSession()
  const health = shallowRef<Health | null>(null)
  const silentSince = ref<number | null>(null)
  const forbidden = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  async function read(): Promise<void> {
    try {
      health.value = await readHealth(AbortSignal.timeout(PATIENCE_MILLISECONDS))
      silentSince.value = null
      forbidden.value = false
    } catch (error) {
      const status = error instanceof RequestError ? error.status : 0
      if (status === 401) session.refuse()
      forbidden.value = status === 403
      silentSince.value ??= Date.now()
    }
    if (!ended) timer = setTimeout(() => void next(), EVERY_MILLISECONDS)
  }

  async function next(): Promise<void> {
    if (document.visibilityState === 'visible') return read()
    timer = setTimeout(() => void next(), EVERY_MILLISECONDS)
  }

  onMounted(() => void read())
  onBeforeUnmount(() => { ended = true; clearTimeout(timer) })
  return { health, silentSince, forbidden }
}
