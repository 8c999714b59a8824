import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import type { FeatureCollection } from 'geojson'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { i18n } from '@/i18n'
import type { Fence } from '@/live/fences'
import type { MapEngine } from '@/map/engine'
import { FENCES } from '@/map/layers/fences'
import { OUTLINE } from '@/map/layers/outline'
import { ringArea } from '@/map/geodesy'
import { circleShape } from '@/map/outline/circle'
import { bindFences } from '@/pages/wall/bindings/fences'
import MapTools from '@/pages/wall/tools/MapTools.vue'
import { ALARMS, CROSSINGS, useCrossings } from '@/stores/crossings'
import { useFences } from '@/stores/fences'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { problem, serve, sessionOf, type Answer, type Call } from '../server'
import { FakeEngine } from './fakeEngine'

const SQUARE: Fence['shape'] = { type: 'MultiPolygon', coordinates: [[[[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1], [0, 0]]]] }
const SCHOOL: Fence = {
  id: 7, name: '学校', body: 1, body_name: '市局', body_name_en: 'City', bodies: null, units: null, hours: null, tells: 'both',
  since: 1, until: null, by: '林', made_at: 1, shape: SQUARE, square_metres: 1, changeable: true, today: 2,
}
const BODIES = [
  { id: 1, parent: null, kind: 'city', name: '市局', name_en: 'City' },
  { id: 2, parent: 1, kind: 'district', name: '东', name_en: 'East' },
  { id: 3, parent: 2, kind: 'squad', name: '一', name_en: 'First' },
  { id: 4, parent: 1, kind: 'district', name: '西', name_en: 'West' },
]
const UNIT = { number: 5, call_sign: 'A-05', name: '车', name_en: 'Car', kind: 'car', squad: 3, squad_name: '一', squad_name_en: 'First', district: 2, district_name: '东', district_name_en: 'East' }

let mounted: VueWrapper
let engine: FakeEngine
let end: () => void
let calls: Call[]

function open(answers: Record<string, Answer | readonly Answer[]> = {}, atoms = ['geofence.read', 'geofence.edit']): void {
  calls = serve({
    'GET /api/v1/geofences': [200, [SCHOOL]],
    'GET /api/v1/geofences/bodies': [200, BODIES],
    'POST /api/v1/geofences': [201, { id: 8 }],
    'PUT /api/v1/geofences/7': [204],
    'DELETE /api/v1/geofences/7': [204],
    ...answers,
  })
  useSession().session = sessionOf({ atoms })
  useUnits().byNumber = new Map([[5, UNIT]])
  mounted = mount(MapTools, { global: { plugins: [i18n], stubs: { transition: false } }, attachTo: document.body })
  engine = new FakeEngine()
  end = bindFences(engine as unknown as MapEngine)
}

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  useView().camera = { longitude: 1, latitude: 2, zoom: 12 }
  vi.spyOn(HTMLDialogElement.prototype, 'showModal').mockImplementation(function (this: HTMLDialogElement) { this.open = true })
})
afterEach(() => {
  end()
  mounted.unmount()
  vi.unstubAllGlobals()
})

const at = (id: string): ReturnType<VueWrapper['get']> => mounted.get(`[data-testid=${id}]`)
const sent = (method: string): unknown[] => calls.filter(({ what }) => what.startsWith(method)).map(({ body }) => body)
const drawn = (source: string): FeatureCollection['features'] => engine.data.get(source)?.features ?? []

async function openPanel(): Promise<void> {
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'b' }))
  await flushPromises()
}

async function begin(form: 'polygon' | 'circle'): Promise<void> {
  await openPanel()
  await at(`draw-${form}`).trigger('click')
  await flushPromises()
}

async function press(...keys: readonly string[]): Promise<void> {
  engine.press(...keys)
  await nextTick()
}

async function drawTriangle(): Promise<void> {
  await begin('polygon')
  for (const place of [[0.2, 0.2], [0.3, 0.2], [0.3, 0.3]] as const) engine.click(place[0], place[1])
  await press('Enter')
}

describe('the list of geofences', () => {
  it('tells whose each is, about whom, when, and how often it was crossed; the map draws them', async () => {
    open()
    await openPanel()
    const words = at('fence').text()
    for (const word of ['学校', 'City', 'everybody', 'Always', '2 today']) expect(words).toContain(word)
    expect(drawn(FENCES)).toEqual([{ type: 'Feature', properties: { name: '学校' }, geometry: SQUARE }])
    await at('fence').get('.go').trigger('click')
    expect(useView().wish).toEqual({ kind: 'fit', view: { west: 0, south: 0, east: 0.1, north: 0.1 } })
  })

  it('says hours and audience in words', async () => {
    const hours = [{ days: [1, 2, 3, 5], from: '22:00', to: '06:00' }, { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }]
    open({ 'GET /api/v1/geofences': [200, [{ ...SCHOOL, hours, units: [5], tells: 'enter' }]] })
    await openPanel()
    const words = at('fence').text()
    for (const word of ['1 units', 'Mon–Wed, Fri 22:00–06:00; Every day 00:00–24:00', 'Going in only']) expect(words).toContain(word)
  })

  it('asks before it deletes, and says what is refused', async () => {
    open({ 'DELETE /api/v1/geofences/7': [problem(503), [204]] })
    await openPanel()
    await mounted.get('[aria-label="Delete: 学校"]').trigger('click')
    expect(sent('DELETE')).toEqual([])
    await at('confirm').trigger('click')
    await flushPromises()
    expect(mounted.get('dialog [role=alert]').text()).toContain('The database is away')
    await at('confirm').trigger('click')
    await flushPromises()
    expect(mounted.find('[data-testid=fence]').exists()).toBe(false)
    expect(drawn(FENCES)).toEqual([])
  })

  it('lets nobody draw or change who may not', async () => {
    open({ 'GET /api/v1/geofences': [200, [{ ...SCHOOL, changeable: false }]] }, ['geofence.read'])
    await openPanel()
    expect(at('fence').findAll('button')).toHaveLength(1)
    expect(mounted.find('[data-testid=draw-polygon]').exists()).toBe(false)
  })

  it('is not there for who may not see it', async () => {
    open({}, ['wall.open'])
    await openPanel()
    expect(mounted.find('[data-tool=fences]').exists()).toBe(false)
    expect(calls).toEqual([])
  })

  it('can be asked for again where it did not come', async () => {
    open({ 'GET /api/v1/geofences': [problem(503), problem(503), [200, [SCHOOL]]] })
    await openPanel()
    await mounted.get('.again').trigger('click')
    await flushPromises()
    expect(mounted.find('[data-testid=fence]').exists()).toBe(true)
  })
})

describe('a geofence', () => {
  it('is drawn by mouse and saved', async () => {
    open()
    await drawTriangle()
    expect(useFences().ready).toBe(true)
    await mounted.get('[name=name]').setValue(' 公园 ')
    await at('fence-editor').trigger('submit')
    await flushPromises()
    const shape = { type: 'Polygon', coordinates: [[[0.2, 0.2], [0.3, 0.2], [0.3, 0.3], [0.2, 0.2]]] }
    expect(sent('POST')).toEqual([{ name: '公园', body: 1, bodies: null, units: null, hours: null, tells: 'both', since: null, until: null, shape }])
    expect(mounted.find('[data-testid=fence-editor]').exists()).toBe(false)
    expect(drawn(OUTLINE)).toEqual([])
  })

  it('is drawn by keyboard', async () => {
    open()
    await begin('polygon')
    await press(' ', ...Array<string>(10).fill('ArrowUp'))
    await press(' ', ...Array<string>(10).fill('ArrowRight'))
    await press(' ', ...Array<string>(10).fill('ArrowDown'), 'Enter')
    expect(useFences().ready).toBe(true)
    await press('Enter')
    expect(mounted.get('[name=name]').attributes('aria-invalid')).toBe('true')
    expect(sent('POST')).toEqual([])
  })

  it('may be a circle, by click or by key', async () => {
    open()
    await begin('circle')
    await press(' ')
    expect(at('circle-state').text()).toContain('latitude 0.00000, longitude 0.00000')
    engine.click(0.5, 0)
    await mounted.get('[name=radius]').setValue('1000')
    const [outer = []] = circleShape([0.5, 0], 1000).coordinates
    expect(useFences().sketch?.shape()).toEqual({ type: 'Polygon', coordinates: [outer] })
    expect(ringArea(outer.map(([longitude = 0, latitude = 0]) => ({ longitude, latitude })))).toBeCloseTo(Math.PI * 1e6, -5)
    await mounted.get('[name=radius]').setValue('1')
    expect(useFences().ready).toBe(false)
    expect(mounted.get('[name=radius]').attributes('aria-invalid')).toBe('true')
  })

  it('is about a part of its body', async () => {
    open()
    await drawTriangle()
    await mounted.get('[name=name]').setValue('x')
    await mounted.get('[type=radio][value=units]').setValue(true)
    await at('fence-editor').trigger('submit')
    expect(mounted.text()).toContain('Choose at least one')
    await mounted.get('[type=checkbox][value="5"]').setValue(true)
    await mounted.get('[name=body]').setValue('4')
    expect(mounted.find('[type=checkbox][value="5"]').exists()).toBe(false)
    await mounted.get('[name=body]').setValue('2')
    await mounted.get('[type=radio][value=bodies]').setValue(true)
    expect(mounted.findAll('.some [type=checkbox]').map((box) => box.attributes('value'))).toEqual(['3'])
    await mounted.get('.some [value="3"]').setValue(true)
    await at('fence-editor').trigger('submit')
    await flushPromises()
    expect(sent('POST')).toMatchObject([{ body: 2, bodies: [3], units: null }])
  })

  it('has hours', async () => {
    open()
    await drawTriangle()
    await mounted.get('[name=name]').setValue('x')
    await mounted.get('[name=timed]').setValue(true)
    const [from, to] = mounted.findAll('[type=time]')
    for (const field of [from, to]) {
      ;(field?.element as HTMLInputElement).value = '00:00'
      await field?.trigger('change')
    }
    for (const day of [1, 2, 3, 4]) await mounted.get(`.days [value="${day}"]`).setValue(false)
    await at('fence-editor').trigger('submit')
    await flushPromises()
    expect(sent('POST')).toMatchObject([{ hours: [{ days: [5], from: '00:00', to: '24:00' }] }])
  })

  it('is changed, and is not drawn twice meanwhile', async () => {
    open()
    await openPanel()
    await mounted.get('[aria-label="Change: 学校"]').trigger('click')
    await flushPromises()
    expect([drawn(FENCES), drawn(OUTLINE).length > 0]).toEqual([[], true])
    await mounted.get('[name=name]').setValue('新')
    await at('fence-editor').trigger('submit')
    await flushPromises()
    expect(sent('PUT')).toMatchObject([{ name: '新', body: 1, since: 1, shape: { type: 'Polygon' } }])
  })

  it('says in words what the server refuses, and keeps what was drawn', async () => {
    open({ 'POST /api/v1/geofences': problem(422, { code: 'shape_too_large' }) })
    await drawTriangle()
    await mounted.get('[name=name]').setValue('x')
    await at('fence-editor').trigger('submit')
    await flushPromises()
    expect(mounted.get('.refusal').text()).toContain('2,000 km²')
    expect(useFences().ready).toBe(true)
  })

  it('is not given up by a key without a question', async () => {
    open()
    await drawTriangle()
    await press('Escape')
    await mounted.get('[role=dialog]').trigger('keydown', { key: 'Escape' })
    await flushPromises()
    expect(useFences().draft).not.toBeNull()
    await at('confirm').trigger('click')
    expect(useFences().draft).toBeNull()
    useFences().draw('polygon')
    await nextTick()
    await press('Escape')
    await flushPromises()
    expect(useFences().draft, 'nothing was drawn').toBeNull()
  })
})

describe('crossings and alarms', () => {
  const crossing = { id: 1, geofence: 7, name: '学校', unit: 5, entered: true, at: Date.now() - 2000 }
  const event = (topic: string, payload: Record<string, unknown>): Parameters<ReturnType<typeof useCrossings>['add']>[0] => ({ number: 1, topic, kind: topic, time: 1, district: 1, squad: 1, unit: 5, payload })

  it('are listed together, the newest first; one leads to its fence and unit', async () => {
    open()
    await openPanel()
    expect(mounted.text()).toContain('No crossing and no alarm')
    useCrossings().set(CROSSINGS, [crossing])
    useCrossings().add(event(ALARMS, { id: 1, unit: 5, at: Date.now(), alarms: 1 }))
    await nextTick()
    const lines = at('crossings').findAll('button')
    expect(lines.map((line) => [line.get('b').text(), line.get('.what').text(), line.get('.where').text()])).toEqual([['A-05', 'SOS', ''], ['A-05', 'in', '学校']])
    expect(lines.map((line) => line.classes('sos'))).toEqual([true, false])
    await lines[1]?.trigger('click')
    expect([useView().selected, useView().wish]).toEqual([5, { kind: 'fit', view: { west: 0, south: 0, east: 0.1, north: 0.1 } }])
  })

  it('only an SOS blinks', async () => {
    open()
    await openPanel()
    useCrossings().set(ALARMS, [{ id: 2, unit: 5, at: Date.now(), alarms: 2 }])
    await nextTick()
    expect(at('crossings').get('button').classes()).toEqual(['alarm'])
  })

  it('count for their fence, each once', async () => {
    open()
    await openPanel()
    useCrossings().set(CROSSINGS, [crossing])
    useCrossings().add(event(CROSSINGS, { ...crossing, id: 2 }))
    useCrossings().add(event(CROSSINGS, { ...crossing, id: 2 }))
    useCrossings().add(event(CROSSINGS, { ...crossing, id: 1 }))
    await nextTick()
    expect(at('fence').get('.today').text()).toBe('3 today')
    expect(useCrossings().list).toHaveLength(2)
  })
})
