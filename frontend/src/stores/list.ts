import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { AgeState } from '@/live/age'
import { recall, remember } from './storage'

/** Which units the list shows; `outside` are those that the map does not show now. */
export type Filter = 'all' | AgeState | 'outside'

const OPEN_KEY = 'liandong.list.open'
const FOLDED_KEY = 'liandong.list.folded'
/** Who presses a key for it finds the search field by this id. */
export const SEARCH_ID = 'unit-search'

/** How the list of units stands: open or put away, folded, searched, filtered. The first two are kept in the browser. */
export const useList = defineStore('list', () => {
  const open = ref(recall(OPEN_KEY) !== false)
  const folded = shallowRef<ReadonlySet<string>>(new Set(wordsIn(recall(FOLDED_KEY))))
  const search = ref('')
  const filter = ref<Filter>('all')
  const kinds = shallowRef<ReadonlySet<string>>(new Set())

  function fold(keys: readonly string[], away: boolean): void {
    const next = new Set(folded.value)
    for (const key of keys) {
      if (away) next.add(key)
      else next.delete(key)
    }
    folded.value = next
  }

  function toggleKind(kind: string): void {
    const next = new Set(kinds.value)
    if (!next.delete(kind)) next.add(kind)
    kinds.value = next
  }

  function showAll(): void {
    search.value = ''
    filter.value = 'all'
    kinds.value = new Set()
  }

  watch(open, (value) => { remember(OPEN_KEY, value) })
  watch(folded, (value) => { remember(FOLDED_KEY, [...value]) })
  return { open, folded, search, filter, kinds, fold, toggleKind, showAll }
})

function wordsIn(kept: unknown): string[] {
  return Array.isArray(kept) ? kept.filter((word) => typeof word === 'string') : []
}
