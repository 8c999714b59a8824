import axe from 'axe-core'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest'
import { en } from '@/i18n/en'
import EnrolPage from '@/pages/login/EnrolPage.vue'
import { problem, serve, sessionOf, type Answer, type Call } from '../server'
import { begin, openAt, type, watchLeaving } from './opening'

const { faults } = en.login
const LOOK = 'POST /api/v1/enrol/look'
const ENROL = 'POST /api/v1/enrol'
const INVITED: Answer = [200, { login: 'lin', name: '林晓燕', rules: { length: 12, kinds: 3 } }]

let page: VueWrapper
let leaving: Mock<(url: string | URL) => void>

beforeEach(() => {
  begin()
  leaving = watchLeaving()
})
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
  window.history.replaceState(null, '', '/')
})

const find = (name: string): ReturnType<VueWrapper['find']> => page.find(`[data-testid="${name}"]`)
const fault = (): string => (find('fault').exists() ? find('fault').text() : '')

async function open(answers: Record<string, Answer | readonly Answer[]>, hash = '#the-token'): Promise<Call[]> {
  const calls = serve({ [LOOK]: INVITED, 'GET /api/v1/session': [200, sessionOf({ atoms: ['system.read'] })], ...answers })
  window.history.replaceState({ kept: 'state' }, '', `/enrol${hash}`)
  page = await openAt('/enrol', EnrolPage)
  await flushPromises()
  return calls
}

async function submit(...texts: string[]): Promise<void> {
  await type(page, ...texts)
  await page.find('form').trigger('submit')
  await flushPromises()
}

describe('a one-time link', () => {
  it('leaves the address at once, and the history with it', async () => {
    const replaced = vi.spyOn(window.history, 'replaceState')
    const opened = open({})
    await opened
    expect(window.location.href).not.toContain('the-token')
    expect(window.location.hash).toBe('')
    expect(replaced.mock.lastCall).toEqual([{ kept: 'state' }, '', '/enrol'])
  })

  it('says whom it is for, and what a password must be', async () => {
    const calls = await open({})
    expect(calls[0]).toMatchObject({ what: LOOK, body: { token: 'the-token' } })
    for (const words of ['林晓燕', 'lin', 'At least 12 characters']) expect(page.text()).toContain(words)
    const fields = page.findAll('input:not([hidden])')
    expect(fields.map((field) => field.attributes('autocomplete'))).toEqual(['new-password', 'new-password'])
    expect(document.activeElement).toBe(fields[0]?.element)
    expect(page.find('input[hidden]').attributes('autocomplete')).toBe('username')
  })

  it('sets the password and opens the first page', async () => {
    const calls = await open({ [ENROL]: [200, { next: 'done' }] })
    await submit('Long-enough', 'Long-enough')
    expect(fault()).toBe(faults.unmet)
    await submit('Long-enough-12', 'Long-enough-12')
    expect(calls.find((call) => call.what === ENROL)?.body).toEqual({ token: 'the-token', password: 'Long-enough-12' })
    expect(leaving.mock.calls).toEqual([['/health']])
  })

  it('goes on with the steps of the log-in', async () => {
    await open({ [ENROL]: [200, { next: 'new_factor' }], 'POST /api/v1/login/new-factor': [200, { secret: 'ABCD', picture: '<svg/>' }] })
    await submit('Long-enough-12', 'Long-enough-12')
    expect([find('new-factor').exists(), leaving.mock.calls.length]).toEqual([true, 0])
    await find('begin').trigger('click')
    expect(leaving.mock.calls).toEqual([['/login']])
  })

  it.each([
    [problem(422, { rule: 'used' }), faults.used],
    [problem(401), faults.link],
    [problem(429, { seconds: 9 }), 'Too many tries. Try again in 9 s.'],
    [new TypeError('no network'), faults.network],
  ])('whose password is refused with %j says why', async (answer, words) => {
    await open({ [ENROL]: answer })
    await submit('Long-enough-12', 'Long-enough-12')
    expect(fault()).toBe(words)
  })
})

describe('a link that does not open', () => {
  it.each([['#used', 1], ['', 0]])('(%j) says so and what to do', async (hash, asked) => {
    const calls = await open({ [LOOK]: problem(401) }, hash)
    expect(calls.filter((call) => call.what === LOOK)).toHaveLength(asked)
    expect(fault()).toBe(faults.link)
    expect(page.text()).toContain(en.enrol.closedHint)
    await find('to-login').trigger('click')
    expect(leaving.mock.calls).toEqual([['/login']])
  })

  it('for now can be tried again, with the token that is no longer in the address', async () => {
    const calls = await open({ [LOOK]: [new TypeError('no network'), problem(503), INVITED] })
    expect([fault(), find('to-login').exists()]).toEqual([faults.network, false])
    await find('again').trigger('click')
    await flushPromises()
    expect(fault()).toBe(faults.away)
    await find('again').trigger('click')
    await flushPromises()
    expect(find('new-password').exists()).toBe(true)
    expect(calls.map((call) => call.body)).toEqual(Array.from({ length: 3 }, () => ({ token: 'the-token' })))
  })
})

describe('for a screen reader', () => {
  it('axe-core finds nothing', async () => {
    await open({})
    await submit('short', '')
    const { violations } = await axe.run(page.element, { rules: { 'color-contrast': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })
})
