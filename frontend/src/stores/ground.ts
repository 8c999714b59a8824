import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { readGround, type Ground } from '@/live/api'

/** A wall hangs where nobody presses a button: what lies under the units comes by itself when the server is back. */
const RETRY_MILLISECONDS = 5000

/** What the map is drawn on; null until the server has said it. */
export const useGround = defineStore('ground', () => {
  const ground = shallowRef<Ground | null>(null)
  const loading = ref(false)

  /** Reads it once; asked again it does nothing. */
  async function load(): Promise<void> {
    if (ground.value || loading.value) return
    loading.value = true
    try {
      ground.value = await readGround()
    } catch {
      setTimeout(() => void load(), RETRY_MILLISECONDS)
    } finally {
      loading.value = false
    }
  }

  return { ground, load }
})
