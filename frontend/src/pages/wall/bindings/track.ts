import { watch } from 'vue'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { MapEngine } from '@/map/engine'
import { momentFeatures, TRACK_SIGNS, trackFeatures, trackLayers } from '@/map/layers/track'
import { addTrackImages } from '@/map/layers/trackImages'
import { usePreferences } from '@/stores/preferences'
import { useTrack } from '@/stores/track'
import { momentAt } from '@/track/moment'

/** Draws the track that is open, and where the unit was at the moment that is looked at. */
export function bindTrack(engine: MapEngine): () => void {
  const [preferences, track] = [usePreferences(), useTrack()]
  const { scale, stop } = watchScale()
  let ended = false
  const endings: (() => void)[] = [stop]
  void loadFaces(TRACK_SIGNS).then(() => {
    if (ended) return
    endings.push(
      watch([() => preferences.theme, scale], ([theme, times]) => {
        addTrackImages(engine, theme)
        for (const layer of trackLayers(theme, times)) engine.addLayer(layer)
      }, { immediate: true }),
      watch(() => track.journey, (journey) => { engine.setData('track', trackFeatures(journey)) }, { immediate: true }),
      watch([() => track.journey, () => track.time], ([journey, time]) => {
        engine.setData('track-moment', momentFeatures(journey && momentAt(journey, time)))
      }, { immediate: true }),
    )
  })
  return () => {
    ended = true
    for (const end of endings) end()
  }
}
