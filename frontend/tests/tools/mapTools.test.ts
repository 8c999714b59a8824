import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { LAYERS } from '@/map/layers'
import MapTools from '@/pages/wall/tools/MapTools.vue'
import { useGround } from '@/stores/ground'
import { useLayers } from '@/stores/layers'
import { usePositions } from '@/stores/positions'
import { usePreferences } from '@/stores/preferences'
import { useSavedViews } from '@/stores/savedViews'
import { useTools } from '@/stores/tools'
import { useView } from '@/stores/view'
import { fix, frame } from '../fixes'

const CAMERA = { longitude: 113.1, latitude: 28.2, zoom: 12 }
let mounted: VueWrapper

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  useView().camera = CAMERA
  mounted = mount(MapTools, { global: { plugins: [i18n], stubs: { transition: false } }, attachTo: document.body })
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const tool = (id: string): ReturnType<VueWrapper['get']> => mounted.get(`[data-tool=${id}]`)
const focused = (): string | undefined => (document.activeElement as HTMLElement | null)?.dataset['tool']
const panels = (): string[] => mounted.findAll('[role=dialog]').map((panel) => panel.get('h2').text())

async function press(key: string, target: EventTarget = document.body): Promise<void> {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}

describe('the toolbar', () => {
  it('is one stop for Tab, and is walked by arrow keys round both ends', async () => {
    const stops = (): string[] => mounted.findAll('[data-tool][tabindex="0"]').map((button) => button.attributes('data-tool') ?? '')
    expect(stops()).toEqual(['search'])
    ;(tool('search').element as HTMLElement).focus()
    for (const [key, id] of [['ArrowDown', 'layers'], ['ArrowDown', 'measure'], ['ArrowUp', 'layers'], ['End', 'help'], ['ArrowDown', 'search'], ['ArrowUp', 'help'], ['Home', 'search']] as const) {
      await press(key, document.activeElement ?? document.body)
      expect(focused(), key).toBe(id)
      expect(stops()).toEqual([id])
    }
  })

  it('has a name for each tool, and says which are on', async () => {
    for (const button of mounted.findAll('[data-tool]')) expect(button.attributes('aria-label')).toBeTruthy()
    expect(tool('measure').attributes('aria-pressed')).toBe('false')
    expect(tool('layers').attributes('aria-expanded')).toBe('false')
    await tool('measure').trigger('click')
    expect(tool('measure').attributes('aria-pressed')).toBe('true')
    await tool('layers').trigger('click')
    expect(tool('layers').attributes('aria-expanded')).toBe('true')
  })
})

describe('the panels', () => {
  it('are open one at a time, take the focus, and give it back to their button', async () => {
    await press('g')
    expect(panels()).toEqual(['Find a place'])
    expect(document.activeElement?.getAttribute('role')).toBe('combobox')
    await press('Escape', document.activeElement ?? document.body)
    expect([panels(), focused()]).toEqual([[], 'search'])
    await press('l')
    await tool('views').trigger('click')
    expect(panels()).toEqual(['Saved views'])
  })

  it('of layers switches each layer of the list', async () => {
    await press('l')
    expect(mounted.findAll('[role=switch]').map((row) => row.attributes('data-layer')).sort()).toEqual(LAYERS.map(({ id }) => id).sort())
    const before = useLayers().on.districts
    await mounted.get('[data-layer=districts]').trigger('click')
    expect(useLayers().on.districts).toBe(!before)
    expect(mounted.get('[data-layer=districts]').attributes('aria-checked')).toBe(String(!before))
  })

  it('of measuring gives way to another one and comes back', async () => {
    await press('m')
    await press('l')
    expect(panels()).toEqual(['Layers and legend'])
    await press('Escape')
    expect(panels()).toEqual(['Measure'])
    expect(useTools().mode).toBe('measure')
  })
})

describe('measuring by the keyboard', () => {
  it('adds the middle of the map, takes back, and ends', async () => {
    await press('x')
    expect(useTools().points).toEqual([])
    await press('m')
    for (const longitude of [113.1, 113.2, 113.3]) {
      useView().camera = { ...CAMERA, longitude }
      await press('x')
    }
    await press('Backspace')
    expect(mounted.get('[data-testid=measured-length]').text()).toBe('9.80 km')
    await press('Enter')
    expect([useTools().mode, useTools().points.length]).toEqual(['look', 2])
    expect(mounted.find('[data-testid=measured-length]').exists()).toBe(true)
  })
})

describe('Esc', () => {
  it('closes one thing after the other: panel, measuring, following, choice', async () => {
    const [tools, view] = [useTools(), useView()]
    view.follow(3)
    tools.measure()
    tools.togglePanel('layers')
    const seen = (): unknown[] => [tools.panel, tools.mode, view.following, view.selected]
    await flushPromises()
    for (const expected of [[null, 'measure', 3, 3], [null, 'look', 3, 3], [null, 'look', null, 3], [null, 'look', null, null]]) {
      await press('Escape')
      expect(seen()).toEqual(expected)
    }
  })
})

describe('a saved view', () => {
  it('is saved, recalled by its key with its layers, and lets go of the followed unit', async () => {
    await press('v')
    await mounted.get('[data-testid=view-name]').setValue('East station')
    await mounted.get('form').trigger('submit')
    expect(useSavedViews().views.map(({ name }) => name)).toEqual(['East station'])
    useLayers().toggle('trails')
    const trails = useLayers().on.trails
    useView().follow(3)
    await press('2')
    expect(useView().wish).toEqual({ kind: 'place', ...CAMERA })
    expect(useView().following).toBeNull()
    expect(useLayers().on.trails).toBe(!trails)
  })

  it('that is not there is told, also the city without a ground', async () => {
    await press('7')
    expect(mounted.get('[data-testid=said]').text()).toContain('No view is saved under 7')
    await press('1')
    expect(mounted.get('[data-testid=said]').text()).toContain('no ground map')
    expect(useView().wish).toBeNull()
  })

  it('of the city is there from the beginning', async () => {
    useGround().ground = { bounds: [112.8, 28, 113.4, 28.4] } as NonNullable<ReturnType<typeof useGround>['ground']>
    await press('1')
    expect(useView().wish).toEqual({ kind: 'fit', view: { west: 112.8, south: 28, east: 113.4, north: 28.4 } })
  })
})

describe('all units', () => {
  it('are told to be none when no position is known', async () => {
    await press('a')
    expect(mounted.get('[data-testid=said]').text()).toContain('No position')
    expect(useView().wish).toBeNull()
  })

  it('are shown together', async () => {
    usePositions().apply(frame('snapshot', [fix(1, { longitude: 113, latitude: 28 }), fix(2, { longitude: 113.2, latitude: 28.1 })]))
    await press('0')
    expect(useView().wish).toEqual({ kind: 'fit', view: { west: 113, south: 28, east: 113.2, north: 28.1 } })
  })

  it('are looked for in the whole city first, where only a part of it was in view', async () => {
    vi.useFakeTimers()
    const view = useView()
    useGround().ground = { bounds: [112.8, 28, 113.4, 28.4] } as NonNullable<ReturnType<typeof useGround>['ground']>
    view.view = { west: 113, south: 28.1, east: 113.1, north: 28.2 }
    await press('a')
    expect(view.wish).toMatchObject({ view: { west: 112.8 } })
    view.view = { west: 112.7, south: 27.9, east: 113.5, north: 28.5 }
    usePositions().apply(frame('snapshot', [fix(1, { longitude: 113, latitude: 28.3 }), fix(2, { longitude: 113.2, latitude: 28.1 })]))
    await vi.advanceTimersByTimeAsync(2000)
    expect(view.wish).toMatchObject({ view: { west: 113, east: 113.2 } })
  })
})

describe('all units, when one has gone elsewhere meanwhile', () => {
  it('do not pull the map back', async () => {
    vi.useFakeTimers()
    const view = useView()
    useGround().ground = { bounds: [112.8, 28, 113.4, 28.4] } as NonNullable<ReturnType<typeof useGround>['ground']>
    usePositions().apply(frame('snapshot', [fix(1)]))
    await press('a')
    view.goTo(CAMERA)
    view.view = { west: 112.7, south: 27.9, east: 113.5, north: 28.5 }
    await vi.advanceTimersByTimeAsync(2000)
    expect(view.wish).toMatchObject({ kind: 'place' })
  })
})

describe('the pin', () => {
  it('carries its name and is taken away by its button', async () => {
    const tools = useTools()
    tools.pin = { place: { longitude: 113, latitude: 28 }, label: 'Wuyi Avenue' }
    tools.pinAt = { x: 10, y: 20 }
    await flushPromises()
    expect(mounted.get('[data-testid=pin]').text()).toContain('Wuyi Avenue')
    await mounted.get('[aria-label="Remove the mark: Wuyi Avenue"]').trigger('click')
    expect(tools.pin).toBeNull()
  })
})

describe('copying a place', () => {
  it('takes the pointer’s coordinates, or the middle’s, and says so', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } })
    await press('c')
    useTools().pointer = { longitude: 113.25, latitude: 28.125 }
    await press('c')
    expect(writeText.mock.calls).toEqual([['28.20000, 113.10000'], ['28.12500, 113.25000']])
    expect(mounted.get('[data-testid=said]').text()).toBe('Copied: 28.12500, 113.25000')
  })

  it('says so where the browser refuses', async () => {
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: () => Promise.reject(new Error('no')) } })
    Object.defineProperty(document, 'execCommand', { value: () => false, configurable: true })
    await press('c')
    expect(mounted.get('[data-testid=said]').text()).toContain('Note it by hand: 28.20000, 113.10000')
  })
})

describe('full screen', () => {
  it('that is refused is told with the browser’s own words', async () => {
    Object.defineProperty(document, 'fullscreenEnabled', { value: true, configurable: true })
    document.documentElement.requestFullscreen = () => Promise.reject(new TypeError('Permissions check failed'))
    await press('f')
    expect(mounted.get('[data-testid=said]').text()).toContain('Permissions check failed')
  })
})

describe('the help', () => {
  it('opens by its key and shows every row of the table', async () => {
    await press('?')
    const dialog = document.querySelector('[data-testid=key-help]')
    expect(dialog?.textContent).toContain('Find a place or coordinates')
    expect(dialog?.textContent).toContain('1 – 9')
    expect(document.activeElement?.getAttribute('data-testid')).toBe('key-help')
    await press('?', dialog ?? document.body)
    expect(useTools().help).toBe(false)
  })
})
