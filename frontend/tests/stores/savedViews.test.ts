import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { defaultsOf } from '@/stores/layers'
import { LONGEST_NAME, MOST_VIEWS, useSavedViews } from '@/stores/savedViews'

const KEY = 'liandong.views'
const CAMERA = { longitude: 113.1, latitude: 28.2, zoom: 14 }

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})

function withViews(...names: string[]): ReturnType<typeof useSavedViews> {
  const saved = useSavedViews()
  for (const name of names) saved.add(name, CAMERA, defaultsOf())
  return saved
}

const namesOf = (saved: ReturnType<typeof useSavedViews>): string[] => saved.views.map(({ name }) => name)

describe('saved views', () => {
  it('are kept with name, camera and layers', async () => {
    withViews('东站')
    await nextTick()
    setActivePinia(createPinia())
    expect(useSavedViews().views).toEqual([{ name: '东站', camera: CAMERA, layers: defaultsOf() }])
  })

  it('keep the camera and layers as they were, not as they become', () => {
    const [camera, layers] = [{ ...CAMERA }, defaultsOf()]
    const saved = useSavedViews()
    saved.add('A', camera, layers)
    camera.zoom = 3
    layers.units = !layers.units
    expect(saved.views[0]).toEqual({ name: 'A', camera: CAMERA, layers: defaultsOf() })
  })

  it('need a name, and are at most as many as there are keys', () => {
    const saved = withViews(...Array.from({ length: MOST_VIEWS + 3 }, (_, index) => `view ${index}`))
    expect(saved.views).toHaveLength(MOST_VIEWS)
    saved.remove(0)
    expect(saved.add('   ', CAMERA, defaultsOf())).toBe(false)
    expect(saved.add(` ${'n'.repeat(99)}`, CAMERA, defaultsOf())).toBe(true)
    expect(saved.views.at(-1)?.name).toHaveLength(LONGEST_NAME)
  })

  it('are renamed, but never to nothing', () => {
    const saved = withViews('A')
    saved.rename(0, ' B ')
    saved.rename(0, '  ')
    saved.rename(7, 'C')
    expect(namesOf(saved)).toEqual(['B'])
  })

  it('are moved within the list and not beyond its ends', () => {
    const saved = withViews('A', 'B', 'C')
    saved.move(2, -1)
    expect(namesOf(saved)).toEqual(['A', 'C', 'B'])
    saved.move(0, 1)
    expect(namesOf(saved)).toEqual(['C', 'A', 'B'])
    saved.move(0, -1)
    saved.move(2, 1)
    expect(namesOf(saved)).toEqual(['C', 'A', 'B'])
  })

  it('that are broken are left out, the others stay', () => {
    const good = { name: 'A', camera: CAMERA, layers: { units: false, unknown: true } }
    const views = [good, null, { name: 'B' }, { name: '', camera: CAMERA, layers: {} }, { name: 'C', camera: { ...CAMERA, latitude: 91 }, layers: {} }, { name: 'D', camera: { ...CAMERA, zoom: null } }]
    localStorage.setItem(KEY, JSON.stringify({ version: 1, views }))
    expect(useSavedViews().views).toEqual([{ name: 'A', camera: CAMERA, layers: { units: false } }])
  })

  it.each(['{', '[]', '{"version":2,"views":[{"name":"A","camera":{"longitude":1,"latitude":2,"zoom":3}}]}', '{"version":1}'])('of another version are not shown: %s', (kept) => {
    localStorage.setItem(KEY, kept)
    expect(useSavedViews().views).toEqual([])
  })
})
