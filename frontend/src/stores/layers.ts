import { defineStore } from 'pinia'
import { reactive, watch } from 'vue'
import { LAYERS, type LayerId } from '@/map/layers'
import { isRecord, recall, remember } from './storage'

const KEY = 'liandong.layers'

export type LayersOn = Record<LayerId, boolean>

/** Which layers of the map are on; kept in the browser. */
export const useLayers = defineStore('layers', () => {
  const on = reactive<LayersOn>({ ...defaultsOf(), ...known(recall(KEY)) })

  function toggle(id: LayerId): void {
    on[id] = !on[id]
  }

  /** Takes over what a saved view says; a layer that it does not know stays as it is. */
  function set(wanted: Partial<LayersOn>): void {
    Object.assign(on, known(wanted))
  }

  watch(on, (value) => { remember(KEY, value) })
  return { on, toggle, set }
})

export function defaultsOf(): LayersOn {
  return Object.fromEntries(LAYERS.map((layer) => [layer.id, layer.on])) as LayersOn
}

/** Of something that was kept, the part that speaks of today's layers. */
export function known(kept: unknown): Partial<LayersOn> {
  if (!isRecord(kept)) return {}
  return Object.fromEntries(LAYERS.flatMap(({ id }) => (typeof kept[id] === 'boolean' ? [[id, kept[id]]] : [])))
}
