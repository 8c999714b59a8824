import { onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'
import { loadFaces, MAP_FACES } from '@/look/fonts'
import { MapEngine } from '@/map/engine'
import { groundStyle } from '@/map/ground'
import { useGround } from '@/stores/ground'
import { usePreferences } from '@/stores/preferences'
import type { Camera } from '@/stores/view'

export interface MapUse {
  /** What it is called for a screen reader. */
  name(): string
  /** Where it stands first. */
  camera(container: HTMLElement): Camera
  /** What draws on it, in the order in which it is tied to it; each returns its undoing. */
  bindings: readonly ((engine: MapEngine) => () => void)[]
  /** Before anything is drawn. */
  made?(engine: MapEngine): void
  failed?(): void
}

/** Puts a map into an element, as long as the component lives. */
export function useMapEngine(container: Ref<HTMLElement | null>, use: MapUse): { failed: Ref<boolean> } {
  const failed = ref(false)
  let engine: MapEngine | null = null
  let ended = false
  const endings: (() => void)[] = []

  async function build(element: HTMLElement): Promise<void> {
    await loadFaces('#?!0123456789')
    // The page may have been left while the faces came.
    if (ended) return
    const made = makeEngine(element, use.camera(element))
    engine = made
    endings.push(() => { made.remove(); engine = null })
    made.name(use.name())
    use.made?.(made)
    await made.whenReady()
    if (ended) return
    endings.push(...use.bindings.map((bind) => bind(made)))
  }

  function fail(): void {
    failed.value = true
    use.failed?.()
  }

  onMounted(() => { if (container.value) build(container.value).catch(fail) })
  onBeforeUnmount(() => {
    ended = true
    for (const end of endings.reverse()) end()
  })
  watch(() => use.name(), (label) => { engine?.name(label) })
  return { failed }
}

function makeEngine(container: HTMLElement, { longitude, latitude, zoom }: Camera): MapEngine {
  const { theme, language } = usePreferences()
  const ground = groundStyle(useGround().ground, theme, language, false)
  return new MapEngine({ container, ground, centre: { longitude, latitude }, zoom, ideographFace: MAP_FACES[1] ?? '' })
}
