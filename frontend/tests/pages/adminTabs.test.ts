import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EVERY_MILLISECONDS, PRESENT_MILLISECONDS } from '@/pages/admin/useRefreshed'
import { EVERYTHING, NOW, openAdmin, Problem, ROLES, Server, sessionRow } from './adminServer'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server()
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const tabs = (): (string | undefined)[] => mounted.findAll('[data-tab]').map((tab) => tab.attributes('data-tab'))
const current = (): (string | undefined)[] => mounted.findAll('[data-tab][aria-current]').map((tab) => tab.attributes('data-tab'))
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}

describe('the tabs', () => {
  it.each([
    [EVERYTHING, ['people', 'roles', 'sessions', 'devices', 'keys', 'organisation']],
    [['person.read', 'approval.read', 'audit.read', 'retention.read', 'fleet.read'], ['people', 'approvals', 'audit', 'retention', 'parked']],
    [['person.read'], ['people']],
    [['person.read', 'grant.read'], ['people', 'roles']],
    [['person.read', 'session.read'], ['people', 'sessions']],
    [['person.read', 'device.read', 'key.read'], ['people', 'devices', 'keys']],
  ])('are those of the rights', async (atoms, expected) => {
    mounted = await openAdmin(server, atoms)
    expect(tabs()).toEqual(expected)
    expect(current()).toEqual(['people'])
  })

  it('stand in the address, so that a reload stays', async () => {
    mounted = await openAdmin(server, EVERYTHING, '/admin#sessions')
    expect(current()).toEqual(['sessions'])
    expect(mounted.find('[data-tab=roles]').attributes('href')).toBe('/admin#roles')
    await mounted.find('[data-tab=roles]').trigger('click')
    await flushPromises()
    expect(current()).toEqual(['roles'])
  })

  it('of an address that is not open lead to the first one', async () => {
    mounted = await openAdmin(server, ['person.read'], '/admin#sessions')
    expect(current()).toEqual(['people'])
  })

  it('are none without a right', async () => {
    mounted = await openAdmin(server, [])
    expect(mounted.find('main [role=alert]').text()).toContain('no right')
    expect(server.asked).toEqual([])
  })

  it('have the way back to the wall for who may open it', async () => {
    mounted = await openAdmin(server, EVERYTHING)
    expect(mounted.find('a[href="/wall"]').exists()).toBe(true)
    mounted.unmount()
    mounted = await openAdmin(server, ['person.read'])
    expect(mounted.find('a[href="/wall"]').exists()).toBe(false)
  })
})

describe('the roles', () => {
  const holds = (row: string): (string | undefined)[] => mounted.findAll(`[data-row="${row}"] [data-holds]`).map((cell) => cell.attributes('data-holds'))

  it('are a table of rights, ticked in words too', async () => {
    mounted = await openAdmin(server, EVERYTHING, '/admin#roles')
    expect(mounted.findAll('thead th').map((head) => head.text())).toEqual(['Dispatcher', 'Wallboard', 'Auditor'])
    expect(holds('map.read')).toEqual(['true', 'true', 'false'])
    expect(holds('person.read')).toEqual(['false', 'false', 'true'])
    expect(mounted.findAll('[data-row="unit.read"] [role=img]').map((mark) => mark.attributes('aria-label'))).toEqual(['Yes', 'No', 'No'])
    expect(mounted.find('[data-row="unit.read"] th').text()).toBe('See units')
  })

  it('say how one signs in, and which stand apart', async () => {
    mounted = await openAdmin(server, EVERYTHING, '/admin#roles')
    expect([holds('factor'), holds('lasting'), holds('separate')]).toEqual([['false', 'false', 'true'], ['false', 'true', 'false'], ['false', 'false', 'true']])
  })

  it('can be asked for again', async () => {
    mounted = await openAdmin(server.when('GET /api/v1/roles', new Problem(500)), EVERYTHING, '/admin#roles')
    expect(at('roles').exists()).toBe(false)
    server.when('GET /api/v1/roles', ROLES)
    await press('retry')
    expect(at('roles').exists()).toBe(true)
  })
})

describe('the sessions', () => {
  const cells = (id: number): string[] => mounted.findAll(`[data-session="${id}"] > *`).map((cell) => cell.text())
  const reads = (): number => server.of('GET').filter(({ path }) => path === '/api/v1/sessions').length
  const open = async (atoms: readonly string[] = EVERYTHING): Promise<void> => { mounted = await openAdmin(server, atoms, '/admin#sessions') }

  beforeEach(() => { server.when('GET /api/v1/sessions', [sessionRow(5, { agent: CHROME, own: true }), sessionRow(4, { lasting: true, address: null })]) })

  it('say who, since when, the last sign, from where and by what; one’s own is marked', async () => {
    await open()
    expect(cells(5)[0]).toBe('Name 5 login5 this browser')
    expect(cells(5).slice(2)).toEqual(['5 minutes ago', '10.0.0.7', 'Chrome 126 · Windows', 'End'])
    expect(cells(4).slice(2)).toEqual(['5 minutes ago lasting', '—', 'unknown', 'End'])
    expect(mounted.find('[data-session="5"] [title]').attributes('title')).toBe(CHROME)
  })

  it('are ended after a question, and read anew', async () => {
    await open()
    server.when('DELETE /api/v1/sessions/4', undefined)
    await mounted.find('[data-session="4"] [data-testid=end]').trigger('click')
    expect(at('ask').text()).toContain('End this session of Name 4?')
    expect(server.of('DELETE')).toEqual([])
    server.when('GET /api/v1/sessions', [sessionRow(5, { own: true })])
    await press('confirm')
    expect(server.of('DELETE').map(({ path }) => path)).toEqual(['/api/v1/sessions/4'])
    expect(mounted.findAll('[data-session]')).toHaveLength(1)
    expect(document.activeElement).toBe(at('refresh').element)
  })

  it('warn before one’s own', async () => {
    await open()
    await mounted.find('[data-session="5"] [data-testid=end]').trigger('click')
    expect(at('ask').text()).toContain('your own session')
  })

  it('cannot be ended by who only reads them', async () => {
    await open(['person.read', 'session.read'])
    expect(at('end').exists()).toBe(false)
  })

  it('are read again by a button and every 30 s, as long as somebody is there', async () => {
    await open()
    expect(reads()).toBe(1)
    await press('refresh')
    expect(reads()).toBe(2)
    await vi.advanceTimersByTimeAsync(EVERY_MILLISECONDS)
    expect(reads()).toBe(3)
    await vi.advanceTimersByTimeAsync(PRESENT_MILLISECONDS)
    const before = reads()
    await vi.advanceTimersByTimeAsync(PRESENT_MILLISECONDS)
    expect(reads()).toBe(before)
    window.dispatchEvent(new Event('pointermove'))
    await vi.advanceTimersByTimeAsync(EVERY_MILLISECONDS)
    expect(reads()).toBe(before + 1)
    mounted.unmount()
    await vi.advanceTimersByTimeAsync(EVERY_MILLISECONDS)
    expect(reads()).toBe(before + 1)
  })

  it('stay to be seen while they cannot be read', async () => {
    await open()
    server.when('GET /api/v1/sessions', new Problem(503))
    await press('refresh')
    expect(mounted.find('[role=alert]').text()).toContain('The database is away')
    expect(mounted.findAll('[data-session]')).toHaveLength(2)
  })

  it.each(['#roles', '#sessions'])('and roles have nothing that a checker of accessibility knows of: %s', async (hash) => {
    mounted = await openAdmin(server, EVERYTHING, `/admin${hash}`)
    vi.useRealTimers()
    const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
  })
})
