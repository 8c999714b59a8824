import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { Windows } from '@/live/windows'
import { useView } from './view'

const CHANNEL = 'liandong.wall'
const INDEPENDENT_KEY = 'liandong.independent'

/** The choices of all windows have one order: the newest holds, of two at once the one of the greater name. */
interface Choice {
  unit: number | null
  at: number
  by: string
}

export type ScreenMessage = ({ kind: 'selected' } & Choice) | { kind: 'released' }

/**
 * The windows of one desk: what is chosen in one is chosen in the others. Each keeps its own camera and layers.
 * An independent window neither tells nor hears.
 */
export const useScreens = defineStore('screens', () => {
  const view = useView()
  const independent = ref(recallIndependent())
  /** How many other windows there are. */
  const linked = ref(0)
  const windows = new Windows<ScreenMessage>(CHANNEL, { heard: hear, greeting: () => ({ kind: 'selected', ...choice }), present: (others) => { linked.value = others } })
  let choice: Choice = { unit: view.selected, at: 0, by: windows.name }
  /** What came from another window is not told back. */
  let hearing = false

  function start(): void {
    if (independent.value || windows.running) return
    // Who joins takes over what the others have chosen.
    choice = { ...choice, at: 0 }
    windows.start()
    // A page that is kept for "back" stops too, and starts again when it is shown.
    window.addEventListener('pagehide', stop)
    window.addEventListener('pageshow', start)
  }

  function stop(): void {
    windows.stop()
  }

  function end(): void {
    stop()
    window.removeEventListener('pagehide', stop)
    window.removeEventListener('pageshow', start)
  }

  function hear(message: ScreenMessage): void {
    hearing = true
    if (message.kind === 'released') view.release()
    else if (message.kind === 'selected' && isNewer(message)) {
      choice = { unit: message.unit, at: message.at, by: message.by }
      view.select(message.unit)
    }
    hearing = false
  }

  function isNewer({ at, by }: Choice): boolean {
    return at > choice.at || (at === choice.at && at > 0 && by > choice.by)
  }

  watch(() => view.selected, (unit) => {
    if (hearing) return
    choice = { unit, at: Date.now(), by: windows.name }
    windows.say({ kind: 'selected', ...choice })
  }, { flush: 'sync' })

  watch(() => view.following, (unit, before) => {
    if (!hearing && unit === null && view.selected === before) windows.say({ kind: 'released' })
  }, { flush: 'sync' })

  watch(independent, (alone) => {
    rememberIndependent(alone)
    if (alone) stop()
    else start()
  })

  return { independent, linked, start, end }
})

/** Of this window alone, so not in the storage that all windows share. */
function recallIndependent(): boolean {
  try {
    return sessionStorage.getItem(INDEPENDENT_KEY) === 'true'
  } catch {
    return false
  }
}

function rememberIndependent(alone: boolean): void {
  try {
    sessionStorage.setItem(INDEPENDENT_KEY, String(alone))
  } catch {
    // The window is independent until it is closed.
  }
}
