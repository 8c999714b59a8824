import { watch } from 'vue'
import type { MapEngine } from '@/map/engine'
import { useTools } from '@/stores/tools'

/** Tells where the pin stands in the map's box: it is drawn by the page, since it has a button. */
export function bindPin(engine: MapEngine): () => void {
  const tools = useTools()
  function place(): void {
    if (tools.pin) tools.pinAt = engine.pixelOf(tools.pin.place)
  }
  engine.onRender(place)
  const stop = watch(() => tools.pin, () => {
    tools.pinAt = null
    place()
  }, { immediate: true })
  return () => {
    stop()
    tools.pinAt = null
  }
}
