import { nextTick } from 'vue'
import { useFences } from '@/stores/fences'
import { useList } from '@/stores/list'
import { useTools, type Panel } from '@/stores/tools'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { useKeys } from '../keys'
import type { MapActions } from './useActions'

/** Binds the wall's keys to what they do. */
export function useToolKeys(actions: MapActions): void {
  const [fences, list, tools, track, view] = [useFences(), useList(), useTools(), useTrack(), useView()]

  async function searchUnits(): Promise<void> {
    list.open = true
    await nextTick()
    document.getElementById('unit-search')?.focus()
  }

  /** Only while something is being measured; else the key is somebody else's. */
  function measuring(action: () => void): () => boolean {
    return () => {
      if (tools.mode !== 'measure') return false
      action()
      return true
    }
  }

  /** One thing at a time, the topmost first. An open dialog is closed by itself. */
  function escape(): boolean {
    if (fences.draft) fences.asked = { what: 'giveUp' }
    else if (tools.panel !== null) tools.panel = null
    else if (tools.mode === 'measure') tools.finish()
    else if (track.unit !== null) track.close()
    else if (view.following !== null) view.release()
    else if (view.selected !== null) view.select(null)
    else return false
    return true
  }

  const toggle = (panel: Panel) => (): void => { tools.togglePanel(panel) }
  useKeys({
    searchUnits,
    list: () => { list.open = !list.open },
    searchPlace: toggle('search'),
    layers: toggle('layers'),
    fences: toggle('fences'),
    views: toggle('views'),
    who: toggle('who'),
    recallView: (key) => { actions.recallView(Number(key)) },
    zoomIn: () => { tools.zoomBy(1) },
    zoomOut: () => { tools.zoomBy(-1) },
    fitAll: actions.showAll,
    replay: actions.toggleReplay,
    fullScreen: actions.toggleFullScreen,
    copyPlace: actions.copyPlace,
    help: () => { tools.help = !tools.help },
    escape,
    measure: () => { toggleMeasuring(tools) },
    addCentre: measuring(actions.addCentre),
    removeLast: measuring(tools.undo),
    finishMeasure: measuring(tools.finish),
  })
}

export function toggleMeasuring(tools: ReturnType<typeof useTools>): void {
  tools.panel = null
  if (tools.mode === 'measure') tools.finish()
  else tools.measure()
}
