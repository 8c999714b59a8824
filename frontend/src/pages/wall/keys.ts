import { onBeforeUnmount, onMounted } from 'vue'
import type { TextKey } from '@/i18n'

export const KEY_GROUPS = ['find', 'map', 'measure', 'list', 'track'] as const
export type KeyGroup = (typeof KEY_GROUPS)[number]

export type Action =
  | 'searchUnits' | 'searchPlace' | 'layers' | 'fences' | 'views' | 'recallView' | 'zoomIn' | 'zoomOut' | 'fitAll' | 'fullScreen'
  | 'copyPlace' | 'replay' | 'who' | 'list' | 'help' | 'escape' | 'measure' | 'addCentre' | 'removeLast' | 'finishMeasure'

export interface KeyRow {
  /** As the browser names them (`event.key`), with `Control+` before where it is held. */
  keys: readonly string[]
  words: TextKey
  group: KeyGroup
  /** Nothing where the part of the page that has the focus does it itself. */
  action?: Action
}

/** Every key of the wall, once: what listens and what the help shows are made from this table. */
export const KEYS: readonly KeyRow[] = [
  { keys: ['/'], words: 'keys.searchUnits', group: 'find', action: 'searchUnits' },
  { keys: ['g', 'Control+k'], words: 'keys.searchPlace', group: 'find', action: 'searchPlace' },
  { keys: ['c'], words: 'keys.copyPlace', group: 'find', action: 'copyPlace' },
  { keys: ['p'], words: 'keys.panel', group: 'find', action: 'list' },
  { keys: ['?'], words: 'keys.help', group: 'find', action: 'help' },
  { keys: ['Escape'], words: 'keys.escape', group: 'find', action: 'escape' },
  { keys: ['+', '='], words: 'keys.zoomIn', group: 'map', action: 'zoomIn' },
  { keys: ['-'], words: 'keys.zoomOut', group: 'map', action: 'zoomOut' },
  { keys: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'], words: 'keys.pan', group: 'map' },
  { keys: ['a', '0'], words: 'keys.fitAll', group: 'map', action: 'fitAll' },
  { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], words: 'keys.recallView', group: 'map', action: 'recallView' },
  { keys: ['v'], words: 'keys.views', group: 'map', action: 'views' },
  { keys: ['l'], words: 'keys.layers', group: 'map', action: 'layers' },
  { keys: ['b'], words: 'keys.fences', group: 'map', action: 'fences' },
  { keys: ['w'], words: 'who.title', group: 'map', action: 'who' },
  { keys: ['r'], words: 'replay.open', group: 'map', action: 'replay' },
  { keys: ['f'], words: 'keys.fullScreen', group: 'map', action: 'fullScreen' },
  { keys: ['m'], words: 'keys.measure', group: 'measure', action: 'measure' },
  { keys: ['x'], words: 'keys.addCentre', group: 'measure', action: 'addCentre' },
  { keys: ['Backspace'], words: 'keys.removeLast', group: 'measure', action: 'removeLast' },
  { keys: ['Enter'], words: 'keys.finishMeasure', group: 'measure', action: 'finishMeasure' },
  { keys: ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'], words: 'keys.walkList', group: 'list' },
  { keys: ['ArrowLeft', 'ArrowRight'], words: 'keys.foldList', group: 'list' },
  { keys: ['Enter'], words: 'keys.followUnit', group: 'list' },
  { keys: [' '], words: 'keys.chooseUnit', group: 'list' },
  { keys: [' '], words: 'keys.playTrack', group: 'track' },
  { keys: ['ArrowLeft', 'ArrowRight'], words: 'keys.stepTrack', group: 'track' },
]

const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', PageUp: 'PgUp', PageDown: 'PgDn', Escape: 'Esc', ' ': 'Space', Backspace: '⌫', '-': '−',
}

/** A key as it is printed on keyboards. */
export function keyWords(key: string): string {
  if (key.startsWith('Control+')) return `Ctrl+${keyWords(key.slice('Control+'.length))}`
  return SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)
}

/** The first key of an action, as it stands beside its button. */
export function keyOf(action: Action): string {
  const key = KEYS.find((row) => row.action === action)?.keys[0]
  return key === undefined ? '' : keyWords(key)
}

/** What is done for each key; one that returns false did nothing, and the key goes where it would have gone. */
export type Actions = Record<Action, (key: string) => unknown>

/** The wall's one listener for keys. What is typed into a field, or while a dialog is open, is none of its business. */
export function useKeys(actions: Actions): void {
  function listen(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.isComposing || isElsewhere(event)) return
    const key = (event.ctrlKey || event.metaKey ? 'Control+' : '') + (event.key.length === 1 ? event.key.toLowerCase() : event.key)
    const action = KEYS.find((row) => row.action && row.keys.includes(key))?.action
    if (action && actions[action](key) !== false) event.preventDefault()
  }
  onMounted(() => { window.addEventListener('keydown', listen) })
  onBeforeUnmount(() => { window.removeEventListener('keydown', listen) })
}

function isElsewhere({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('input, textarea, select, [aria-modal=true]')) return true
  // Enter presses the button or chooses the row that has the focus.
  return key === 'Enter' && target.closest('button, a, [role=listbox], [tabindex="0"]:not(canvas)') !== null
}
