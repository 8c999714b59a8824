import { watch, watchEffect } from 'vue'
import { watchScale } from '@/look/scale'
import type { MapClick, MapEngine } from '@/map/engine'
import { OUTLINE, outlineFeatures, outlineLayers } from '@/map/layers/outline'
import { snapLines, snapped, type SnapLine } from '@/map/outline/snap'
import { usePreferences } from '@/stores/preferences'
import { pressKey, type Board } from './sketchKeys'
import { clickAt, hoverAt, pressAt } from './sketchPointer'
import type { Organisation } from './useOrganisation'

const DOUBLE_CLICK_MILLISECONDS = 400

/** Makes the map a drawing board while an area is being drawn. */
export function bindSketch(organisation: Organisation): (engine: MapEngine) => () => void {
  return (engine) => {
    const preferences = usePreferences()
    const { scale, stop } = watchScale()
    let lines: SnapLine[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const board = boardOf(engine, () => lines)
    const endings = [
      stop,
      () => { clearTimeout(timer) },
      watch([() => preferences.theme, scale], ([theme, times]) => { for (const layer of outlineLayers(theme, times)) engine.addLayer(layer) }, { immediate: true }),
      watch(() => organisation.sketch, (sketch) => {
        const neighbours = (organisation.areas.found?.features ?? []).filter(({ properties }) => properties.body !== organisation.chosen)
        lines = sketch ? snapLines(neighbours.map(({ geometry }) => geometry)) : []
        clearTimeout(timer)
        if (sketch) {
          engine.zoomByDoubleClick(false)
          engine.focus()
        } else {
          // The double-click that ended it may be still to come.
          timer = setTimeout(() => { engine.zoomByDoubleClick(true) }, DOUBLE_CLICK_MILLISECONDS)
        }
      }),
      watch(() => (organisation.sketch ? organisation.sketch.open !== null : null), (drawing) => { engine.setCursor(drawing ? 'crosshair' : '') }),
      watchEffect(() => {
        const sketch = organisation.sketch
        engine.setData(OUTLINE, sketch
          ? outlineFeatures({ outline: sketch.outline, open: sketch.open, chosen: sketch.chosen, next: sketch.next, fault: sketch.crossing })
          : { type: 'FeatureCollection', features: [] })
      }),
    ]
    bindHands(engine, organisation, board)
    return () => { for (const end of endings) end() }
  }
}

function bindHands(engine: MapEngine, organisation: Organisation, board: Board): void {
  /** Of a press that was taken a click follows, which means nothing more. */
  let taken = false
  engine.onPress((press, byTouch) => {
    const { sketch } = organisation
    const drag = sketch && pressAt(press, byTouch, sketch, board)
    taken = drag !== null
    return drag && { move: ({ place }: MapClick) => { drag.move([place.longitude, place.latitude]) }, end: () => undefined }
  })
  engine.onClick((click) => {
    const { sketch } = organisation
    if (sketch && !taken) clickAt(click, sketch, board)
    taken = false
  })
  engine.onPointer((place, x, y) => {
    const { sketch } = organisation
    if (sketch) engine.setCursor(hoverAt(place && { x, y }, sketch, board))
  })
  engine.onKey((event) => {
    const { sketch } = organisation
    if (!sketch || !pressKey(event, sketch, board, organisation)) return
    event.preventDefault()
    event.stopPropagation()
  })
}

function boardOf(engine: MapEngine, lines: () => readonly SnapLine[]): Board {
  const pair = ({ longitude, latitude }: { longitude: number; latitude: number }): [number, number] => [longitude, latitude]
  return {
    pixelOf: ([longitude, latitude]) => engine.pixelOf({ longitude, latitude }),
    placeAt: (x, y) => pair(engine.placeAt(x, y)),
    centre: () => pair(engine.centre()),
    snap: (place) => snapped(place, lines(), engine.frame().scale) ?? place,
  }
}
