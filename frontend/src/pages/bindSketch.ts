import { watch, watchEffect } from 'vue'
import type { AreaShape } from '@/live/organisation'
import { watchScale } from '@/look/scale'
import type { LonLat } from '@/map/datum'
import type { MapClick, MapEngine } from '@/map/engine'
import { OUTLINE, outlineFeatures, outlineLayers } from '@/map/layers/outline'
import type { Sketch } from '@/map/outline/sketch'
import { pressKey, type Board, type Wishes } from '@/map/outline/sketchKeys'
import { clickAt, hoverAt, pressAt } from '@/map/outline/sketchPointer'
import { snapLines, snapped, type SnapLine } from '@/map/outline/snap'
import { usePreferences } from '@/stores/preferences'

const DOUBLE_CLICK_MILLISECONDS = 400

/** What is drawn, and by whom: reactive. */
export interface Drawing extends Wishes {
  /** Null: nothing is drawn, and the map is a map. */
  readonly sketch: Sketch | null
  /** Shapes whose borders a corner is drawn onto. */
  neighbours(): readonly AreaShape[]
  /** Where it is set, a click or the Space key gives it a place instead of a corner to the sketch. */
  readonly place?: ((place: LonLat) => void) | null
}

/** Makes the map a drawing board while an area is being drawn. */
export function bindSketch(drawing: Drawing): (engine: MapEngine) => () => void {
  return (engine) => {
    const preferences = usePreferences()
    const { scale, stop } = watchScale()
    let lines: SnapLine[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const board = boardOf(engine, () => lines)
    const isOn = (): boolean => drawing.sketch !== null || isPlacing(drawing)
    const endings = [
      stop,
      () => { clearTimeout(timer) },
      watch([() => preferences.theme, scale], ([theme, times]) => { for (const layer of outlineLayers(theme, times)) engine.addLayer(layer) }, { immediate: true }),
      watch(isOn, (on) => {
        lines = on ? snapLines(drawing.neighbours()) : []
        clearTimeout(timer)
        if (on) {
          engine.zoomByDoubleClick(false)
          engine.focus()
        } else {
          // The double-click that ended it may be still to come.
          timer = setTimeout(() => { engine.zoomByDoubleClick(true) }, DOUBLE_CLICK_MILLISECONDS)
        }
      }),
      watch(() => (isPlacing(drawing) || (drawing.sketch ? drawing.sketch.open !== null : null)), (crosshair) => { engine.setCursor(crosshair ? 'crosshair' : '') }),
      watchEffect(() => {
        const { sketch } = drawing
        engine.setData(OUTLINE, sketch
          ? outlineFeatures({ outline: sketch.outline, open: sketch.open, chosen: sketch.chosen, next: sketch.next, fault: sketch.crossing })
          : { type: 'FeatureCollection', features: [] })
      }),
    ]
    bindHands(engine, drawing, board)
    return () => { for (const end of endings) end() }
  }
}

function isPlacing({ place }: Drawing): boolean {
  return place !== null && place !== undefined
}

function bindHands(engine: MapEngine, drawing: Drawing, board: Board): void {
  /** Of a press that was taken a click follows, which means nothing more. */
  let taken = false
  engine.onPress((press, byTouch) => {
    const sketch = isPlacing(drawing) ? null : drawing.sketch
    const drag = sketch && pressAt(press, byTouch, sketch, board)
    taken = drag !== null
    return drag && { move: ({ place }: MapClick) => { drag.move([place.longitude, place.latitude]) }, end: () => undefined }
  })
  engine.onClick((click) => {
    if (drawing.place) drawing.place([click.place.longitude, click.place.latitude])
    else if (drawing.sketch && !taken) clickAt(click, drawing.sketch, board)
    taken = false
  })
  engine.onPointer((place, x, y) => {
    if (isPlacing(drawing)) engine.setCursor('crosshair')
    else if (drawing.sketch) engine.setCursor(hoverAt(place && { x, y }, drawing.sketch, board))
  })
  engine.onKey((event) => {
    if (!pressed(event, drawing, board)) return
    event.preventDefault()
    event.stopPropagation()
  })
}

function pressed(event: KeyboardEvent, drawing: Drawing, board: Board): boolean {
  if (!drawing.place) return drawing.sketch !== null && pressKey(event, drawing.sketch, board, drawing)
  if (event.key === ' ') drawing.place(board.centre())
  else if (event.key === 'Enter') drawing.save()
  else if (event.key === 'Escape') drawing.giveUp()
  else return false
  return true
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
