import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Approval } from '@/live/approvals'
import { AUDIT_PAGE, type AuditRow } from '@/live/audit'
import type { Parked } from '@/live/parked'
import type { Retention } from '@/live/retention'
import { EVERYTHING, NOW, openAdmin, person, Problem, Server } from './adminServer'
import { FakeEngine } from './fakeEngine'

vi.mock('@/map/engine', () => ({ MapEngine: FakeEngine }))

const DAY = 86_400_000
const ALL = [...EVERYTHING, 'audit.read', 'approval.read', 'approval.ask', 'approval.decide', 'retention.read', 'hold.write', 'fleet.read']
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  localStorage.clear()
  server = new Server().when('GET /api/v1/ground', new Problem(503))
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
async function settle(): Promise<void> {
  await vi.dynamicImportSettled()
  await flushPromises()
}
async function open(tab: string, atoms: readonly string[] = ALL): Promise<void> {
  mounted = await openAdmin(server, atoms, `/admin#${tab}`)
  await settle()
}
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await settle()
}
async function submit(selector = 'dialog form'): Promise<void> {
  await mounted.find(selector).trigger('submit')
  await settle()
}
async function fill(values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await mounted.find(`[name="${name}"]`).setValue(value)
}
const asked = (path: string): URLSearchParams => new URL(server.of('GET').filter((one) => one.path.startsWith(`/api/v1/${path}`)).at(-1)?.path ?? '', 'http://x').searchParams

describe('the audit', () => {
  const row = (id: number, more: Partial<AuditRow> = {}): AuditRow => ({ id, at: NOW - id, actor: 'person:7', actor_name: 'Wang Li', session: 3, address: '10.0.0.7', action: 'grant.made', object: 'person:9', details: { role: 'dispatcher', scope: { body: 2 } }, ...more })
  const lines = (): string[] => mounted.findAll('[data-row]').map((line) => line.find('tr').text().replace(/\s+/g, ' '))

  it('says actions and objects in words, unknown ones as they are', async () => {
    server.when('GET /api/v1/audit', [row(2), row(1, { action: 'odd.thing', object: 'widget:5', actor_name: '' })])
    await open('audit')
    expect(lines()[0]).toContain('Wang LiGranted rightsPerson 9')
    expect(lines()[1]).toContain('person:7odd.thingwidget:5')
    expect(lines()[0]).toMatch(/\d\d:\d\d:\d\d/)
  })

  it('shows the details of a row when they are wanted', async () => {
    server.when('GET /api/v1/audit', [row(2, { details: { scope: { body: 2 }, until: new Date(2026, 11, 1).getTime(), rows: 5 } })])
    await open('audit')
    const button = mounted.find('[data-row="2"] [aria-expanded]')
    expect([button.attributes('aria-expanded'), mounted.find('#audit-2').exists()]).toEqual(['false', false])
    await button.trigger('click')
    expect(mounted.find('#audit-2').text()).toContain('{"body":2}')
    for (const words of ['10.0.0.7', 'until1 Dec 2026, 00:00:00', 'rows5']) expect(mounted.find('#audit-2').text()).toContain(words)
    await button.trigger('click')
    expect(mounted.find('#audit-2').exists()).toBe(false)
  })

  it('is searched by object, action and span', async () => {
    server.when('GET /api/v1/audit', [])
    await open('audit')
    expect([...asked('audit').keys()]).toEqual([])
    await fill({ object: ' unit:101 ', action: 'grant', since: '2026-11-01T08:00', until: '2026-11-02T08:00' })
    await submit('form')
    expect(Object.fromEntries(asked('audit'))).toEqual({ object: 'unit:101', action: 'grant', since: String(new Date(2026, 10, 1, 8).getTime()), until: String(new Date(2026, 10, 2, 8).getTime()) })
    expect(at('empty').text()).toBe('No row matches.')
  })

  it.each([['login7', 'person:7'], ['Name 7', 'person:7'], ['person:3', 'person:3'], ['command line', 'command line']])('is searched by the person %s', async (typed, actor) => {
    server.when('GET /api/v1/audit', []).when('GET /api/v1/people', { people: [person(7), person(77)], more: null })
    await open('audit')
    await fill({ person: typed })
    await submit('form')
    expect(asked('audit').get('actor')).toBe(actor)
  })

  it('asks nothing of a person whom nobody is, and says so', async () => {
    server.when('GET /api/v1/audit', [row(2)])
    await open('audit')
    await fill({ person: 'nobody' })
    await submit('form')
    expect(mounted.find('[role=alert]').text()).toContain('Nobody has this log-in')
    expect([lines(), server.of('GET').filter(({ path }) => path.startsWith('/api/v1/audit')).length]).toEqual([[], 1])
  })

  it('is narrowed to the person or object of a row by a press', async () => {
    server.when('GET /api/v1/audit', [row(2)])
    await open('audit')
    const [actor, object] = mounted.findAll('[data-row="2"] button.link')
    await actor?.trigger('click')
    await settle()
    await object?.trigger('click')
    await settle()
    expect([asked('audit').get('actor'), asked('audit').get('object')]).toEqual(['person:7', 'person:9'])
  })

  it('shows only reads of personal data, with the reason', async () => {
    server.when('GET /api/v1/audit', [row(2, { action: 'track.read', object: 'unit:101', reason: 'complaint 17' })])
    await open('audit')
    expect(mounted.text()).not.toContain('complaint 17')
    await mounted.find('[name=access]').setValue(true)
    await settle()
    expect(asked('audit').get('access')).toBe('true')
    expect(lines()[0]).toContain('Read a trackUnit 101complaint 17')
  })

  it('goes on to older pages, and stops at the last one', async () => {
    server.when('GET /api/v1/audit', ({ path }: { path: string }) => (path.includes('before=') ? [row(1)] : Array.from({ length: AUDIT_PAGE }, (_, index) => row(500 - index))))
    await open('audit')
    await press('older')
    expect(asked('audit').get('before')).toBe(String(500 - AUDIT_PAGE + 1))
    expect(lines()).toHaveLength(AUDIT_PAGE + 1)
    expect(at('older').exists()).toBe(false)
  })
})

describe('approvals', () => {
  const approval = (id: number, more: Partial<Approval> = {}): Approval => ({ id, kind: 'bulk_export', payload: { body: 2, from: NOW - DAY, to: NOW }, reason: 'order 88', asked_by: 4, asked_by_name: 'Wang Li', asked_at: NOW - 1000, state: 'open', decided_by_name: null, decided_at: null, decided_reason: null, own: false, may_decide: true, expires_at: null, result: null, ...more })
  const of = (id: number): string[] => mounted.findAll(`[data-approval="${id}"] [data-testid]`).map((button) => button.attributes('data-testid') ?? '')

  it('offer what each person may do with each', async () => {
    server.when('GET /api/v1/approvals', [
      approval(1), approval(2, { own: true, may_decide: true }), approval(3, { may_decide: false }),
      approval(4, { state: 'approved', own: true, decided_at: NOW - DAY / 2, decided_by_name: 'Li' }),
      approval(5, { state: 'approved', own: true, decided_at: NOW - 2 * DAY }), approval(6, { state: 'approved', decided_at: NOW }),
    ])
    await open('approvals')
    expect([1, 2, 3, 4, 5, 6].map(of)).toEqual([['refuse', 'approve'], ['withdraw'], [], ['download'], [], []])
    expect(mounted.findAll('[data-group=open] [data-approval]')).toHaveLength(3)
    expect(at('download').attributes('href')).toBe('/api/v1/approvals/4/export')
    expect(mounted.find('[data-approval="1"]').text()).toContain('South')
  })

  it('are approved with or without a remark, and read anew', async () => {
    server.when('GET /api/v1/approvals', [approval(1)]).when('POST /api/v1/approvals/1/approve', { result: {} })
    await open('approvals')
    await press('approve')
    expect(at('decide').text()).toContain('carried out at once')
    await submit()
    expect(server.of('POST').at(-1)).toMatchObject({ path: '/api/v1/approvals/1/approve', body: {} })
    expect(server.of('GET').filter(({ path }) => path.startsWith('/api/v1/approvals'))).toHaveLength(2)
  })

  it('are refused with a reason only', async () => {
    server.when('GET /api/v1/approvals', [approval(1)]).when('POST /api/v1/approvals/1/refuse', undefined)
    await open('approvals')
    await press('refuse')
    await submit()
    expect(server.of('POST')).toEqual([])
    expect(mounted.find('dialog [role=alert]').text()).toBe('This is needed.')
    await fill({ reason: 'ask the centre first' })
    await submit()
    expect(server.of('POST').at(-1)?.body).toEqual({ reason: 'ask the centre first' })
  })

  it('are withdrawn by who asked, after a question', async () => {
    server.when('GET /api/v1/approvals', [approval(1, { own: true })]).when('POST /api/v1/approvals/1/withdraw', undefined)
    await open('approvals')
    await press('withdraw')
    await press('confirm')
    expect(server.of('POST').map(({ path }) => path)).toEqual(['/api/v1/approvals/1/withdraw'])
  })

  it('that the server keeps from who asked say so', async () => {
    server.when('GET /api/v1/approvals', [approval(1)]).when('POST /api/v1/approvals/1/approve', new Problem(403, { code: 'own_request' }))
    await open('approvals')
    await press('approve')
    await submit()
    expect(mounted.find('dialog [role=alert]').text()).toContain('asked for himself')
  })

  const kinds: [string, Record<string, string>, Record<string, unknown>][] = [
    ['purge', { before: '2026-08-01' }, { before: new Date(2026, 7, 1).getTime() }],
    ['evidence_deletion', { hold: '3' }, { hold: 3 }],
    ['bulk_export', { body: '2', from: '2026-11-01T00:00', to: '2026-11-02T00:00' }, { body: 2, from: new Date(2026, 10, 1).getTime(), to: new Date(2026, 10, 2).getTime() }],
    ['audit_settings', { reason_signs: '5' }, { reason_signs: 5 }],
  ]
  it.each(kinds)('are asked for: %s', async (kind, values, payload) => {
    const hold = { id: 3, kind: 'legal', subject: 'case 17', units: [], from: 0, to: 1, reason: '', by: null, made_at: 0, ended_at: null }
    server.when('GET /api/v1/approvals', []).when('GET /api/v1/audit/settings', { anchor_hours: 24, reason_signs: 3 }).when('POST /api/v1/approvals', { id: 9 })
      .when('GET /api/v1/retention', { holds: [hold, { ...hold, id: 4, kind: 'case' }, { ...hold, id: 5, ended_at: 1 }] })
    await open('approvals')
    await press('ask-approval')
    await mounted.find(`[data-kind=${kind}]`).setValue(true)
    await submit()
    expect(server.of('POST')).toEqual([])
    expect(mounted.findAll('dialog [role=alert]').length).toBeGreaterThan(0)
    await fill(values)
    await mounted.find('dialog [name=reason]').setValue('order 88')
    await submit()
    expect(server.of('POST').at(-1)?.body).toEqual({ kind, payload, reason: 'order 88' })
  })

  it('of settings show the present ones; where nothing is held that is said', async () => {
    server.when('GET /api/v1/approvals', []).when('GET /api/v1/audit/settings', { anchor_hours: 24, reason_signs: 3 }).when('GET /api/v1/retention', { holds: [] })
    await open('approvals')
    await press('ask-approval')
    await mounted.find('[data-kind=audit_settings]').setValue(true)
    expect(mounted.find('dialog').text()).toContain('24 now')
    await mounted.find('dialog [name=reason]').setValue('order 88')
    await submit()
    expect(mounted.find('dialog').text()).toContain('hold already')
    await mounted.find('[data-kind=evidence_deletion]').setValue(true)
    expect(mounted.find('dialog').text()).toContain('no legal hold in force')
  })

  it('are not asked for by who may only read them', async () => {
    server.when('GET /api/v1/approvals', [])
    await open('approvals', ['person.read', 'approval.read'])
    expect(at('ask-approval').exists()).toBe(false)
  })
})

const RETENTION: Retention = {
  raw_days: 90, oldest_raw: NOW - 89 * DAY, raw_days_kept: 89, kept_fixes: 12_345, coarse_rows: 5, last_run: null,
  holds: [{ id: 3, kind: 'legal', subject: 'case 17', units: [{ number: 101, call_sign: 'C-01' }], from: NOW - DAY, to: NOW, reason: 'court', by: 'Wang Li', made_at: NOW, ended_at: null }],
}

describe('retention', () => {
  it('says how long what lives, and what is held', async () => {
    server.when('GET /api/v1/retention', RETENTION)
    await open('retention')
    for (const words of ['90 days', '12,345', '89 days']) expect(at('retention').text()).toContain(words)
    expect(mounted.find('[data-hold="3"]').text()).toContain('C-01')
  })

  it('takes a legal hold, when all of it is there', async () => {
    server.when('GET /api/v1/retention', RETENTION).when('POST /api/v1/holds', { id: 4 })
    await open('retention')
    await press('add-hold')
    await submit()
    expect(mounted.findAll('dialog [role=alert]')).toHaveLength(5)
    await fill({ subject: 'complaint 9', units: '101、102', from: '2026-11-02T00:00', to: '2026-11-01T00:00', reason: 'court order' })
    await submit()
    expect(mounted.find('dialog [role=alert]').text()).toContain('later than the beginning')
    await fill({ to: '2026-11-03T00:00' })
    await submit()
    expect(server.of('POST').at(-1)?.body).toEqual({ subject: 'complaint 9', units: [101, 102], from: new Date(2026, 10, 2).getTime(), to: new Date(2026, 10, 3).getTime(), reason: 'court order' })
    expect(mounted.find('dialog').exists()).toBe(false)
  })

  it('is only read by who may not hold', async () => {
    server.when('GET /api/v1/retention', RETENTION)
    await open('retention', ['person.read', 'retention.read'])
    expect(at('add-hold').exists()).toBe(false)
  })
})

describe('parked vehicles', () => {
  const vehicle = (unit: number, longitude: number): Parked => ({ unit, call_sign: `C-${unit}`, name: '车', name_en: 'Car', body: 3, plate: null, longitude, latitude: 0, time: NOW - 3_600_000 })

  beforeEach(() => {
    vi.stubGlobal('Path2D', vi.fn())
    const pen = new Proxy({}, { get: (_, name) => (name === 'getImageData' ? () => ({}) : () => undefined), set: () => true })
    vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => pen as never)
    server.when('GET /api/v1/fleet/parked', [vehicle(7, 0.1), vehicle(8, 0.5)])
  })

  it('stand in a list and on a map, and are chosen on both', async () => {
    await open('parked')
    expect(mounted.find('[data-unit="7"]').text().replace(/\s+/g, ' ')).toBe('C-7—CarFirst squad1 hour ago')
    expect(FakeEngine.last?.data.get('parked')?.features).toHaveLength(2)
    await mounted.find('[data-unit="8"] button').trigger('click')
    await settle()
    expect(FakeEngine.last?.fitted).toMatchObject({ unit: 8 })
    FakeEngine.last?.click(0.101, 0)
    await settle()
    expect(mounted.find('[data-unit="7"]').attributes('aria-current')).toBe('true')
  })

  it('are none where none is off duty', async () => {
    server.when('GET /api/v1/fleet/parked', [])
    await open('parked')
    expect(mounted.text()).toContain('No government vehicle is off duty.')
  })
})

describe('a checker of accessibility knows of nothing', () => {
  it.each([['audit', null], ['approvals', null], ['approvals', 'ask-approval'], ['retention', null], ['retention', 'add-hold'], ['parked', null]])('on %s, %s', async (tab, button) => {
    server.when('GET /api/v1/audit', [{ id: 1, at: NOW, actor: 'person:7', actor_name: 'Wang', session: null, address: null, action: 'login.done', object: null, details: {} }]).when('GET /api/v1/retention', RETENTION)
      .when('GET /api/v1/approvals', []).when('GET /api/v1/audit/settings', { anchor_hours: 24, reason_signs: 3 }).when('GET /api/v1/fleet/parked', [])
    await open(tab)
    if (button) await press(button)
    vi.useRealTimers()
    const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
  })
})
