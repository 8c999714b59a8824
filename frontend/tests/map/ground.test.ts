import { featureFilter, validateStyleMin } from '@maplibre/maplibre-gl-style-spec'
import { describe, expect, it } from 'vitest'
import type { Ground } from '@/live/api'
import { THEMES } from '@/look/colours'
import { GCJ02, WGS84 } from '@/map/datum'
import type { Layer, MapGround } from '@/map/engine'
import { groundStyle } from '@/map/ground'
import { TILE_LAYERS } from '@/map/ground/schema'

const VECTOR: Ground = {
  kind: 'vector', name: '示范市', name_en: 'Demo', tiles: ['/tiles/{z}/{x}/{y}?v=abc'], tile_size: 512, minzoom: 6, maxzoom: 14,
  bounds: [113, 22, 114, 23], attribution: '© somebody', characters: '示范市', datum: 'wgs84', coastal: false,
}
const RASTER: Ground = { ...VECTOR, kind: 'raster', tiles: ['https://a.example/{z}/{x}/{y}', 'https://b.example/{z}/{x}/{y}'], bounds: null, datum: 'gcj02', tile_size: 512 }
const LANGUAGES = ['zh-CN', 'en'] as const

const style = (change: Partial<Ground> = {}, labels = true): MapGround => groundStyle({ ...VECTOR, ...change }, 'dark', 'zh-CN', labels)
const layersOf = ({ layers, names }: MapGround): Layer[] => [...layers, ...names]
const idsOf = (ground: MapGround): string[] => layersOf(ground).map((layer) => layer.id)

describe.each(THEMES)('the ground in the %s theme', (theme) => {
  it.each(LANGUAGES)('is a valid style: %s', (language) => {
    const ground = groundStyle(VECTOR, theme, language, true, 1.5)
    const [sources, layers] = [ground.sources, layersOf(ground)]
    // Without the address of glyphs the engine draws every text itself; the checker only knows the older rule.
    expect(validateStyleMin({ version: 8, glyphs: 'x/{fontstack}/{range}', sources, layers })).toEqual([])
    expect(new Set(layers.map((layer) => layer.id)).size).toBe(layers.length)
  })

  it('has the same layers as the other one, and differs in nothing but colours that change at once', () => {
    const [one, other] = [groundStyle(VECTOR, theme, 'en', true), groundStyle(VECTOR, theme === 'dark' ? 'light' : 'dark', 'en', true)]
    const form = (ground: MapGround): unknown[] => layersOf(ground).map(({ id, ...layer }) => ({ ...layer, id, paint: null }))
    expect(form(one)).toEqual(form(other))
    // A colour by the features' kinds would have the tiles laid out anew, and half of the map flash.
    for (const { id, paint = {} } of layersOf(one)) for (const [name, value] of Object.entries(paint)) if (name.endsWith('color')) expect(value, `${id} ${name}`).toMatch(/^#/)
  })
})

describe('the streets', () => {
  it('ask nobody but this server: no sprite, no glyphs, no other address', () => {
    const { sources, ...layers } = style()
    expect(sources['streets']).toMatchObject({ type: 'vector', tiles: [`${window.location.origin}/tiles/{z}/{x}/{y}?v=abc`], bounds: VECTOR.bounds })
    expect(JSON.stringify(layers)).not.toMatch(/https?:|sprite|glyphs/)
  })

  it('draw from layers that the tiles have', () => {
    for (const layer of layersOf(style({ coastal: true }))) if ('source-layer' in layer) expect(TILE_LAYERS, layer.id).toContain(layer['source-layer'])
  })

  it('lie on water where there is a coast, on land elsewhere', () => {
    const colour = (ground: MapGround, id: string): unknown => ground.layers.find((layer) => layer.id === id)?.paint
    expect(idsOf(style({ coastal: false }))).not.toContain('land')
    const coast = style({ coastal: true })
    expect(idsOf(coast).slice(0, 2)).toEqual(['ground', 'land'])
    expect(colour(coast, 'land')).toEqual({ 'fill-color': Object.values(colour(style(), 'ground') as object)[0] })
  })

  it('draw a bridge above, a tunnel under all other roads, and the greater road over the lesser', () => {
    const ids = idsOf(style())
    const order = ['water', 'building', 'tunnel', 'path', 'surface-casing', 'surface-service', 'surface-minor', 'surface-primary', 'surface-motorway', 'rail', 'bridge-casing', 'bridge-motorway', 'name-minor', 'name-primary', 'place-town']
    expect(order.map((id) => ids.indexOf(id))).toEqual(order.map((id) => ids.indexOf(id)).sort((one, other) => one - other))
    expect(ids).toEqual(expect.arrayContaining(order))
  })

  it.each([
    [{ class: 'primary' }, 'surface-primary'],
    [{ class: 'primary', bridge: 1 }, 'bridge-primary'],
    [{ class: 'motorway', bridge: 0, tunnel: 0 }, 'surface-motorway'],
    [{ class: 'trunk', tunnel: 1 }, 'tunnel'],
    [{ class: 'path', bridge: 1 }, 'path'],
  ])('draw %j by one layer of their own', (properties, expected) => {
    const drawn = style().layers.filter((layer) => layer.type === 'line' && layer['source-layer'] === 'road' && !layer.id.includes('casing'))
    const taken = drawn.filter((layer) => 'filter' in layer && featureFilter(layer.filter, layer.id).filter({ zoom: 16 }, { type: 2, properties } as never))
    expect(taken.map((layer) => layer.id)).toEqual([expected])
  })
})

describe('the names', () => {
  it('are in the page’s language, and fall back to the local one', () => {
    const field = (language: 'zh-CN' | 'en'): unknown => groundStyle(VECTOR, 'dark', language, true).names.find((layer) => layer.id === 'name-primary')?.layout
    expect(field('zh-CN')).toMatchObject({ 'text-field': ['get', 'name'] })
    expect(field('en')).toMatchObject({ 'text-field': ['coalesce', ['get', 'name_en'], ['get', 'name']] })
  })

  it('come as a whole when their faces are there, on top of all else', () => {
    const [bare, named] = [style({}, false), style()]
    expect(bare.names).toEqual([])
    expect(bare.layers).toEqual(named.layers)
    expect(named.layers.filter((layer) => layer.type === 'symbol')).toEqual([])
    expect(named.names.length).toBeGreaterThan(10)
  })

  it('grow with the page', () => {
    const size = (scale: number): unknown => groundStyle(VECTOR, 'dark', 'en', true, scale).names.find((layer) => layer.id === 'address')?.layout
    expect(size(2)).toMatchObject({ 'text-size': 21 })
    expect(size(1)).toMatchObject({ 'text-size': 10.5 })
  })

  it('wait for their zoom: house numbers and small streets are for who is near', () => {
    const from = (id: string): number | undefined => style().names.find((layer) => layer.id === id)?.minzoom
    expect([from('address'), from('name-minor'), from('oneway'), from('name-primary')]).toEqual([17, 15, 15.5, 12])
  })
})

describe('other grounds', () => {
  it('are pictures of an operator’s service, in its order, dimmed in the dark, in its datum', () => {
    const dark = groundStyle(RASTER, 'dark', 'zh-CN', true)
    expect(idsOf(dark)).toEqual(['ground', 'picture-0', 'picture-1'])
    expect(dark.sources).toMatchObject({ 'picture-0': { tiles: [RASTER.tiles[0]], tileSize: 512 }, 'picture-1': { tiles: [RASTER.tiles[1]] } })
    expect(dark.datum).toBe(GCJ02)
    const brightness = (ground: MapGround): unknown => ({ ...ground.layers[1]?.paint })
    expect(brightness(dark)).toMatchObject({ 'raster-brightness-max': 0.3 })
    expect(brightness(groundStyle(RASTER, 'light', 'zh-CN', true))).toMatchObject({ 'raster-brightness-max': 1 })
    expect(validateStyleMin({ version: 8, sources: dark.sources, layers: dark.layers })).toEqual([])
  })

  it.each([null, { ...VECTOR, kind: 'none' as const }])('are plain', (ground) => {
    const plain = groundStyle(ground, 'light', 'en', true)
    expect([idsOf(plain), plain.sources, plain.datum]).toEqual([['ground'], {}, WGS84])
  })
})
