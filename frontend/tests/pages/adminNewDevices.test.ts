import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EVERY_MILLISECONDS } from '@/pages/admin/useRefreshed'
import { EVERYTHING, NOW, openAdmin, Problem, Server, unit, unknownDevice } from './adminServer'

const TOKEN = { token: 'k7m2p', typed: 'phone-1-k7m2p' }
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server()
    .when('GET /api/v1/units', { version: 1, units: [unit(101, 'A101', '巡逻车', { name_en: 'Patrol car' }), unit(102, 'A102', '指挥车'), unit(7, 'B7', '城南A1号')] })
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const queries = (): string[] => server.of('GET').filter(({ path }) => path.includes('/devices?')).map(({ path }) => path)
const sent = (method = 'POST'): unknown[] => server.of(method).map(({ path, body }) => [path, body])
const focused = (): string | null | undefined => document.activeElement?.textContent
const open = async (atoms: readonly string[] = EVERYTHING): Promise<void> => { mounted = await openAdmin(server, atoms, '/admin#devices') }
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}
async function submit(): Promise<void> {
  await mounted.find('dialog form').trigger('submit')
  await flushPromises()
}
async function choose(words: string, ...keys: string[]): Promise<void> {
  await mounted.find('[name=unit]').setValue(words)
  for (const key of keys) await mounted.find('[name=unit]').trigger('keydown', { key })
}
const offered = (): string[] => mounted.findAll('[role=option]').map((option) => option.text())

describe('a unit', () => {
  beforeEach(async () => {
    await open()
    await press('add')
  })

  it('is offered by call sign first, then by name; arrows and Enter choose', async () => {
    await choose('a1')
    expect(offered()).toEqual(['A101 Patrol car First squad', 'A102 指挥车 First squad', 'B7 城南A1号 First squad'])
    expect(mounted.find('[name=unit]').attributes('aria-expanded')).toBe('true')
    await choose('a1', 'ArrowUp')
    const active = mounted.find('[name=unit]').attributes('aria-activedescendant') ?? ''
    expect(document.getElementById(active)?.textContent).toContain('B7')
    await choose('a1', 'ArrowUp', 'Enter')
    expect((mounted.find('[name=unit]').element as HTMLInputElement).value).toBe('B7 城南A1号')
    expect(offered()).toEqual([])
  })

  it('is chosen by a click, or by its whole call sign', async () => {
    server.when('POST /api/v1/devices', { id: 9, identifier: 'new', ...TOKEN })
    await mounted.find('[name=identifier]').setValue('new')
    await choose('patrol')
    await mounted.find('[data-unit="101"]').trigger('click')
    await choose(' b7 ')
    await mounted.find('[name=unit]').trigger('blur')
    await submit()
    expect(sent()).toEqual([['/api/v1/devices', { identifier: 'new', unit: 7, protocol: 'osmand', personal: false }]])
  })

  it('is none where something else was typed after it was chosen', async () => {
    await mounted.find('[name=identifier]').setValue('new')
    await choose('A101', 'Enter')
    await choose('zzz')
    expect(at('device-form').text()).toContain('No unit matches “zzz”.')
    await submit()
    expect(sent()).toEqual([])
  })

  it('is put away by Esc, and the dialog stays', async () => {
    await choose('A', 'Escape')
    expect(offered()).toEqual([])
    expect(at('device-form').exists()).toBe(true)
  })
})

describe('a new device', () => {
  it('is sent, and its token is shown once', async () => {
    server.when('POST /api/v1/devices', { id: 9, identifier: 'tablet.1', ...TOKEN })
    await open()
    ;(at('add').element as HTMLElement).focus()
    await press('add')
    await mounted.find('[name=identifier]').setValue(' tablet.1 ')
    await choose('A102', 'Enter')
    await mounted.find('[name=personal]').setValue(true)
    await submit()
    expect(sent()).toEqual([['/api/v1/devices', { identifier: 'tablet.1', unit: 102, protocol: 'osmand', personal: true }]])
    expect(at('once').text()).toContain('on tablet.1 as its device identifier')
    expect(queries()).toHaveLength(2)
    await mounted.find('dialog').trigger('cancel')
    expect(document.activeElement).toBe(at('add').element)
  })

  it.each([
    [new Problem(422, { code: 'identifier_bad' }), 'identifier', '1 to 64'],
    [new Problem(409, { code: 'identifier_taken', identifier: 'new' }), 'identifier', 'already'],
    [new Problem(422, { code: 'no_unit' }), 'unit', 'no such unit'],
    [new Problem(422, { code: 'protocol_bad' }), 'protocol', 'not known here'],
  ])('is refused in words, at the field', async (problem, field, words) => {
    await open()
    server.when('POST /api/v1/devices', problem)
    await press('add')
    await mounted.find('[name=identifier]').setValue('new')
    await choose('A102', 'Enter')
    await submit()
    const wrong = mounted.find('[aria-invalid=true]')
    expect(wrong.attributes('name')).toBe(field)
    expect(document.activeElement).toBe(wrong.element)
    expect(document.getElementById(wrong.attributes('aria-describedby') ?? '')?.textContent).toContain(words)
    expect(mounted.findAll('[role=alert]')).toHaveLength(1)
  })
})

describe('what knocks and is not known', () => {
  const lines = (): string[][] => mounted.findAll('[data-unknown]').map((row) => row.findAll(':scope > *').map((cell) => cell.text()))
  beforeEach(() => { server.when('GET /api/v1/devices/unknown', [unknownDevice(1), unknownDevice(2, { has_token: true, address: null })]) })

  it('is listed with where from, first, last and how often, and read again every 30 s', async () => {
    await open()
    expect(lines()).toEqual([
      ['knock-1', 'OsmAnd', '10.0.0.9', '2 hours ago', '1 minute ago', '12', 'AdoptDismiss'],
      ['knock-2', 'OsmAnd', '—', '2 hours ago', '1 minute ago', '12', 'AdoptDismiss'],
    ])
    server.when('GET /api/v1/devices/unknown', [])
    await vi.advanceTimersByTimeAsync(EVERY_MILLISECONDS)
    expect(at('unknown-card').text()).toContain('A client that is pointed at this server')
  })

  it('is adopted for a unit; without a token of its own it is given one', async () => {
    server.when('POST /api/v1/devices/unknown/1/adopt', { id: 9, identifier: 'knock-1', token: 'k7m2p', typed: 'knock-1-k7m2p' })
    await open()
    await mounted.find('[data-unknown="1"] [data-testid=adopt]').trigger('click')
    await flushPromises()
    expect(at('adopt-form').text()).toContain('It sends no token')
    await choose('B7', 'Enter')
    await mounted.find('[name=personal]').setValue(true)
    server.when('GET /api/v1/devices/unknown', [unknownDevice(2)])
    await submit()
    expect(sent()).toEqual([['/api/v1/devices/unknown/1/adopt', { unit: 7, personal: true }]])
    expect((mounted.find('[name=typed]').element as HTMLInputElement).value).toBe('knock-1-k7m2p')
    expect(queries()).toHaveLength(2)
    await mounted.find('dialog').trigger('cancel')
    await flushPromises()
    expect(lines().map(([identifier]) => identifier)).toEqual(['knock-2'])
    expect(at('unknown-card').text()).toContain('Its new token has to be typed')
    expect(focused()).toContain('Unknown devices')
  })

  it('is adopted with the token that it sends', async () => {
    server.when('POST /api/v1/devices/unknown/2/adopt', { id: 9, identifier: 'knock-2', token: null, typed: null })
    await open()
    await mounted.find('[data-unknown="2"] [data-testid=adopt]').trigger('click')
    await flushPromises()
    expect(at('adopt-form').text()).toContain('It sends a token already')
    await submit()
    expect(sent()).toEqual([])
    await choose('A101', 'Enter')
    await submit()
    expect(mounted.find('dialog').exists()).toBe(false)
    expect(at('unknown-card').text()).toContain('knock-2 is adopted. Nothing has to be typed')
    expect(focused()).toContain('Unknown devices')
  })

  it('says in the dialog why it cannot be adopted', async () => {
    server.when('POST /api/v1/devices/unknown/1/adopt', new Problem(409, { code: 'identifier_taken' }))
    await open()
    await press('adopt')
    await choose('A101', 'Enter')
    await submit()
    expect(at('adopt-form').find('[role=alert]').text()).toContain('There is a device with this identifier already.')
  })

  it('is dismissed', async () => {
    server.when('DELETE /api/v1/devices/unknown/1', undefined)
    await open()
    server.when('GET /api/v1/devices/unknown', [unknownDevice(2)])
    await press('dismiss')
    expect(sent('DELETE')).toEqual([['/api/v1/devices/unknown/1', null]])
    expect(lines()).toHaveLength(1)
    expect(at('unknown-card').text()).toContain('knock-1 is dismissed.')
    expect(focused()).toContain('Unknown devices')
  })

  it('stays where it could not be dismissed', async () => {
    server.when('DELETE /api/v1/devices/unknown/1', new Problem(503))
    await open()
    await press('dismiss')
    expect(at('unknown-card').find('[role=alert]').text()).toContain('The database is away')
    expect(lines()).toHaveLength(2)
  })
})
