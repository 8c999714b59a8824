import axe from 'axe-core'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest'
import { en } from '@/i18n/en'
import type { Profile } from '@/live/account'
import ProfilePage from '@/pages/profile/ProfilePage.vue'
import { useSession } from '@/stores/session'
import { problem, serve, sessionOf, type Answer, type Call } from '../server'
import { begin, openAt, type, watchLeaving } from './opening'

const { faults } = en.login
const SESSION = 'GET /api/v1/session'
const PROFILE = 'GET /api/v1/profile'
const PASSWORD = 'POST /api/v1/profile/password'
const DAY = 24 * 3600 * 1000

let page: VueWrapper
let leaving: Mock<(url: string | URL) => void>

beforeEach(() => {
  begin()
  leaving = watchLeaving()
})
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const find = (name: string): ReturnType<VueWrapper['find']> => page.find(`[data-testid="${name}"]`)
const fault = (): string => (find('fault').exists() ? find('fault').text() : '')

function profileOf(rest: Partial<Profile> = {}): Answer {
  const profile: Profile = {
    login: 'lin', name: '林晓燕', name_en: 'Lin Xiaoyan', body: '市局', body_en: 'City Bureau', roles: ['dispatcher', 'leader'],
    second_factor: true, recovery_codes: 8, password_set_at: Date.now() - 12 * DAY - 1000, rules: { length: 10, kinds: 3 }, ...rest,
  }
  return [200, profile]
}

async function open(answers: Record<string, Answer | readonly Answer[]> = {}): Promise<Call[]> {
  const calls = serve({ [SESSION]: [200, sessionOf()], [PROFILE]: profileOf(), ...answers })
  await useSession().load()
  page = await openAt('/profile', ProfilePage)
  await flushPromises()
  return calls
}

async function change(old: string, wanted: string, again = wanted): Promise<void> {
  await type(page, old, wanted, again)
  await page.find('form').trigger('submit')
  await flushPromises()
}

describe('my profile', () => {
  it('says who I am, in the language of the page', async () => {
    await open()
    for (const words of ['Lin Xiaoyan', 'lin', 'City Bureau', 'Dispatcher, Leader', 'On', '8', '(12 d ago)']) expect(find('profile').text()).toContain(words)
  })

  it('says what is missing', async () => {
    await open({ [PROFILE]: profileOf({ second_factor: false, roles: [], name_en: null, body_en: null }) })
    for (const words of ['林晓燕', '市局', en.profile.noRoles, en.profile.factorOff]) expect(find('profile').text()).toContain(words)
    expect(find('profile').text()).not.toContain(en.profile.codes)
  })

  it('warns when few recovery codes are left', async () => {
    await open({ [PROFILE]: profileOf({ recovery_codes: 2 }) })
    expect(find('profile').text()).toContain('2: few are left')
  })

  it('that cannot be read says so, and is asked for again', async () => {
    await open({ [PROFILE]: [problem(503), profileOf()] })
    expect(page.find('[role=alert]').text()).toBe(en.profile.failed)
    await page.findAll('main button').at(0)?.trigger('click')
    await flushPromises()
    expect(find('profile').exists()).toBe(true)
  })

  it('of an ended session leads to the log-in', async () => {
    await open({ [PROFILE]: problem(401) })
    expect(useSession().status).toBe('refused')
  })

  it('has the way out', async () => {
    const calls = await open({ 'POST /api/v1/logout': [new TypeError('no network'), [200, { next: 'login' }]] })
    await find('leave').trigger('click')
    await flushPromises()
    expect([page.find('main [role=alert]').text(), leaving.mock.calls.length]).toEqual([en.account.notSignedOut, 0])
    await find('leave').trigger('click')
    await flushPromises()
    expect(leaving.mock.calls).toEqual([['/login']])
    expect(calls.at(-1)?.csrf).toBe('token-1')
  })
})

describe('another password', () => {
  it('is set with the old one; it says so and asks anew how old it is', async () => {
    const calls = await open({ [PASSWORD]: [204] })
    await change('old one', 'Long-enough')
    expect(calls.find((call) => call.what === PASSWORD)).toMatchObject({ body: { old: 'old one', new: 'Long-enough' }, csrf: 'token-1' })
    expect(find('changed').attributes('role')).toBe('status')
    expect(calls.filter((call) => call.what === PROFILE)).toHaveLength(2)
    expect(page.findAll('form input:not([hidden])').map((field) => (field.element as HTMLInputElement).value)).toEqual(['', '', ''])
  })

  it.each([
    ['old', 'Short-1', 'Short-1', faults.unmet],
    ['old', 'Long-enough', 'Long-enougj', faults.unmet],
    ['old', 'Lin-enough-1', 'Lin-enough-1', faults.unmet],
    ['', 'Long-enough', 'Long-enough', faults.old],
  ])('is not sent: %j, %j, %j', async (old, wanted, again, words) => {
    const calls = await open()
    await change(old, wanted, again)
    expect(fault()).toBe(words)
    expect(calls.some((call) => call.what === PASSWORD)).toBe(false)
  })

  it.each([
    [problem(401), faults.old],
    [problem(422, { rule: 'used' }), faults.used],
    [problem(403, { expected: 'x-liandong-csrf' }), faults.foreign],
    [problem(503), faults.away],
    [new TypeError('no network'), faults.network],
  ])('refused with %j says why, and I stay', async (answer, words) => {
    await open({ [PASSWORD]: answer })
    await change('old', 'Long-enough')
    expect([fault(), find('changed').exists(), useSession().status]).toEqual([words, false, 'open'])
  })

  it('refused because the session has ended leads to the log-in', async () => {
    await open({ [PASSWORD]: problem(401), [SESSION]: [[200, sessionOf()], problem(401)] })
    await change('old', 'Long-enough')
    expect([useSession().status, useSession().ended]).toEqual(['refused', true])
  })

  it('is not asked of somebody who has none', async () => {
    await open({ [PROFILE]: profileOf({ password_set_at: null }) })
    expect([page.find('form').exists(), find('password').text()]).toEqual([false, en.profile.change + en.profile.noPassword])
  })
})

describe('for a screen reader', () => {
  it('axe-core finds nothing', async () => {
    await open()
    await change('', '')
    const { violations } = await axe.run(page.element, { rules: { 'color-contrast': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })
})
