import { watch } from 'vue'
import type { FleetView } from '@/map/fleet/fleetView'
import { useLayers } from '@/stores/layers'
import { usePreferences } from '@/stores/preferences'

/** Which of the units' layers are shown, and in which theme. */
export function bindLook({ painter, stage }: FleetView): () => void {
  const [layers, preferences] = [useLayers(), usePreferences()]
  const endings = [
    watch(() => preferences.theme, (theme) => {
      painter.setTheme(theme)
      stage.touch()
    }, { immediate: true }),
    watch(() => layers.on, ({ units, labels, trails }) => {
      Object.assign(painter.shown, { units, labels, trails })
      stage.touch()
    }, { immediate: true, deep: true }),
  ]
  return () => { for (const end of endings) end() }
}
