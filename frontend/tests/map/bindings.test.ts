import type { FeatureCollection } from 'geojson'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Ground } from '@/live/api'
import { groundColours } from '@/map/ground/palette'
import type { Layer, MapEngine, MapGround } from '@/map/engine'
import { bindAreas } from '@/pages/wall/bindings/areas'
import { bindGround } from '@/pages/wall/bindings/ground'
import { useGround } from '@/stores/ground'
import { useLayers } from '@/stores/layers'
import { usePreferences } from '@/stores/preferences'
import { useView } from '@/stores/view'

const GROUND: Ground = {
  kind: 'vector', name: '示范市', name_en: null, tiles: ['/tiles/{z}/{x}/{y}'], tile_size: 512, minzoom: 6, maxzoom: 14,
  bounds: null, attribution: '', characters: '示', datum: 'wgs84', coastal: false,
}
const SQUARE = { type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }

/** The engine as far as the bindings need it; it notes what was asked of it. */
class FakeEngine {
  readonly grounds: MapGround[] = []
  readonly images = new Map<string, ImageData>()
  readonly layers = new Map<string, Layer>()
  readonly visible = new Map<string, boolean>()
  readonly data = new Map<string, FeatureCollection>()
  setGround = (ground: MapGround): void => { this.grounds.push(ground) }
  addImage = (name: string, image: ImageData): void => { this.images.set(name, image) }
  addLayer = (layer: Layer): void => { this.layers.set(layer.id, layer) }
  setVisible = (layer: string, visible: boolean): void => { this.visible.set(layer, visible) }
  setData = (source: string, data: FeatureCollection): void => { this.data.set(source, data) }
  zoom = (): number => 12
}

let engine: FakeEngine
let end: (() => void) | undefined

/** The addresses that were asked for; each is answered by the first part of `answers` that it ends with. */
function serve(answers: Record<string, unknown>): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    const key = Object.keys(answers).find((ending) => path.endsWith(ending))
    return key === undefined ? Promise.reject(new TypeError('no network')) : Promise.resolve(new Response(JSON.stringify(answers[key])))
  })
  return asked
}

/** A property of the page, still bound to it. */
function bound(page: Document, key: string | symbol): unknown {
  const value: unknown = Reflect.get(page, key)
  return typeof value === 'function' ? (value.bind(page) as unknown) : value
}

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  usePreferences().language = 'zh-CN'
  engine = new FakeEngine()
  vi.stubGlobal('Path2D', vi.fn())
  // What is drawn is told by its last colour: that is enough to know for which theme it was drawn.
  const pen = { fillStyle: '', strokeStyle: '', scale: vi.fn(), beginPath: vi.fn(), arc: vi.fn(), roundRect: vi.fn(), fill: vi.fn(), stroke: vi.fn(), getImageData: () => ({ colour: pen.fillStyle }) }
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => pen as never)
})

afterEach(() => {
  end?.()
  end = undefined
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const last = (): MapGround | undefined => engine.grounds.at(-1)
const passes = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

describe('the ground', () => {
  const bind = (): void => { end = bindGround(engine as unknown as MapEngine) }

  beforeEach(() => { vi.useFakeTimers() })

  it('is plain at once, has streets when the server has said so, and names when their faces are there', async () => {
    const faces: (() => void)[] = []
    const load = vi.fn<(face: string, text: string) => Promise<void>>(() => new Promise((resolve) => { faces.push(resolve) }))
    vi.stubGlobal('document', new Proxy(document, {
      has: (page, key) => key === 'fonts' || key in page,
      get: (page, key) => (key === 'fonts' ? { load } : bound(page, key)),
    }))
    serve({ '/ground': GROUND })
    bind()
    expect(last()?.layers.map((layer) => layer.id)).toEqual(['ground'])
    await passes(1)
    expect(last()?.sources).toHaveProperty('streets')
    expect(last()?.names).toEqual([])
    expect(load.mock.calls[0]?.[1]).toContain('示')
    for (const come of faces) come()
    await passes(1)
    expect(last()?.names.length).toBeGreaterThan(10)
  })

  it('comes by itself when the server was away', async () => {
    serve({})
    bind()
    await passes(4000)
    expect(useGround().ground).toBeNull()
    serve({ '/ground': GROUND })
    await passes(5000)
    expect(useGround().ground).toEqual(GROUND)
    expect(last()?.names.length).toBeGreaterThan(0)
  })

  it('follows theme, language and the switch of its names', async () => {
    serve({ '/ground': GROUND })
    bind()
    await passes(10)
    usePreferences().theme = 'light'
    await nextTick()
    expect(last()?.layers[0]?.paint).toEqual({ 'background-color': groundColours('light').land })
    expect(engine.images.get('mark-park')).toEqual({ colour: groundColours('light').pictogram })
    usePreferences().language = 'en'
    await nextTick()
    expect(last()?.names.find((layer) => layer.id === 'name-primary')?.layout).toMatchObject({ 'text-field': ['coalesce', ['get', 'name_en'], ['get', 'name']] })
    useLayers().toggle('ground-labels')
    await nextTick()
    expect(last()?.names).toEqual([])
  })

  it('that is nothing shows the grid of cells', async () => {
    serve({ '/ground': { ...GROUND, kind: 'none' } })
    bind()
    expect(useLayers().on.cells).toBe(false)
    await passes(10)
    expect(useLayers().on.cells).toBe(true)
  })
})

describe('the areas', () => {
  const bind = (): void => { end = bindAreas(engine as unknown as MapEngine) }
  const areas = (kind: string): unknown => ({ type: 'FeatureCollection', features: [{ type: 'Feature', properties: { kind, code: '439901', name: '老城区', name_en: null, district: '439901' }, geometry: SQUARE }] })
  const answers = { '/district': areas('district'), '/squad': areas('squad'), '/grid': areas('grid') }

  beforeEach(() => { vi.useFakeTimers() })

  it('are read when they are first wanted, and once', async () => {
    const asked = serve(answers)
    bind()
    await passes(10)
    expect(asked).toEqual(['/api/v1/areas/district', '/api/v1/areas/squad'])
    expect(engine.data.get('district-names')?.features[0]?.properties).toMatchObject({ name: '老城区' })
    for (let time = 0; time < 3; time += 1) {
      useLayers().toggle('grids')
      await passes(10)
    }
    expect(asked.slice(2)).toEqual(['/api/v1/areas/grid'])
    expect(engine.data.get('grid-lines')?.features).toHaveLength(1)
  })

  it('are asked for again when the answer does not come, until nobody wants them any more', async () => {
    const asked = serve({})
    bind()
    await passes(5100)
    expect(asked).toHaveLength(4)
    end?.()
    end = undefined
    await passes(20_000)
    expect(asked).toHaveLength(4)
  })

  it('are switched style by style, and take the colours of the theme', async () => {
    serve(answers)
    bind()
    expect([engine.visible.get('district-line'), engine.visible.get('grid-code'), engine.visible.get('cells')]).toEqual([true, false, false])
    useLayers().toggle('districts')
    await nextTick()
    expect([engine.visible.get('district-line'), engine.visible.get('district-name')]).toEqual([false, false])
    const colour = (): unknown => engine.layers.get('squad-line')?.paint
    const dark = colour()
    usePreferences().theme = 'light'
    await nextTick()
    expect(colour()).not.toEqual(dark)
  })

  it('of cells are drawn for the view, only while they are on', async () => {
    serve(answers)
    bind()
    useView().view = { west: 113, south: 28, east: 113.1, north: 28.1 }
    await nextTick()
    expect(engine.data.has('cells')).toBe(false)
    useLayers().toggle('cells')
    await nextTick()
    expect(engine.data.get('cells')?.features).toHaveLength(1)
  })
})
