import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EVERYTHING, grant, NOW, openAdmin, page, person, Problem, Server } from './adminServer'

const GRANTS = '/api/v1/people/11/grants'
let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server().when('GET /api/v1/people', page([person(11)])).when(`GET ${GRANTS}`, [grant(7)])
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const cards = (): string[] => mounted.findAll('[data-grant]').map((card) => card.text())
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}
async function openPanel(atoms: readonly string[] = EVERYTHING): Promise<void> {
  mounted = await openAdmin(server, atoms)
  await mounted.find('[data-person="11"] button').trigger('click')
  await flushPromises()
}
async function openForm(): Promise<void> {
  await openPanel()
  await press('give')
}
async function set(field: string, value: unknown = true): Promise<void> {
  await at('grant-form').find(field).setValue(value)
}
async function submit(): Promise<void> {
  await at('grant-form').find('form').trigger('submit')
  await flushPromises()
}
const sent = (): unknown[] => server.of('POST').map(({ path, body }) => [path, body])

describe('the rights of a person', () => {
  it('are in words: what, where, from when until when, by whom and why', async () => {
    server.when(`GET ${GRANTS}`, [
      grant(1, { by: 'Li', reason: 'joint action', until: NOW + 86_400_000 }),
      grant(2, { role: null, atoms: ['map.read', 'later.atom'], scope: { units: [101, 102] }, since: NOW + 86_400_000 }),
      grant(3, { scope: { everything: true } }),
      grant(4, { scope: { cells: ['a', 'b'] } }),
    ])
    await openPanel()
    const [first, second, third, fourth] = cards()
    for (const words of ['Dispatcher', 'South and beneath', '24 Nov 2026', 'Li', 'joint action']) expect(first).toContain(words)
    for (const words of ['See the map, later.atom', 'units 101, 102', 'not yet in force', 'open (until taken back)']) expect(second).toContain(words)
    expect(third).toContain('Everything')
    expect(fourth).toContain('2 cells')
  })

  it('say that there are none, or why they could not be read', async () => {
    server.when(`GET ${GRANTS}`, new Problem(404))
    await openPanel()
    expect(at('person').find('[role=alert]').text()).toContain('Not found')
    server.when(`GET ${GRANTS}`, [])
    await at('person').find('[data-testid=retry]').trigger('click')
    await flushPromises()
    expect(at('person').text()).toContain('Nothing is granted.')
  })

  it('are taken back after a question, and read anew', async () => {
    server.when('DELETE /api/v1/grants/7', undefined)
    await openPanel()
    await press('take-back')
    expect(at('ask').text()).toContain('Take “Dispatcher” back from Name 11?')
    expect(server.of('DELETE')).toEqual([])
    server.when(`GET ${GRANTS}`, [])
    await press('confirm')
    expect(server.of('DELETE').map(({ path }) => path)).toEqual(['/api/v1/grants/7'])
    expect(cards()).toEqual([])
    expect(document.activeElement?.textContent).toBe('Rights')
  })

  it('are only shown to who may not grant', async () => {
    await openPanel(['person.read', 'grant.read'])
    expect(cards()).toHaveLength(1)
    expect([at('give').exists(), at('take-back').exists()]).toEqual([false, false])
  })
})

describe('a grant', () => {
  beforeEach(() => { server.when(`POST ${GRANTS}`, 8) })

  it('of a role says what it holds, and goes to the person’s own body unless told otherwise', async () => {
    await openForm()
    await set('[name=role]', 'auditor')
    expect(at('holds').text()).toContain('See people')
    expect(at('holds').text()).toContain('Second factor required')
    await submit()
    expect(sent()).toEqual([[GRANTS, { role: 'auditor', scope: { body: 3 } }]])
    expect(at('grant-form').exists()).toBe(false)
    expect(document.activeElement?.textContent).toBe('Rights')
    expect(server.of('GET').filter(({ path }) => path === GRANTS)).toHaveLength(2)
  })

  it('of single rights for units until a moment, with a reason', async () => {
    await openForm()
    await set('[type=radio][value=atoms]')
    await set('[type=checkbox][value="map.read"]')
    await set('[type=checkbox][value="unit.read"]')
    await set('[data-scope=units]')
    await set('[name=units]', '101、102 103')
    await set('[name=until]', '2026-12-24T18:30')
    await set('[name=reason]', ' joint action ')
    await submit()
    const until = new Date(2026, 11, 24, 18, 30).toISOString()
    expect(sent()).toEqual([[GRANTS, { atoms: ['map.read', 'unit.read'], scope: { units: [101, 102, 103] }, until, reason: 'joint action' }]])
  })

  it('of everything warns', async () => {
    await openForm()
    await set('[name=role]', 'dispatcher')
    await set('[data-scope=everything]')
    expect(at('grant-form').text()).toContain('choose this with care')
    await submit()
    expect(sent()).toEqual([[GRANTS, { role: 'dispatcher', scope: { everything: true } }]])
  })

  it('is not sent while something is missing or wrong', async () => {
    await openForm()
    await set('[data-scope=units]')
    await set('[name=units]', '101, car')
    await set('[name=until]', '2020-01-01T00:00')
    await submit()
    expect(mounted.findAll('[role=alert]').map((one) => one.text())).toEqual(['Choose a role.', 'Give numbers of units, as 101, 102.', 'The end has to be later than now.'])
    expect(document.activeElement?.getAttribute('name')).toBe('role')
    await set('[type=radio][value=atoms]')
    expect(mounted.find('[role=alert]').text()).toBe('Tick at least one right.')
    expect(sent()).toEqual([])
  })

  it.each([
    [new Problem(409, { code: 'separate', held: ['auditor'] }), 'The three administrators stand apart: this person is Auditor already and cannot be another one of them.'],
    [new Problem(403, { code: 'own_grant', atom: 'grant.write' }), 'Nobody grants rights to himself: ask another security administrator.'],
    [new Problem(403, { code: 'missing', missing: ['map.read', 'unit.read'] }), 'You do not hold this there yourself: See the map, See units.'],
    [new Problem(403, { code: 'needs', atom: 'map.read' }), 'You do not have the right “See the map” there.'],
    [new Problem(403, { code: 'shared_too_long' }), 'What is shared must end, and before long: give an earlier end.'],
    [new Problem(403, { code: 'shared_too_long', days: 31 }), 'What is shared ends within 31 days: give an end.'],
    [new Problem(422, { code: 'until_before_since' }), 'The end has to be later than the beginning, and not in the past.'],
    [new Problem(422, { detail: 'something new' }), 'The server did not accept this (422): something new'],
  ])('that is refused says why, with the server’s facts', async (problem, words) => {
    server.when(`POST ${GRANTS}`, problem)
    await openForm()
    await set('[name=role]', 'auditor')
    await submit()
    expect(at('grant-form').find('[role=alert]').text()).toBe(words)
    server.when(`POST ${GRANTS}`, 8)
    await submit()
    expect(at('grant-form').exists()).toBe(false)
  })
})
