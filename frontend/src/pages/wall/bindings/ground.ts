import { ref, watch, watchEffect } from 'vue'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { MapEngine } from '@/map/engine'
import { groundStyle } from '@/map/ground'
import { addGroundImages } from '@/map/ground/images'
import { groundColours } from '@/map/ground/palette'
import { useGround } from '@/stores/ground'
import { useLayers } from '@/stores/layers'
import { usePreferences } from '@/stores/preferences'

const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index))

/** Lays the ground under the live layers, in the page's theme and language; its names come when their faces are there. */
export function bindGround(engine: MapEngine): () => void {
  const [ground, layers, preferences] = [useGround(), useLayers(), usePreferences()]
  const { scale, stop } = watchScale()
  const facesReady = ref(false)
  void ground.load()
  const endings = [
    stop,
    watch(() => ground.ground?.characters, (characters) => {
      if (characters !== undefined) void loadFaces(ASCII + characters).then(() => { facesReady.value = true })
    }, { immediate: true }),
    // Where there are no streets, the grid of cells gives a sense of scale; who does not want it switches it off.
    watch(() => ground.ground?.kind, (kind) => { if (kind === 'none') layers.set({ cells: true }) }, { immediate: true }),
    watchEffect(() => {
      addGroundImages(engine, groundColours(preferences.theme))
      const labels = facesReady.value && layers.on['ground-labels']
      engine.setGround(groundStyle(ground.ground, preferences.theme, preferences.language, labels, scale.value))
    }),
  ]
  return () => { for (const end of endings) end() }
}
