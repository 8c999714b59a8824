import { watch } from 'vue'
import type { AreaShape } from '@/live/organisation'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { LonLat } from '@/map/datum'
import type { MapEngine } from '@/map/engine'
import { FENCES, FENCE_NAMES, fenceBorders, fenceFeatures, fenceNames, fencePoints } from '@/map/layers/fences'
import { bindSketch, type Drawing } from '@/pages/bindSketch'
import { useFences } from '@/stores/fences'
import { usePreferences } from '@/stores/preferences'

/** What others draw and delete is seen here after so long. */
const LOOK_MILLISECONDS = 30_000

/** Draws the geofences, and makes the map a drawing board while one is drawn. */
export function bindFences(engine: MapEngine): () => void {
  const [fences, preferences] = [useFences(), usePreferences()]
  const { scale, stop } = watchScale()
  let ended = false
  async function draw(): Promise<void> {
    const shown = fenceFeatures(fences.list, fences.draft?.id ?? null)
    engine.setData(FENCES, shown)
    await loadFaces([...new Set(shown.features.map(({ properties }) => properties.name).join(''))].join(''))
    if (!ended) engine.setData(FENCE_NAMES, fencePoints(shown))
  }
  const timer = setInterval(() => void fences.load(), LOOK_MILLISECONDS)
  const endings = [
    stop,
    () => { clearInterval(timer) },
    watch([() => preferences.theme, scale], ([theme, size]) => {
      for (const layer of fenceBorders(theme)) engine.addLayer(layer, true)
      for (const layer of fenceNames(theme, size)) engine.addLayer(layer)
    }, { immediate: true }),
    watch([() => fences.list, () => fences.draft?.id], () => void draw(), { immediate: true }),
    bindSketch(new FenceDrawing())(engine),
  ]
  void fences.load()
  return () => {
    ended = true
    for (const end of endings) end()
  }
}

/** The fence that is being drawn, as the drawing board asks for it. */
class FenceDrawing implements Drawing {
  private readonly fences = useFences()

  get sketch(): Drawing['sketch'] {
    return this.fences.sketch
  }

  get place(): ((place: LonLat) => void) | null {
    return this.fences.draft?.circle ? (centre) => { this.fences.place(centre) } : null
  }

  neighbours(): readonly AreaShape[] {
    const drawn = this.fences.draft?.id
    return this.fences.list.filter(({ id }) => id !== drawn).map(({ shape }) => shape)
  }

  save(): void {
    this.fences.asked = { what: 'save' }
  }

  giveUp(): void {
    this.fences.asked = { what: 'giveUp' }
  }
}
