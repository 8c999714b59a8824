import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { PAUSE_MILLISECONDS } from '@/pages/admin/usePaged'
import { usePreferences } from '@/stores/preferences'
import { device, devicesPage, EVERYTHING, NOW, openAdmin, Problem, Server, unit, unknownDevice } from './adminServer'

const TOKEN = { token: 'k7m2p', typed: 'phone-1-k7m2p' }
const READ_ONLY = EVERYTHING.filter((atom) => atom !== 'device.write')
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server()
    .when('GET /api/v1/units', { version: 1, units: [unit(101, 'A101', '巡逻车', { name_en: 'Patrol car' }), unit(102, 'A102', '指挥车'), unit(7, 'B7', '城南A1号')] })
    .when('GET /api/v1/devices', devicesPage([
      device(1),
      device(2, { personal: true, last_seen: null }),
      device(3, { former_until: NOW + 3_600_000, simulated: true }),
      device(4, { revoked_at: NOW - 3_600_000, body: 4 }),
      device(5, { identifier: 'gps-1', protocol: 'gpsd', address: '127.0.0.1:2947', former_until: NOW - 1 }),
    ]))
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const ids = (): (string | undefined)[] => mounted.findAll('[data-device]').map((row) => row.attributes('data-device'))
const cells = (id: number): string[] => mounted.findAll(`[data-device="${id}"] > *`).map((cell) => cell.text())
const queries = (): string[] => server.of('GET').filter(({ path }) => path.includes('/devices?')).map(({ path }) => path)
const sent = (method = 'POST'): unknown[] => server.of(method).map(({ path, body }) => [path, body])
const focused = (): string | null | undefined => document.activeElement?.textContent
const open = async (atoms: readonly string[] = EVERYTHING): Promise<void> => { mounted = await openAdmin(server, atoms, '/admin#devices') }
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}
async function openDevice(id: number): Promise<void> {
  await mounted.find(`[data-device="${id}"] button`).trigger('click')
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

describe('the list of devices', () => {
  it('says of each identifier, unit, state, when it was last heard, body and protocol', async () => {
    await open()
    expect(cells(1)).toEqual(['phone-1', 'A101 Patrol car', 'In use', '5 minutes ago', 'First squad', 'OsmAnd'])
    expect(cells(5)).toEqual(['gps-1', 'A101 Patrol car', 'In use', '5 minutes ago', 'First squad', 'gpsd'])
    expect([2, 3, 4].map((id) => cells(id)[2])).toEqual(['In usepersonal phone', 'Former token works until 23 Nov 2026, 13:00simulated', 'Revoked 23 Nov 2026, 11:00'])
    expect(cells(2)[3]).toBe('never')
    expect(mounted.find('[data-device="1"] time').attributes('title')).toBe('23 Nov 2026, 11:55')
  })

  it('speaks Chinese too', async () => {
    await open()
    usePreferences().language = 'zh-CN'
    i18n.global.locale.value = 'zh-CN'
    await flushPromises()
    expect(cells(2)).toEqual(['phone-2', 'A101 巡逻车', '使用中个人手机', '从未', '一中队', 'OsmAnd'])
  })

  it('is searched, goes by body and is read page by page', async () => {
    server.when('GET /api/v1/devices', ({ path }: { path: string }) => (path.endsWith('after=0') ? devicesPage([device(1)], 1) : devicesPage([device(2)])))
    await open()
    await at('search').setValue(' A1 ')
    await vi.advanceTimersByTimeAsync(PAUSE_MILLISECONDS)
    await mounted.find('[data-body="2"]').trigger('click')
    await flushPromises()
    expect(mounted.text()).toContain('1 devices listed, there are more')
    await press('more')
    expect(ids()).toEqual(['1', '2'])
    const list = '/api/v1/devices?search='
    expect(queries()).toEqual([`${list}&after=0`, `${list}A1&after=0`, `${list}A1&body=2&after=0`, `${list}A1&body=2&after=1`])
  })

  it('says that there are none, or why it could not be read', async () => {
    server.when('GET /api/v1/devices', new Problem(503))
    await open()
    expect(mounted.find('[role=alert]').text()).toContain('The database is away')
    server.when('GET /api/v1/devices', devicesPage([]))
    await press('retry')
    expect(at('empty').text()).toBe('There are no devices yet.')
  })

  it('has nothing that a checker of accessibility knows of, also with the panel and each dialog', async () => {
    const check = async (): Promise<void> => {
      const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
    }
    server.when('GET /api/v1/devices/unknown', [unknownDevice(1)]).when('POST /api/v1/devices/1/rotate', { ...TOKEN, former_until: null })
    await open()
    vi.useRealTimers()
    await check()
    await openDevice(1)
    await press('move')
    await choose('A')
    await check()
    await mounted.find('dialog').trigger('cancel')
    await press('rotate')
    await check()
    await submit()
    await check()
    await mounted.find('dialog').trigger('cancel')
    await press('adopt')
    await check()
  })
})

describe('the panel of a device', () => {
  it('shows it, and gives the focus back to its row', async () => {
    await open()
    await openDevice(5)
    for (const words of ['gps-1', '127.0.0.1:2947', '22 Nov 2026, 12:00', 'First squad']) expect(at('device').text()).toContain(words)
    expect(mounted.find('[aria-current=true]').attributes('data-device')).toBe('5')
    await at('device').trigger('keydown', { key: 'Escape' })
    expect(at('device').exists()).toBe(false)
    expect(focused()).toBe('gps-1')
  })

  it('makes a new token, which is shown this once with what is typed', async () => {
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    server.when('POST /api/v1/devices/1/rotate', { ...TOKEN, former_until: NOW + 72 * 3_600_000 })
    await open()
    await openDevice(1)
    ;(at('rotate').element as HTMLElement).focus()
    await press('rotate')
    expect(mounted.findAll('[name=overlap] option').map((option) => option.attributes('value'))).toEqual(['0', '1', '24', '72', '168'])
    await mounted.find('[name=overlap]').setValue('72')
    server.when('GET /api/v1/devices', devicesPage([device(1, { former_until: NOW + 72 * 3_600_000 })]))
    await submit()
    expect(sent()).toEqual([['/api/v1/devices/1/rotate', { overlap_hours: 72 }]])
    expect(mounted.findAll('[data-testid=once] input').map((field) => (field.element as HTMLInputElement).value)).toEqual(['phone-1-k7m2p', 'k7m2p'])
    expect(at('once').text()).toContain('The former one works until 26 Nov 2026, 12:00.')
    await mounted.find('[data-copy=typed]').trigger('click')
    await flushPromises()
    expect(copied).toHaveBeenCalledWith('phone-1-k7m2p')
    expect(at('once').text()).toContain('Copied: To be typed into the client.')
    await at('once').findAll('button').at(-1)?.trigger('click')
    expect(mounted.html()).not.toContain('k7m2p')
    expect(document.activeElement).toBe(at('rotate').element)
    expect(cells(1)[2]).toContain('Former token works until')
  })

  it('says nothing of a former token that ended at once', async () => {
    server.when('POST /api/v1/devices/1/rotate', { ...TOKEN, former_until: null })
    await open()
    await openDevice(1)
    await press('rotate')
    await mounted.find('[name=overlap]').setValue('0')
    expect(at('rotate-form').text()).toContain('shut out at once')
    await submit()
    expect(sent()).toEqual([['/api/v1/devices/1/rotate', { overlap_hours: 0 }]])
    expect(at('once').text()).not.toContain('former')
  })

  it('selects what cannot be copied', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not allowed'))
    const selected = vi.spyOn(HTMLInputElement.prototype, 'select')
    server.when('POST /api/v1/devices/1/rotate', { ...TOKEN, former_until: null })
    await open()
    await openDevice(1)
    await press('rotate')
    await submit()
    selected.mockClear()
    await mounted.find('[data-copy=token]').trigger('click')
    await flushPromises()
    expect(at('once').text()).toContain('It is selected (The token alone)')
    expect((selected.mock.contexts.at(-1) as HTMLInputElement).name).toBe('token')
  })

  it('moves it to a unit that is found by its call sign', async () => {
    server.when('PATCH /api/v1/devices/1', undefined)
    await open()
    await openDevice(1)
    await press('move')
    await submit()
    expect(mounted.find('[aria-invalid=true]').attributes('name')).toBe('unit')
    await choose('a1', 'ArrowDown', 'Enter')
    server.when('GET /api/v1/devices', devicesPage([device(1, { unit: { number: 102, call_sign: 'A102', name: '指挥车', name_en: null } })]))
    await submit()
    expect(sent('PATCH')).toEqual([['/api/v1/devices/1', { unit: 102 }]])
    expect(queries().at(-1)).toBe('/api/v1/devices?search=phone-1&after=0')
    expect(cells(1)[1]).toBe('A102 指挥车')
    expect(ids()).toHaveLength(5)
    expect(focused()).toContain('phone-1')
  })

  it('is given a precedence, and that of its protocol again', async () => {
    server.when('PATCH /api/v1/devices/1', undefined)
    await open()
    await openDevice(1)
    expect(at('device').text()).toContain('200 (by its protocol)')
    await press('prefer')
    expect(at('prefer-form').text()).toContain('Empty: 200, as its protocol has it.')
    vi.useRealTimers()
    expect((await axe.run(at('prefer-form').element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })).violations).toEqual([])
    await mounted.find('[name=precedence]').setValue('7')
    server.when('GET /api/v1/devices', devicesPage([device(1, { precedence: 7 })]))
    await submit()
    expect(mounted.findAll('[data-testid=device] dd').map((one) => one.text())).toContain('7')
    await press('prefer')
    expect((mounted.find('[name=precedence]').element as HTMLInputElement).value).toBe('7')
    await mounted.find('[name=precedence]').setValue('')
    await submit()
    expect(sent('PATCH')).toEqual([['/api/v1/devices/1', { precedence: 7 }], ['/api/v1/devices/1', { precedence: null }]])
  }, 20_000)

  it('is declared to give its places in a datum, and as its protocol says again', async () => {
    server.when('PATCH /api/v1/devices/1', undefined)
    await open()
    await openDevice(1)
    const facts = (): string[] => mounted.findAll('[data-testid=device] dd').map((one) => one.text())
    expect(facts()).toContain('Default (as its protocol says)')
    await press('datum')
    expect(mounted.findAll('[name=datum] option').map((option) => option.text())).toEqual(['Default (as its protocol says)', 'WGS-84', 'GCJ-02'])
    expect(at('datum-form').text()).toContain('whatever it says itself')
    vi.useRealTimers()
    expect((await axe.run(at('datum-form').element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })).violations).toEqual([])
    await mounted.find('[name=datum]').setValue('gcj02')
    server.when('GET /api/v1/devices', devicesPage([device(1, { datum: 'gcj02' })]))
    await submit()
    expect(facts()).toContain('GCJ-02')
    await press('datum')
    const select = mounted.find('[name=datum]').element as HTMLSelectElement
    expect(select.selectedOptions[0]?.text).toBe('GCJ-02')
    await mounted.findAll('[name=datum] option')[0]?.setValue()
    await submit()
    expect(sent('PATCH')).toEqual([['/api/v1/devices/1', { datum: 'gcj02' }], ['/api/v1/devices/1', { datum: null }]])
  }, 20_000)

  it.each([
    [1, 'personal', 'somebody’s own telephone', 'PATCH', '/api/v1/devices/1', { personal: true }],
    [2, 'personal', 'of the service', 'PATCH', '/api/v1/devices/2', { personal: false }],
    [1, 'revoke', 'Revoke phone-1?', 'POST', '/api/v1/devices/1/revoke', null],
  ])('of %d asks before %s', async (id, button, words, method, path, body) => {
    server.when(`${method} ${path}`, undefined)
    await open()
    await openDevice(id)
    await press(button)
    expect(at('ask').text()).toContain(words)
    expect(sent(method)).toEqual([])
    server.when('GET /api/v1/devices', devicesPage([device(id, { identifier: 'changed' })]))
    await press('confirm')
    expect(sent(method)).toEqual([[path, body]])
    expect(at('device').find('h2').text()).toBe('changed')
    expect(document.activeElement).toBe(at('device').find('h2').element)
  })

  it('says in the dialog why it was refused', async () => {
    server.when('POST /api/v1/devices/1/revoke', new Problem(403, { code: 'needs', atom: 'device.write' }))
    await open()
    await openDevice(1)
    await press('revoke')
    await press('confirm')
    expect(at('ask').find('[role=alert]').text()).toBe('You do not have the right “device.write” there.')
  })

  it('has no token for what the server calls, nothing to do for a revoked one, and no actions for who only reads', async () => {
    await open()
    await openDevice(5)
    expect([at('rotate').exists(), at('move').exists()]).toEqual([false, true])
    await openDevice(4)
    expect(at('move').exists()).toBe(false)
    expect(at('device').text()).toContain('take it into use again')
    mounted.unmount()
    await open(READ_ONLY)
    await openDevice(1)
    expect(at('device').findAll('button')).toHaveLength(1)
    expect([at('add').exists(), at('unknown-card').exists()]).toEqual([false, false])
    expect(server.of('GET').filter(({ path }) => path.endsWith('/unknown'))).toHaveLength(1)
  })
})
