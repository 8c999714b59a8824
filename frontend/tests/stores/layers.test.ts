import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { LAYERS } from '@/map/layers'
import { useLayers } from '@/stores/layers'

const KEY = 'liandong.layers'

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})

describe('the layers', () => {
  it('are on or off as the one list says, until somebody chooses', () => {
    expect(useLayers().on).toEqual(Object.fromEntries(LAYERS.map(({ id, on }) => [id, on])))
  })

  it('are remembered as they were switched', async () => {
    const before = useLayers().on.districts
    useLayers().toggle('districts')
    await nextTick()
    setActivePinia(createPinia())
    expect(useLayers().on.districts).toBe(!before)
  })

  it('take what is stored only for what they know, and only switches', () => {
    localStorage.setItem(KEY, JSON.stringify({ districts: false, units: 'no', 'of-the-future': true }))
    const { on } = useLayers()
    expect([on.districts, on.units]).toEqual([false, true])
    expect(Object.keys(on).sort()).toEqual(LAYERS.map(({ id }) => id).sort())
  })

  it.each(['', '{', 'null', '[]', '7'])('forget what cannot be read: %j', (kept) => {
    localStorage.setItem(KEY, kept)
    expect(useLayers().on.units).toBe(true)
  })

  it('are set together by a saved view, which need not know all of them', () => {
    const layers = useLayers()
    const { trails } = layers.on
    layers.set({ units: false, cells: true })
    expect([layers.on.units, layers.on.cells, layers.on.trails]).toEqual([false, true, trails])
  })
})
