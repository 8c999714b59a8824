import { copyText } from '@/browser'
import { useText } from '@/i18n'
import type { FoundPlace } from '@/live/api'
import type { MapPlace } from '@/map/engine'
import { useLayers } from '@/stores/layers'
import { usePreferences } from '@/stores/preferences'
import { useReplay } from '@/stores/replay'
import { useSavedViews } from '@/stores/savedViews'
import { useTools } from '@/stores/tools'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { coordinateWords } from '../card'
import { cityView, fitAll } from './fitAll'
import { placeKind } from './kinds'
import { rememberPlace } from './recentPlaces'
import type { FullScreen } from './useFullScreen'

export interface MapActions {
  goToPlace(place: FoundPlace): void
  recallView(key: number): void
  showAll(): void
  addCentre(): void
  copyPlace(): void
  copy(words: string): Promise<void>
  toggleReplay(): void
  toggleFullScreen(): Promise<void>
}

/** What the tools do, from whichever button or key it is asked; each says in words what it could not do. */
export function useActions(screen: FullScreen): MapActions {
  const [text, tools, view, saved, layers, preferences] = [useText(), useTools(), useView(), useSavedViews(), useLayers(), usePreferences()]

  const [replay, track] = [useReplay(), useTrack()]

  function goToPlace(place: FoundPlace): void {
    const label = (preferences.language === 'en' && place.name_en) || place.name
    tools.pin = { place: { longitude: place.longitude, latitude: place.latitude }, label }
    tools.panel = null
    rememberPlace(place)
    view.goTo(place, placeKind(place.kind).zoom)
  }

  /** 1 is the city, the saved views follow. */
  function recallView(key: number): void {
    const city = cityView()
    const entry = saved.views[key - 2]
    if (key === 1 && city) view.fit(city)
    else if (key === 1) tools.say(text('tools.saved.cityUnknown'))
    else if (entry) {
      layers.set(entry.layers)
      view.goTo(entry.camera, entry.camera.zoom)
    } else tools.say(text('tools.saved.nothing', { key }))
  }

  function addCentre(): void {
    if (view.camera) tools.addPoint(placeOf(view.camera))
  }

  function copyPlace(): void {
    const place = tools.pointer ?? view.camera
    if (place) void copy(coordinateWords(place))
  }

  async function copy(words: string): Promise<void> {
    tools.say(text((await copyText(words)) ? 'tools.copied' : 'tools.notCopied', { text: words }))
  }

  /** What is shown of the past is not left by a key that was pressed by mistake. */
  function toggleReplay(): void {
    if (replay.state === 'choosing') return replay.turnBack()
    track.close()
    replay.choose()
  }

  async function toggleFullScreen(): Promise<void> {
    try {
      const done = screen.toggle()
      if (done === undefined) tools.say(text('tools.fullMissing'))
      await done
    } catch (error) {
      tools.say(text('tools.fullRefused', { reason: error instanceof Error ? error.message : String(error) }))
    }
  }

  return { goToPlace, recallView, showAll: () => { fitAll(() => { tools.say(text('tools.nothingToFit')) }) }, addCentre, copyPlace, copy, toggleReplay, toggleFullScreen }
}

function placeOf({ longitude, latitude }: MapPlace): MapPlace {
  return { longitude, latitude }
}
