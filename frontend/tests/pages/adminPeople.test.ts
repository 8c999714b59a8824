import axe from 'axe-core'
import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { PAUSE_MILLISECONDS } from '@/pages/admin/usePaged'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import { EVERYTHING, NOW, openAdmin, page, person, Problem, Server } from './adminServer'

let server: Server
let mounted: VueWrapper

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  localStorage.clear()
  server = new Server().when('GET /api/v1/people', page([
    person(11, { roles: ['dispatcher', 'auditor'], second_factor: true, seen_at: NOW - 3 * 3_600_000, phone: '138****1234' }),
    person(12, { body: 4, name_en: null, enrolled: false }),
    person(13, { body: 2, disabled: true, enrolled: false }),
    person(14, { body: 1, locked_until: NOW + 600_000 }),
    person(15, { body: 3, locked_until: NOW - 600_000 }),
  ]))
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const ids = (): (string | undefined)[] => mounted.findAll('[data-person]').map((row) => row.attributes('data-person'))
const cells = (id: number): string[] => mounted.findAll(`[data-person="${id}"] > *`).map((cell) => cell.text())
const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
const queries = (): string[] => server.of('GET').filter(({ path }) => path.includes('/people?')).map(({ path }) => path)
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}
async function openPerson(id: number): Promise<void> {
  await mounted.find(`[data-person="${id}"] button`).trigger('click')
  await flushPromises()
}
async function enter(fields: Record<string, string | number>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await mounted.find(`[data-testid=add-form] [name=${name}]`).setValue(String(value))
  await mounted.find('[data-testid=add-form] form').trigger('submit')
  await flushPromises()
}

describe('the list of people', () => {
  it('says of each log-in, name, body, roles, state, second factor, and when he was last seen', async () => {
    mounted = await openAdmin(server)
    expect(cells(11)).toEqual(['login11', 'Name 11', 'First squad', 'Dispatcher, Auditor', 'Enrolled', 'Yes', '3 hours ago'])
    expect(cells(12)).toEqual(['login12', '姓名12', '城北', '—', 'Not yet enrolled', 'No', 'never'])
    expect([13, 14, 15].map((id) => cells(id)[4])).toEqual(['Disabled', 'Locked', 'Enrolled'])
  })

  it('speaks Chinese too', async () => {
    mounted = await openAdmin(server)
    usePreferences().language = 'zh-CN'
    i18n.global.locale.value = 'zh-CN'
    await flushPromises()
    expect(cells(11)).toEqual(['login11', '姓名11', '一中队', '派遣员、审计员', '正常', '是', '3小时前'])
  })

  it('names roles also for who may not read them from the server', async () => {
    mounted = await openAdmin(server, ['person.read', 'person.write'])
    expect(cells(11).slice(2, 4)).toEqual(['—', 'Dispatcher, Auditor'])
    expect(server.asked.map(({ path }) => path)).toEqual(['/api/v1/people?search=&after=0'])
    expect(at('bodies').exists()).toBe(false)
  })

  it('asks the server once the typing pauses', async () => {
    mounted = await openAdmin(server)
    for (const words of ['z', 'zh', ' zhang ']) await at('search').setValue(words)
    await vi.advanceTimersByTimeAsync(PAUSE_MILLISECONDS)
    expect(queries()).toEqual(['/api/v1/people?search=&after=0', '/api/v1/people?search=zhang&after=0'])
  })

  it('says that nobody matches', async () => {
    mounted = await openAdmin(server.when('GET /api/v1/people', page([])))
    expect(at('empty').text()).toBe('There is nobody yet.')
    await at('search').setValue('zhang')
    await vi.advanceTimersByTimeAsync(PAUSE_MILLISECONDS)
    expect(at('empty').text()).toBe('Nobody matches “zhang”.')
  })

  it('lists more by a button', async () => {
    server.when('GET /api/v1/people', ({ path }: { path: string }) => (path.endsWith('after=0') ? page([person(1), person(2)], 2) : page([person(3)])))
    mounted = await openAdmin(server)
    expect(mounted.text()).toContain('2 people listed, there are more')
    await press('more')
    expect(ids()).toEqual(['1', '2', '3'])
    expect(queries().at(-1)).toBe('/api/v1/people?search=&after=2')
    expect(at('more').exists()).toBe(false)
  })

  it('goes by body, of which the server knows what lies beneath, page by page', async () => {
    server.when('GET /api/v1/people', ({ path }: { path: string }) => {
      const query = new URLSearchParams(path.split('?')[1])
      if (query.get('body') !== '2') return page([person(1, { body: 4 }), person(2, { body: 3 })])
      return query.get('after') === '0' ? page([person(2, { body: 3 })], 2) : page([person(3, { body: 2 })])
    })
    mounted = await openAdmin(server)
    await mounted.find('[data-body="2"]').trigger('click')
    await flushPromises()
    expect(ids()).toEqual(['2'])
    await press('more')
    expect(ids()).toEqual(['2', '3'])
    expect(queries().slice(1)).toEqual(['/api/v1/people?search=&body=2&after=0', '/api/v1/people?search=&body=2&after=2'])
    expect(mounted.find('[data-body="2"]').attributes('aria-selected')).toBe('true')
  })

  it('walks the bodies by keys, and folds them', async () => {
    mounted = await openAdmin(server)
    const lines = (): string[] => mounted.findAll('[role=treeitem]').map((line) => line.text())
    const key = async (...keys: string[]): Promise<string | undefined> => {
      for (const one of keys) await at('bodies').trigger('keydown', { key: one })
      return at('bodies').attributes('aria-activedescendant')
    }
    expect(lines()).toEqual(['All bodies', '▾Bureau', '▾South', 'First squad', '城北'])
    expect(await key('ArrowDown', 'ArrowDown')).toBe('body-2')
    expect(await key('ArrowRight')).toBe('body-3')
    expect(await key('ArrowLeft', 'ArrowLeft')).toBe('body-2')
    expect(lines()).toEqual(['All bodies', '▾Bureau', '▸South', '城北'])
    expect(await key('End')).toBe('body-4')
    await key('Enter')
    await flushPromises()
    expect(queries().at(-1)).toContain('body=4')
    await key('Home', ' ')
    await flushPromises()
    expect(queries().at(-1)).not.toContain('body')
  })

  it('says what went wrong, and tries again by a button', async () => {
    mounted = await openAdmin(server.when('GET /api/v1/people', new Problem(503)))
    expect(mounted.find('[role=alert]').text()).toContain('The database is away')
    server.when('GET /api/v1/people', page([person(1)]))
    await press('retry')
    expect(ids()).toEqual(['1'])
    expect(mounted.find('[role=alert]').exists()).toBe(false)
  })

  it('heeds that the session has ended', async () => {
    mounted = await openAdmin(server.when('GET /api/v1/people', new Problem(401)))
    expect(useSession().status).toBe('refused')
  })

  it('has nothing that a checker of accessibility knows of, also with the panel and a dialog', async () => {
    const check = async (): Promise<void> => {
      const { violations } = await axe.run(mounted.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`)).toEqual([])
    }
    mounted = await openAdmin(server.when('GET /api/v1/people/11/grants', []))
    vi.useRealTimers()
    await check()
    await openPerson(11)
    await press('give')
    await check()
  })
})

describe('a new person', () => {
  const link = { id: 99, path: '/enrol#secret', hours: 72 }

  it('is sent, and the one-time link is shown in full, to be copied', async () => {
    const copied = vi.fn<(text: string) => Promise<void>>().mockResolvedValue()
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(copied)
    mounted = await openAdmin(server.when('POST /api/v1/people', link))
    ;(at('add').element as HTMLElement).focus()
    await press('add')
    expect(document.activeElement?.getAttribute('name')).toBe('login')
    await enter({ login: ' zhang.san ', name: '张三', body: 3, phone: '' })
    expect(server.of('POST')).toEqual([{ method: 'POST', path: '/api/v1/people', body: { login: 'zhang.san', name: '张三', name_en: null, body: 3, phone: null } }])
    const dialog = at('once')
    expect(dialog.find('input').element.value).toBe(`${window.location.origin}/enrol#secret`)
    expect(dialog.text()).toContain('张三')
    expect(dialog.text()).toContain('72 hours')
    await dialog.find('[data-copy=link]').trigger('click')
    await flushPromises()
    expect(copied).toHaveBeenCalledWith(`${window.location.origin}/enrol#secret`)
    expect(dialog.text()).toContain('Copied: Link.')
    await dialog.findAll('button').at(-1)?.trigger('click')
    expect(at('once').exists()).toBe(false)
    expect(document.activeElement).toBe(at('add').element)
    expect(mounted.html()).not.toContain('secret')
  })

  it('is not sent while something is missing', async () => {
    mounted = await openAdmin(server)
    await press('add')
    expect(mounted.find('[aria-invalid]').exists()).toBe(false)
    await enter({ login: 'zhang' })
    expect(mounted.findAll('[aria-invalid=true]').map((field) => field.attributes('name'))).toEqual(['name', 'body'])
    expect(document.activeElement?.getAttribute('name')).toBe('name')
    expect(server.of('POST')).toEqual([])
  })

  it.each([
    [new Problem(409, { code: 'login_taken', login: 'zhang' }), 'login', 'The log-in zhang is taken.'],
    [new Problem(422, { code: 'login_name', expected: '…' }), 'login', 'small letters'],
    [new Problem(422, { code: 'phone' }), 'phone', 'digits, spaces and hyphens'],
    [new Problem(422, { code: 'bad_name' }), 'name', '1 to 100'],
    [new Problem(403, { code: 'needs', atom: 'person.write', body: 3 }), 'body', 'You do not have the right'],
    [new Problem(422, { detail: 'body.phone: String should have at most 30 characters' }), 'phone', '422'],
  ])('is refused in words, at the field', async (problem, field, words) => {
    mounted = await openAdmin(server.when('POST /api/v1/people', problem))
    await press('add')
    await enter({ login: 'zhang', name: '张三', body: 3 })
    const wrong = mounted.find('[aria-invalid=true]')
    expect(wrong.attributes('name')).toBe(field)
    expect(document.activeElement).toBe(wrong.element)
    expect(document.getElementById(wrong.attributes('aria-describedby') ?? '')?.textContent).toContain(words)
    expect(mounted.findAll('[role=alert]')).toHaveLength(1)
  })

  it('says beneath the form what is about no field', async () => {
    mounted = await openAdmin(server.when('POST /api/v1/people', new Problem(503)))
    await press('add')
    await enter({ login: 'zhang', name: '张三', body: 3 })
    expect(mounted.find('[role=alert]').text()).toContain('The database is away')
  })

  it('can be left by Esc, but not while it is being sent: the link would be lost', async () => {
    let answer: (found: unknown) => void = () => { throw new Error('not asked') }
    mounted = await openAdmin(server.when('POST /api/v1/people', () => new Promise((resolve) => { answer = resolve })))
    await press('add')
    await enter({ login: 'zhang', name: '张三', body: 3 })
    await mounted.find('dialog').trigger('cancel')
    expect(at('add-form').exists()).toBe(true)
    answer(link)
    await flushPromises()
    expect(at('once').exists()).toBe(true)
    await mounted.find('dialog').trigger('cancel')
    expect(mounted.find('dialog').exists()).toBe(false)
  })

  it('is only for who may write people', async () => {
    mounted = await openAdmin(server, EVERYTHING.filter((atom) => atom !== 'person.write'))
    expect(at('add').exists()).toBe(false)
  })
})

describe('the panel of a person', () => {
  beforeEach(() => { server.when('GET /api/v1/people/11/grants', []).when('GET /api/v1/people/13/grants', []) })

  it('shows him, and gives the focus back to his row', async () => {
    mounted = await openAdmin(server)
    await openPerson(11)
    expect(at('person').text()).toContain('138****1234')
    expect(document.activeElement?.textContent).toContain('Name 11')
    expect(mounted.find('[aria-current=true]').attributes('data-person')).toBe('11')
    await at('person').trigger('keydown', { key: 'Escape' })
    expect(at('person').exists()).toBe(false)
    expect(document.activeElement?.textContent).toBe('login11')
  })

  it.each([
    [11, 'disable', '/api/v1/people/11/disable'],
    [13, 'disable', '/api/v1/people/13/enable'],
    [11, 'reset-factor', '/api/v1/people/11/reset-factor'],
  ])('of %d asks before %s, then reads him anew', async (id, button, path) => {
    mounted = await openAdmin(server.when(`POST ${path}`, undefined))
    await openPerson(id)
    await press(button)
    expect(server.of('POST')).toEqual([])
    expect(at('ask').text()).toContain(`Name ${id}`)
    server.when('GET /api/v1/people', page([person(id, { disabled: button === 'disable' && id === 11, name_en: 'Changed' })]))
    await press('confirm')
    expect(server.of('POST').map((asked) => asked.path)).toEqual([path])
    expect(queries().at(-1)).toBe(`/api/v1/people?search=login${id}&after=${id - 1}`)
    expect(at('ask').exists()).toBe(false)
    expect(at('person').text()).toContain('Changed')
    expect(cells(id)[1]).toBe('Changed')
    expect(ids()).toHaveLength(5)
  })

  it('unlocks who is locked, and only him', async () => {
    server.when('GET /api/v1/people/14/grants', []).when('POST /api/v1/people/14/unlock', undefined)
    mounted = await openAdmin(server)
    await openPerson(11)
    expect(at('unlock').exists()).toBe(false)
    await openPerson(14)
    await press('unlock')
    expect(at('ask').text()).toContain('Unlock the account of Name 14?')
    server.when('GET /api/v1/people', page([person(14, { body: 1 })]))
    await press('confirm')
    expect(server.of('POST').map((asked) => asked.path)).toEqual(['/api/v1/people/14/unlock'])
    expect(cells(14)[4]).toBe('Enrolled')
    expect(at('unlock').exists()).toBe(false)
    expect(document.activeElement?.textContent).toContain('Name 14')
  })

  it('leaves everything as it is when one thinks better of it', async () => {
    mounted = await openAdmin(server)
    await openPerson(11)
    ;(at('disable').element as HTMLElement).focus()
    await press('disable')
    await at('ask').find('[data-first]').trigger('click')
    expect([at('ask').exists(), server.of('POST').length]).toEqual([false, 0])
    expect(document.activeElement).toBe(at('disable').element)
  })

  it('says in the dialog why it was refused', async () => {
    mounted = await openAdmin(server.when('POST /api/v1/people/11/disable', new Problem(403, { code: 'own_account' })))
    await openPerson(11)
    await press('disable')
    await press('confirm')
    expect(at('ask').find('[role=alert]').text()).toBe('Nobody disables or unlocks his own account.')
  })

  it('makes another link, though not for who is disabled', async () => {
    mounted = await openAdmin(server.when('POST /api/v1/people/11/link', { id: 11, path: '/enrol#other', hours: 24 }))
    await openPerson(11)
    await press('new-link')
    expect(at('once').find('input').element.value).toBe(`${window.location.origin}/enrol#other`)
    await mounted.find('dialog').trigger('cancel')
    await openPerson(13)
    expect(at('new-link').attributes('disabled')).toBeDefined()
  })

  it('has no actions for who only reads', async () => {
    mounted = await openAdmin(server, ['person.read'])
    await openPerson(11)
    expect(at('person').findAll('button')).toHaveLength(1)
    expect(server.asked.every(({ path }) => !path.includes('grants'))).toBe(true)
  })
})
