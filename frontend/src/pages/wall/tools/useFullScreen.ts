import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

export interface FullScreen {
  full: Ref<boolean>
  /** Throws the browser's own words where it refuses; undefined for a browser that has no full screen. */
  toggle(): Promise<void> | undefined
}

/** The whole page on the whole screen; follows when the browser's own key ends it. */
export function useFullScreen(): FullScreen {
  const full = ref(document.fullscreenElement != null)
  const follow = (): void => { full.value = document.fullscreenElement != null }
  onMounted(() => { document.addEventListener('fullscreenchange', follow) })
  onBeforeUnmount(() => { document.removeEventListener('fullscreenchange', follow) })
  function toggle(): Promise<void> | undefined {
    if (!document.fullscreenEnabled) return undefined
    return document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
  }
  return { full, toggle }
}
