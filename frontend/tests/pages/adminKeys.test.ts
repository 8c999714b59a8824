import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { accessKey, EVERYTHING, NOW, openAdmin, Problem, Server } from './adminServer'

const DAY = 86_400_000
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server().when('GET /api/v1/keys', [
    accessKey(1, { atoms: ['map.read', 'unit.read'], expires_at: NOW + DAY, used_at: NOW - 300_000 }),
    accessKey(2, { scope: { everything: true }, former_until: NOW + 3_600_000 }),
    accessKey(3, { expires_at: NOW - DAY, scope: null }),
    accessKey(4, { revoked_at: NOW - DAY, expires_at: NOW - 2 * DAY }),
  ])
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const of = (key: number, id: string): DOMWrapper<Element> => mounted.find(`[data-key="${key}"] [data-testid=${id}]`)
const cells = (id: number): string[] => mounted.findAll(`[data-key="${id}"] > *`).map((cell) => cell.text())
const sent = (): unknown[] => server.of('POST').map(({ path, body }) => [path, body])
const open = async (atoms: readonly string[] = EVERYTHING): Promise<void> => { mounted = await openAdmin(server, atoms, '/admin#keys') }
async function press(button: DOMWrapper<Element>): Promise<void> {
  ;(button.element as HTMLElement).focus()
  await button.trigger('click')
  await flushPromises()
}
async function set(field: string, value: unknown = true): Promise<void> {
  await at('key-form').find(field).setValue(value)
}
async function submit(): Promise<void> {
  await mounted.find('dialog form').trigger('submit')
  await flushPromises()
}

describe('the keys of partners', () => {
  it('say whose, what, where, from when until when, when last used, and whether they open', async () => {
    await open()
    expect(cells(1)).toEqual(['partner 1', 'See the map, See units', 'South and beneath', '22 Nov 2026, 12:00', '24 Nov 2026, 12:00', '5 minutes ago', 'In force', 'New keyRevoke'])
    expect(cells(2).slice(2)).toEqual(['Everything', '22 Nov 2026, 12:00', 'open', 'never', 'Former key works until 23 Nov 2026, 13:00', 'New keyRevoke'])
    expect([3, 4].map((id) => cells(id).slice(6))).toEqual([['Expired', ''], ['Revoked 22 Nov 2026, 12:00', '']])
    expect(cells(3)[2]).toBe('in several places')
  })

  it('are only shown to who may not change them', async () => {
    await open(EVERYTHING.filter((atom) => atom !== 'key.write'))
    expect(mounted.findAll('[data-key]')).toHaveLength(4)
    expect([at('add').exists(), at('rotate').exists(), at('revoke').exists()]).toEqual([false, false, false])
  })

  it('are none, or cannot be read', async () => {
    await open()
    server.when('GET /api/v1/keys', new Problem(503))
    await press(at('refresh'))
    expect(mounted.find('[role=alert]').text()).toContain('The database is away')
    expect(mounted.findAll('[data-key]')).toHaveLength(4)
    server.when('GET /api/v1/keys', [])
    await press(at('retry'))
    expect(mounted.text()).toContain('There are no keys yet.')
  })

  it('are renewed with an overlap; the new one is shown this once', async () => {
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    server.when('POST /api/v1/keys/1/rotate', { key: 'ldk_new', former_until: NOW + 24 * 3_600_000 })
    await open()
    await press(of(1, 'rotate'))
    expect(mounted.find('dialog').text()).toContain('New key for partner 1')
    await submit()
    expect(sent()).toEqual([['/api/v1/keys/1/rotate', { overlap_hours: 24 }]])
    expect(at('once').text()).toContain('to partner 1')
    expect(at('once').text()).toContain('The former one works until 24 Nov 2026, 12:00.')
    await mounted.find('[data-copy=key]').trigger('click')
    await flushPromises()
    expect(copied).toHaveBeenCalledWith('ldk_new')
    await mounted.find('dialog').trigger('cancel')
    expect(mounted.html()).not.toContain('ldk_new')
    expect(document.activeElement).toBe(of(1, 'rotate').element)
  })

  it('are not renewed here where they hold what is for people', async () => {
    server.when('POST /api/v1/keys/1/rotate', new Problem(409, { code: 'separate', got: 'person.read' }))
    await open()
    await press(of(1, 'rotate'))
    await submit()
    expect(at('rotate-form').find('[role=alert]').text()).toContain('Rights for people only: See people.')
  })

  it('are revoked after a question', async () => {
    server.when('POST /api/v1/keys/2/revoke', undefined)
    await open()
    await press(of(2, 'revoke'))
    expect(at('ask').text()).toContain('Revoke the key of partner 2?')
    expect(sent()).toEqual([])
    server.when('GET /api/v1/keys', [accessKey(2, { revoked_at: NOW })])
    await press(at('confirm'))
    expect(sent()).toEqual([['/api/v1/keys/2/revoke', null]])
    expect(mounted.findAll('[data-key]')).toHaveLength(1)
    expect(document.activeElement).toBe(at('refresh').element)
  })

  it('have nothing that a checker of accessibility knows of, also with each dialog', async () => {
    const check = async (): Promise<void> => {
      const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
    }
    server.when('POST /api/v1/keys/1/rotate', { key: 'ldk_new', former_until: null })
    await open()
    vi.useRealTimers()
    await check()
    await press(at('add'))
    await submit()
    await check()
    await mounted.find('dialog').trigger('cancel')
    await press(of(1, 'rotate'))
    await submit()
    await check()
  })
})

describe('a new key', () => {
  beforeEach(async () => {
    server.when('POST /api/v1/keys', { id: 9, name: 'hotline', key: 'ldk_secret' })
    await open()
    await press(at('add'))
  })

  it('is sent with rights, place and end, and shown this once', async () => {
    await set('[name=name]', ' hotline ')
    await set('[type=checkbox][value="map.read"]')
    await set('[data-scope=units]')
    await set('[name=units]', '101 102')
    await set('[name=until]', '2026-12-24T18:30')
    await submit()
    expect(sent()).toEqual([['/api/v1/keys', { name: 'hotline', atoms: ['map.read'], scope: { units: [101, 102] }, expires_at: new Date(2026, 11, 24, 18, 30).getTime() }]])
    expect((mounted.find('[name=key]').element as HTMLInputElement).value).toBe('ldk_secret')
    expect(at('once').text()).not.toContain('former')
    expect(server.of('GET').filter(({ path }) => path === '/api/v1/keys')).toHaveLength(2)
    await mounted.find('dialog').trigger('cancel')
    expect(document.activeElement).toBe(at('add').element)
  })

  it('holds until it is revoked where no end is given', async () => {
    await set('[name=name]', 'hotline')
    await set('[type=checkbox][value="map.read"]')
    await set('[name=scope-body]', '2')
    await submit()
    expect(sent()).toEqual([['/api/v1/keys', { name: 'hotline', atoms: ['map.read'], scope: { body: 2 } }]])
  })

  it('is not sent while something is missing or wrong', async () => {
    await set('[name=until]', '2020-01-01T00:00')
    await submit()
    expect(mounted.findAll('[role=alert]').map((one) => one.text())).toEqual(['This is needed.', 'Tick at least one right.', 'Choose a body.', 'The end has to be later than now.'])
    expect(document.activeElement?.getAttribute('name')).toBe('name')
    expect(sent()).toEqual([])
  })

  it.each([
    [new Problem(409, { code: 'name_taken', name: 'hotline' }), 'This name is taken: choose another one.'],
    [new Problem(403, { code: 'missing', missing: ['map.read'] }), 'You do not hold this there yourself: See the map.'],
    [new Problem(409, { code: 'separate', got: ['person.read', 'unit.read'] }), 'Rights for people only: See people, See units. A key that has them is dealt with on the machine: liandong key.'],
  ])('that is refused says why', async (problem, words) => {
    server.when('POST /api/v1/keys', problem)
    await set('[name=name]', 'hotline')
    await set('[type=checkbox][value="map.read"]')
    await set('[data-scope=everything]')
    await submit()
    expect(mounted.findAll('[role=alert]').map((one) => one.text())).toEqual([words])
  })
})
