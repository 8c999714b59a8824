import { watch } from 'vue'
import { readAreas, type AreaKind } from '@/live/api'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { MapEngine } from '@/map/engine'
import { LAYERS, type LayerId } from '@/map/layers'
import { AREA_KINDS, areaBorders, areaNames, borderLines, linesOf, namePoints, namesOf } from '@/map/layers/areas'
import { cellLayers, grid } from '@/map/layers/cells'
import { useLayers } from '@/stores/layers'
import { usePreferences } from '@/stores/preferences'
import { useView } from '@/stores/view'

const RETRY_MILLISECONDS = 5000
const SWITCHES: Readonly<Record<AreaKind, LayerId>> = { district: 'districts', squad: 'squads', grid: 'grids' }

/** Draws the borders of the organisation's areas and the grid of cells, as far as they are switched on. */
export function bindAreas(engine: MapEngine): () => void {
  const [layers, preferences, view] = [useLayers(), usePreferences(), useView()]
  const { scale, stop } = watchScale()
  const endings = [
    stop,
    watch([() => preferences.theme, () => preferences.language, scale], ([theme, language, size]) => {
      for (const layer of [...areaBorders(theme), ...cellLayers(theme)]) engine.addLayer(layer, true)
      for (const layer of areaNames(theme, language, size)) engine.addLayer(layer)
    }, { immediate: true }),
    watch(() => ({ ...layers.on }), (on) => {
      for (const { id, styles } of LAYERS) for (const style of styles) engine.setVisible(style, on[id])
    }, { immediate: true }),
    watch([() => view.view, () => layers.on.cells], ([seen, on]) => {
      if (seen && on) engine.setData('cells', grid(seen, engine.zoom()))
    }, { immediate: true }),
    ...AREA_KINDS.map((kind) => fetchOnce(engine, kind, () => layers.on[SWITCHES[kind]])),
  ]
  return () => { for (const end of endings) end() }
}

/** Reads the areas of a kind when they are first wanted; returns what stops it. */
function fetchOnce(engine: MapEngine, kind: AreaKind, wanted: () => boolean): () => void {
  const abort = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const read = async (): Promise<void> => {
    try {
      const areas = await readAreas(kind, abort.signal)
      const words = areas.features.map(({ properties: { name, name_en, code } }) => name + (name_en ?? '') + code).join('')
      await loadFaces([...new Set(words)].join(''))
      if (abort.signal.aborted) return
      engine.setData(linesOf(kind), borderLines(areas))
      engine.setData(namesOf(kind), namePoints(areas))
    } catch {
      if (!abort.signal.aborted) timer = setTimeout(() => void read(), RETRY_MILLISECONDS)
    }
  }
  let asked = false
  const stop = watch(wanted, (on) => {
    if (on && !asked) void read()
    asked ||= on
  }, { immediate: true })
  return () => {
    stop()
    abort.abort()
    clearTimeout(timer)
  }
}
