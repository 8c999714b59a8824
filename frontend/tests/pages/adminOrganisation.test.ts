import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AreaVersion, Belongings, Jurisdiction, SavedArea } from '@/live/organisation'
import { BODIES, EVERYTHING, NOW, openAdmin, Problem, Server, type Asked } from './adminServer'
import { FakeEngine } from './fakeEngine'

vi.mock('@/map/engine', () => ({ MapEngine: FakeEngine }))

const DAY = 86_400_000
const WRITES = [...EVERYTHING, 'organisation.write']
const square = (west: number, size: number): Jurisdiction['features'][number]['geometry'] => ({ type: 'Polygon', coordinates: [[[west, 0], [west + size, 0], [west + size, size], [west, size], [west, 0]]] })
function area(body: number, kind: string, west: number, size: number): Jurisdiction['features'][number] {
  return { type: 'Feature', geometry: square(west, size), properties: { area: body + 100, body, kind, code: null, name: '片区', name_en: 'Area', since: NOW - DAY, until: null } }
}
const AREAS: Jurisdiction = { type: 'FeatureCollection', features: [area(2, 'district', 0, 0.4), area(3, 'squad', 0, 0.1)] }
const VERSIONS: AreaVersion[] = [
  { id: 9, since: NOW + DAY, until: null, square_metres: 2e6, by: 'Wang Li', shape: square(0, 0.2) },
  { id: 8, since: NOW - DAY, until: NOW + DAY, square_metres: 1.5e6, by: null, shape: square(0, 0.1) },
  { id: 7, since: NOW - 9 * DAY, until: NOW - DAY, square_metres: 1e6, by: null, shape: square(0, 0.1) },
]
const BELONGINGS: Belongings = { people: 12, devices: 5, units: [{ number: 7, call_sign: 'F-07', name: '七号车', name_en: 'Car 7', kind: 'car' }], seats: [], vehicles: [], cameras: [] }
const SAVED: SavedArea = { id: 10, square_metres: 1.6e6, overlaps: [{ body: 4, name: '城北', name_en: null, square_metres: 38_000 }] }

let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  localStorage.clear()
  // Nothing is drawn here: what the ground's images would be is of no matter.
  vi.stubGlobal('Path2D', vi.fn())
  const pen = new Proxy({}, { get: (_, name) => (name === 'getImageData' ? () => ({}) : () => undefined), set: () => true })
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => pen as never)
  server = new Server()
    .when('GET /api/v1/jurisdiction', AREAS)
    .when('GET /api/v1/ground', { kind: 'none', name: '', name_en: null, tiles: [], tile_size: 512, minzoom: 0, maxzoom: 1, bounds: null, attribution: '', characters: '', datum: 'wgs84', coastal: false })
  for (const { id } of BODIES) server.when(`GET /api/v1/bodies/${id}/areas`, id === 3 ? VERSIONS : []).when(`GET /api/v1/bodies/${id}/belongings`, BELONGINGS)
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const engine = (): FakeEngine => FakeEngine.last as FakeEngine
const panel = (): string | undefined => mounted.findAll('[data-body-panel]')[0]?.attributes('data-body-panel')
const filled = (): number => engine().data.get('jurisdiction-chosen')?.features.length ?? 0
async function settle(): Promise<void> {
  await vi.dynamicImportSettled()
  await flushPromises()
}
async function open(atoms: readonly string[] = WRITES): Promise<void> {
  mounted = await openAdmin(server, atoms, '/admin#organisation')
  await settle()
}
async function choose(body: number): Promise<void> {
  await mounted.find(`[data-testid=bodies] [data-body="${body}"]`).trigger('click')
  await settle()
}
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await settle()
}
async function keys(...pressed: string[]): Promise<void> {
  engine().press(...pressed)
  await settle()
}
async function submit(): Promise<void> {
  await mounted.find('dialog form').trigger('submit')
  await settle()
}
const put = (): Asked | undefined => server.of('PUT').at(-1)

describe('the organisation', () => {
  it('is chosen in the tree, and filled on the map', async () => {
    await open()
    expect([panel(), filled()]).toEqual([undefined, 0])
    await choose(3)
    expect([panel(), filled()]).toEqual(['3', 1])
    expect(mounted.find('.facts').text()).toContain('Squad')
  })

  it('is chosen by a click on the map: the narrowest area first, then the wider one', async () => {
    await open()
    for (const expected of ['3', '2']) {
      engine().click(0.05, 0.05)
      await settle()
      expect(panel()).toBe(expected)
    }
    expect(mounted.find('[data-testid=bodies] [data-body="2"]').attributes('aria-selected')).toBe('true')
    engine().click(5, 5)
    await settle()
    expect(panel()).toBeUndefined()
  })

  it('says what belongs to a body, and its areas by time', async () => {
    await open()
    await choose(3)
    expect(mounted.findAll('[data-belongings]').map((line) => line.text().replace(/\s+/g, ' '))).toEqual(['People 12', 'Units 1F-07 Car 7', 'Tracking devices 5', 'Seats 0', 'Vehicles 0', 'Cameras 0'])
    expect(mounted.findAll('[data-area]').map((line) => [line.attributes('data-state'), line.find('strong').text()])).toEqual([['planned', '2.00 km²'], ['inForce', '1.50 km²'], ['past', '1.00 km²']])
    expect(mounted.find('[data-area="9"]').text()).toContain('by Wang Li')
  })

  it('is shown as of a moment that was chosen, and as of now again', async () => {
    await open()
    await choose(3)
    await mounted.find('[data-area="9"] button').trigger('click')
    await settle()
    expect(server.asked.at(-1)?.path).toBe(`/api/v1/jurisdiction?at=${NOW + DAY}`)
    expect(mounted.text()).toContain('Areas as planned for')
    await mounted.find('input[name=as-of]').setValue('2026-01-02T03:04')
    await mounted.find('input[name=as-of]').trigger('change')
    await settle()
    expect(server.asked.at(-1)?.path).toBe(`/api/v1/jurisdiction?at=${new Date(2026, 0, 2, 3, 4).getTime()}`)
    expect(mounted.text()).toContain('Areas as they were on')
    await press('now')
    expect(server.asked.at(-1)?.path).toBe('/api/v1/jurisdiction')
  })

  it('is not changed by who only reads it', async () => {
    await open(EVERYTHING)
    await choose(3)
    for (const id of ['draw', 'rename', 'add-beneath', 'end-area']) expect(at(id).exists(), id).toBe(false)
  })

  it('has another body beneath, and a name that is taken said at its field', async () => {
    await open()
    await choose(2)
    await press('add-beneath')
    expect((mounted.find('select[name=kind]').element as HTMLSelectElement).value).toBe('street')
    server.when('POST /api/v1/bodies', new Problem(409, { code: 'name_taken' }))
    await mounted.find('input[name=name]').setValue('二中队')
    await submit()
    expect(mounted.find('input[name=name]').attributes('aria-invalid')).toBe('true')
    expect(mounted.find('dialog [role=alert]').text()).toContain('This name is taken')
    server.when('POST /api/v1/bodies', { id: 5 }).when('GET /api/v1/bodies', [...BODIES, { id: 5, parent: 2, kind: 'street', name: '二中队', name_en: null }]).when('GET /api/v1/bodies/5/areas', []).when('GET /api/v1/bodies/5/belongings', BELONGINGS)
    await mounted.find('input[name=code]').setValue(' 4399 ')
    await submit()
    expect(server.of('POST').at(-1)?.body).toEqual({ parent: 2, kind: 'street', name: '二中队', name_en: null, code: '4399' })
    expect(panel()).toBe('5')
  })

  it('is renamed', async () => {
    await open()
    await choose(3)
    await press('rename')
    await mounted.find('input[name=name]').setValue('三中队')
    server.when('PATCH /api/v1/bodies/3', undefined)
    await submit()
    expect(server.of('PATCH').at(-1)?.body).toEqual({ name: '三中队', name_en: 'First squad', code: null })
    expect(mounted.find('dialog').exists()).toBe(false)
  })

  it('has an area ended after a question', async () => {
    await open()
    await choose(3)
    await press('end-area')
    server.when('POST /api/v1/jurisdiction/8/end', undefined)
    await press('confirm')
    expect(server.of('POST').map(({ path }) => path)).toEqual(['/api/v1/jurisdiction/8/end'])
  })

  it('leaves the map behind with the tab', async () => {
    await open()
    await mounted.find('[data-tab=people]').trigger('click')
    await settle()
    expect(engine().removed).toBe(true)
  })
})

describe('drawing an area', () => {
  async function edit(body = 3): Promise<void> {
    await open()
    await choose(body)
    await press('draw')
  }

  it('begins with the present shape, and says corners and square kilometres as they change', async () => {
    await edit()
    const before = at('sketch-area').text()
    expect(before).toMatch(/^12\d km²$/)
    expect(at('save').attributes('disabled')).toBeDefined()
    await keys('Home', 'Tab', 'Tab', 'ArrowRight', 'ArrowRight', 'ArrowUp', 'ArrowUp')
    expect(at('sketch-area').text()).not.toBe(before)
    expect(at('sketch').text()).toContain('Corner 3 of 4. Latitude 0.11600, longitude 0.11600')
    await keys('Control+z', 'Control+z', 'Control+z', 'Control+z')
    expect(at('sketch-area').text()).toBe(before)
    expect(engine().label).toContain('being drawn')
  })

  it('is saved from now on, and says what it overlaps', async () => {
    await edit()
    await keys('Home', 'ArrowDown', 'Enter')
    server.when('PUT /api/v1/bodies/3/area', SAVED)
    await submit()
    expect(put()?.body).toEqual({ shape: { type: 'Polygon', coordinates: [[[0, -0.008], [0.1, 0], [0.1, 0.1], [0, 0.1], [0, -0.008]]] } })
    expect(at('sketch').exists()).toBe(false)
    expect(at('saved').text()).toContain('Saved, 1.60 km²')
    expect(at('overlaps').text()).toContain('城北 38,000 m²')
    expect(server.asked.filter(({ path }) => path === '/api/v1/jurisdiction')).toHaveLength(2)
  })

  it('is saved from a day on', async () => {
    await edit()
    await keys('Home', 'ArrowDown', 'Enter')
    await mounted.find('dialog input[value=day]').setValue(true)
    await mounted.find('input[name=since]').setValue('2026-12-01')
    server.when('PUT /api/v1/bodies/3/area', SAVED)
    await submit()
    expect(put()?.body).toMatchObject({ since: new Date(2026, 11, 1).getTime() })
  })

  it('stays as it was drawn when the server refuses it, which is said', async () => {
    await edit()
    await keys('Home', 'ArrowDown', 'Enter')
    server.when('PUT /api/v1/bodies/3/area', new Problem(422, { code: 'shape_invalid', detail: 'Self-intersection', longitude: 0.05, latitude: 0.01 }))
    await submit()
    expect(mounted.find('dialog [role=alert]').text()).toContain('near latitude 0.01000, longitude 0.05000')
    server.when('PUT /api/v1/bodies/3/area', new Problem(422, { code: 'since_too_early' }))
    await submit()
    expect(mounted.find('dialog [role=alert]').text()).toContain('cannot begin that early')
    expect(at('sketch').exists()).toBe(true)
  })

  it('that crosses itself warns, and cannot be saved by key either', async () => {
    await edit()
    await keys('Home', ...Array.from({ length: 20 }, () => 'ArrowUp'))
    expect(at('sketch-state').text()).toContain('crosses or touches itself')
    expect(at('save').attributes('disabled')).toBeDefined()
    await keys('Enter')
    expect(mounted.find('dialog').exists()).toBe(false)
    expect(engine().data.get('outline')?.features.some(({ properties }) => properties?.['part'] === 'fault')).toBe(true)
  })

  it('from nothing takes clicks, and closes', async () => {
    await edit(4)
    expect(at('sketch-state').text()).toContain('three at least')
    for (const [longitude, latitude] of [[0.5, 0], [0.6, 0], [0.6, 0.1]] as const) engine().click(longitude, latitude)
    await settle()
    await press('close-ring')
    expect(at('sketch-state').exists()).toBe(false)
    await keys('Enter')
    server.when('PUT /api/v1/bodies/4/area', SAVED)
    await submit()
    expect(put()?.body).toEqual({ shape: { type: 'Polygon', coordinates: [[[0.5, 0], [0.6, 0], [0.6, 0.1], [0.5, 0]]] } })
  })

  it('draws a corner onto the border of a neighbour', async () => {
    await edit(4)
    engine().click(0.405, 0.395)
    await settle()
    const [place] = engine().data.get('outline')?.features.map(({ geometry }) => geometry) ?? []
    expect(place).toEqual({ type: 'Point', coordinates: [0.4, 0.4] })
  })

  it('is given up after a question where something was changed, and at once where nothing was', async () => {
    await edit()
    await keys('Escape')
    expect(at('sketch').exists()).toBe(false)
    await press('draw')
    await keys('Home', 'ArrowUp', 'Escape', 'Escape')
    expect(at('ask').text()).toContain('not saved')
    await press('confirm')
    expect([at('sketch').exists(), server.of('PUT')]).toEqual([false, []])
  })

  it('leaves the tree alone meanwhile', async () => {
    await edit()
    expect(mounted.find('aside').attributes('inert')).toBeDefined()
    engine().click(0.3, 0.3)
    await settle()
    expect(at('sketch').exists()).toBe(true)
  })
})

describe('the tab has nothing that a checker of accessibility knows of', () => {
  it.each([[3, false], [3, true], [2, false]])('with body %i, drawing: %s', async (body, drawing) => {
    await open()
    await choose(body)
    if (drawing) await press('draw')
    vi.useRealTimers()
    const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
  })
})
