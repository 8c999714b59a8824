import { watch, watchEffect } from 'vue'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { MapEngine } from '@/map/engine'
import { MEASURE_SIGNS, measureFeatures, measureLayers } from '@/map/layers/measure'
import { usePreferences } from '@/stores/preferences'
import { useTools } from '@/stores/tools'

const DOUBLE_CLICK_MILLISECONDS = 400

/** Draws what is measured, and makes the map a drawing board while it is. Clicks come by the map's one click handler. */
export function bindMeasure(engine: MapEngine): () => void {
  const [tools, preferences] = [useTools(), usePreferences()]
  const { scale, stop } = watchScale()
  let ended = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const endings = [
    stop,
    () => { clearTimeout(timer) },
    watch(() => tools.mode, (mode) => {
      engine.setCursor(mode === 'measure' ? 'crosshair' : '')
      clearTimeout(timer)
      if (mode === 'measure') engine.zoomByDoubleClick(false)
      // The double-click that ended it is still to come.
      else timer = setTimeout(() => { engine.zoomByDoubleClick(true) }, DOUBLE_CLICK_MILLISECONDS)
    }, { immediate: true }),
    watch(() => tools.zoomWish, (wish) => { if (wish) engine.zoomBy(wish.steps) }),
  ]
  engine.onPointer((place) => { tools.pointer = place })
  void loadFaces(MEASURE_SIGNS).then(() => {
    if (ended) return
    endings.push(
      watch([() => preferences.theme, scale], ([theme, times]) => { for (const layer of measureLayers(theme, times)) engine.addLayer(layer) }, { immediate: true }),
      watchEffect(() => {
        engine.setData('measure', measureFeatures({ points: tools.points, closed: tools.closed, next: tools.mode === 'measure' ? tools.pointer : null }))
      }),
    )
  })
  return () => {
    ended = true
    tools.pointer = null
    for (const end of endings) end()
  }
}
