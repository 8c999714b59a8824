import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { known, type LayersOn } from './layers'
import { isRecord, recall, remember } from './storage'
import type { Camera } from './view'

const KEY = 'liandong.views'
/** Of what is kept in the browser. What an unknown version wrote is left alone, and nothing of it is shown. */
const VERSION = 1
/** The keys 1 to 9, of which the first is the whole city. */
export const MOST_VIEWS = 8
export const LONGEST_NAME = 40

export interface SavedView {
  name: string
  camera: Camera
  layers: Partial<LayersOn>
}

/** The views that somebody comes back to: a name, where the map stands, and which layers are on. */
export const useSavedViews = defineStore('savedViews', () => {
  const views = ref<SavedView[]>(viewsOf(recall(KEY)))

  /** Returns false when there is no room for another one, or no name. */
  function add(name: string, camera: Camera, layers: LayersOn): boolean {
    const clean = cleanName(name)
    if (views.value.length >= MOST_VIEWS || clean === '') return false
    views.value.push({ name: clean, camera: { ...camera }, layers: { ...layers } })
    return true
  }

  /** A view without a name could not be told from another: an empty one changes nothing. */
  function rename(index: number, name: string): void {
    const [view, clean] = [views.value[index], cleanName(name)]
    if (view && clean !== '') view.name = clean
  }

  function remove(index: number): void {
    views.value.splice(index, 1)
  }

  /** One place up (-1) or down (1): the place is its key. */
  function move(index: number, by: -1 | 1): void {
    const [one, other] = [views.value[index], views.value[index + by]]
    if (one && other) views.value.splice(Math.min(index, index + by), 2, ...(by === 1 ? [other, one] : [one, other]))
  }

  watch(views, (list) => { remember(KEY, { version: VERSION, views: list }) }, { deep: true })
  return { views, add, rename, remove, move }
})

function cleanName(name: string): string {
  return name.trim().slice(0, LONGEST_NAME)
}

/** What was kept, as far as it can be used: a broken view is left out, the others stay. */
function viewsOf(kept: unknown): SavedView[] {
  if (!isRecord(kept) || kept['version'] !== VERSION || !Array.isArray(kept['views'])) return []
  return kept['views'].flatMap((view: unknown) => viewOf(view) ?? []).slice(0, MOST_VIEWS)
}

function viewOf(kept: unknown): SavedView | null {
  if (!isRecord(kept) || typeof kept['name'] !== 'string' || !isRecord(kept['camera'])) return null
  const { longitude, latitude, zoom } = kept['camera']
  const name = cleanName(kept['name'])
  if (name === '' || !within(longitude, 180) || !within(latitude, 90) || !within(zoom, 24)) return null
  return { name, camera: { longitude, latitude, zoom }, layers: known(kept['layers']) }
}

function within(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= limit
}
