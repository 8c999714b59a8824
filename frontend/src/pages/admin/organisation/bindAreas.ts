import { watch } from 'vue'
import type { Jurisdiction } from '@/live/organisation'
import { loadFaces } from '@/look/fonts'
import { watchScale } from '@/look/scale'
import type { MapEngine } from '@/map/engine'
import { areaOf, bodyAt, boundsOf, jurisdictionBorders, jurisdictionLines, jurisdictionNames, jurisdictionWords, SOURCES } from '@/map/layers/jurisdiction'
import { usePreferences } from '@/stores/preferences'
import type { Organisation } from './useOrganisation'

const FIT_PADDING = 48
const NOTHING: Jurisdiction = { type: 'FeatureCollection', features: [] }

/** Draws the areas of all bodies; a click chooses the body whose area holds the point. */
export function bindAreas(organisation: Organisation): (engine: MapEngine) => () => void {
  return (engine) => {
    const preferences = usePreferences()
    const { scale, stop } = watchScale()
    let fitted = false
    const found = (): Jurisdiction => organisation.areas.found ?? NOTHING
    const endings = [
      stop,
      watch([() => preferences.theme, () => preferences.language, scale], ([theme, language, size]) => {
        for (const layer of jurisdictionBorders(theme)) engine.addLayer(layer, true)
        for (const layer of jurisdictionNames(theme, language, size)) engine.addLayer(layer)
      }, { immediate: true }),
      watch(() => organisation.areas.found, (areas) => {
        engine.setData(SOURCES.borders, jurisdictionLines(areas ?? NOTHING))
        void writeNames(engine, areas ?? NOTHING)
        const all = areas && boundsOf(areas.features.map(({ geometry }) => geometry))
        if (all && !fitted && organisation.chosen === null) engine.fitBounds(all, FIT_PADDING)
        fitted ||= all !== null
      }, { immediate: true }),
      watch([() => organisation.areas.found, () => organisation.chosen, () => organisation.sketch], ([, chosen, sketch]) => {
        const area = sketch ? null : areaOf(found(), chosen)
        engine.setData(SOURCES.chosen, { type: 'FeatureCollection', features: area ? [area] : [] })
      }, { immediate: true }),
      watch(() => organisation.sketch, (sketch) => {
        const bounds = sketch && organisation.shape && boundsOf([organisation.shape])
        if (bounds) engine.fitBounds(bounds, FIT_PADDING)
      }),
      watch(() => organisation.chosen, (chosen) => { show(engine, areaOf(found(), chosen)) }),
    ]
    engine.onClick(({ place }) => {
      if (!organisation.sketch) organisation.chosen = bodyAt(found(), place, organisation.chosen)
    })
    return () => { for (const end of endings) end() }
  }
}

async function writeNames(engine: MapEngine, areas: Jurisdiction): Promise<void> {
  const words = areas.features.map(({ properties: { name, name_en } }) => name + (name_en ?? '')).join('')
  await loadFaces([...new Set(words)].join(''))
  engine.setData(SOURCES.names, jurisdictionWords(areas))
}

/** What is in view already is left where it is: whoever chose it by a click has it before him. */
function show(engine: MapEngine, area: ReturnType<typeof areaOf>): void {
  const bounds = area && boundsOf([area.geometry])
  if (!bounds) return
  const view = engine.view()
  const middle = { longitude: (bounds.west + bounds.east) / 2, latitude: (bounds.south + bounds.north) / 2 }
  const seen = middle.longitude > view.west && middle.longitude < view.east && middle.latitude > view.south && middle.latitude < view.north
  const large = bounds.east - bounds.west > (view.east - view.west) / 8
  if (!seen || !large) engine.fitBounds(bounds, FIT_PADDING)
}
