import { computed, type ComputedRef } from 'vue'
import { useText } from '@/i18n'
import { useFences } from '@/stores/fences'
import { useReplay } from '@/stores/replay'
import { useSession } from '@/stores/session'
import { useTools, type Panel } from '@/stores/tools'
import { keyOf, type Action } from '../keys'
import type { IconName } from './icons'
import type { Tool } from './MapToolbar.vue'
import type { MapActions } from './useActions'
import type { FullScreen } from './useFullScreen'
import { toggleMeasuring } from './useToolKeys'

/** The tools in their groups, top to bottom. */
export function useToolbar(actions: MapActions, screen: FullScreen): ComputedRef<Tool[][]> {
  const [text, fences, tools, replay, session] = [useText(), useFences(), useTools(), useReplay(), useSession()]

  function tool(icon: IconName, action: Action, name: string, run: () => unknown): Tool {
    return { id: action, icon, name, key: keyOf(action), run }
  }

  function opener(panel: Panel, icon: IconName, action: Action, name: string): Tool {
    return { ...tool(icon, action, name, () => { tools.togglePanel(panel) }), id: panel, expanded: tools.panel === panel }
  }

  return computed(() => [
    [
      opener('search', 'search', 'searchPlace', text('tools.search')),
      opener('layers', 'layers', 'layers', text('tools.layers')),
      { ...tool('ruler', 'measure', text('tools.measure'), () => { toggleMeasuring(tools) }), pressed: tools.mode === 'measure' },
      ...(fences.mayRead && !replay.isShown ? [opener('fences', 'fence', 'fences', text('fences.title'))] : []),
      opener('views', 'views', 'views', text('tools.views')),
      ...(session.session?.atoms.includes('track.read') ? [opener('who', 'who', 'who', text('who.title')), { ...tool('replay', 'replay', text('replay.open'), actions.toggleReplay), pressed: replay.state !== 'off' }] : []),
    ],
    [
      tool('plus', 'zoomIn', text('map.zoomIn'), () => { tools.zoomBy(1) }),
      tool('minus', 'zoomOut', text('map.zoomOut'), () => { tools.zoomBy(-1) }),
      tool('fit', 'fitAll', text('tools.fitAll'), actions.showAll),
    ],
    [
      { ...tool(screen.full.value ? 'leaveFull' : 'full', 'fullScreen', text('tools.fullScreen'), actions.toggleFullScreen), pressed: screen.full.value },
      tool('help', 'help', text('tools.help'), () => { tools.help = true }),
    ],
  ])
}
