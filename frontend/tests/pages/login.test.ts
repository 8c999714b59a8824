import axe from 'axe-core'
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import { en } from '@/i18n/en'
import { useSession } from '@/stores/session'
import { problem, sessionOf, type Answer, type Call } from '../server'
import { LOGIN, LoginAtHand, next, SESSION } from './loginAtHand'
import { type } from './opening'

const { faults } = en.login
const login = new LoginAtHand()

beforeEach(() => { login.begin() })
afterEach(() => { login.end() })

describe('name and password', () => {
  it('open the page that was wanted', async () => {
    const calls = await login.open({ [LOGIN]: next('done') }, '/login?to=/health')
    expect(document.activeElement).toBe(login.page.find('input').element)
    await login.submit(' lin ', ' se cret ')
    expect(calls.find((call) => call.what === LOGIN)?.body).toEqual({ login: 'lin', password: ' se cret ' })
    expect(login.leaving.mock.calls).toEqual([['/health']])
  })

  it.each(['//evil', 'https://evil', '/\\evil', '/admin'])('do not lead to %s', async (wanted) => {
    await login.open({ [LOGIN]: next('done') }, `/login?to=${encodeURIComponent(wanted)}`)
    await login.submit('lin', 'secret')
    expect(login.leaving.mock.calls).toEqual([['/wall']])
  })

  it('without a wanted page lead to the first one, and if rights cannot be read to the profile', async () => {
    await login.open({ [LOGIN]: next('done'), [SESSION]: [200, sessionOf({ atoms: ['person.read'] })] })
    await login.submit('lin', 'secret')
    await login.open({ [LOGIN]: next('done'), [SESSION]: problem(503) })
    await login.submit('lin', 'secret')
    expect(login.leaving.mock.calls).toEqual([['/admin'], ['/profile']])
  })

  it.each([
    [problem(401), faults.wrong],
    [problem(429, { seconds: 42 }), 'Too many tries. Try again in 42 s.'],
    [problem(503), faults.away],
    [new TypeError('no network'), faults.network],
    [problem(403, { expected: 'our own origin' }), faults.address],
    [problem(500), faults.failed],
    [problem(422), faults.failed],
  ])('with %j say what is wrong, and let try again', async (answer, words) => {
    await login.open({ [LOGIN]: [answer, next('done')] })
    await login.submit('lin', 'secret')
    expect(login.find('fault').attributes('role')).toBe('alert')
    expect(login.fault).toBe(words)
    expect(document.activeElement?.getAttribute('autocomplete')).toBe('current-password')
    await login.submit()
    expect([login.fault, login.leaving.mock.calls.length]).toEqual(['', 1])
  })

  it('say it in the language of the page, also when that changes', async () => {
    await login.open({ [LOGIN]: problem(401) })
    await login.submit('lin', 'secret')
    i18n.global.locale.value = 'zh-CN'
    await flushPromises()
    expect(login.fault).toContain('用户名或密码不正确')
    expect(login.page.text()).not.toContain('said in English')
  })

  it('are not sent while one is missing, nor twice', async () => {
    const calls = await login.open({ [LOGIN]: next('factor') })
    await login.submit('  ', 'secret')
    expect([login.fault, document.activeElement?.getAttribute('autocomplete')]).toEqual([faults.empty, 'username'])
    await login.submit('lin', '')
    expect(document.activeElement?.getAttribute('autocomplete')).toBe('current-password')
    await type(login.page, 'lin', 'secret')
    void login.page.find('form').trigger('submit')
    await login.submit()
    expect(calls.filter((call) => call.what === LOGIN)).toHaveLength(1)
  })

  it('can be looked at, and tell of Caps Lock', async () => {
    await login.open({})
    const password = login.page.find('input[autocomplete=current-password]')
    const toggle = login.page.find('button[aria-pressed]')
    expect([password.attributes('type'), toggle.attributes('aria-label')]).toEqual(['password', 'Show: Password'])
    await toggle.trigger('click')
    expect([password.attributes('type'), toggle.attributes('aria-pressed')]).toEqual(['text', 'true'])
    const press = async (on: boolean): Promise<void> => {
      const event = new KeyboardEvent('keydown', { key: 'A' })
      Object.defineProperty(event, 'getModifierState', { value: () => on })
      password.element.dispatchEvent(event)
      await flushPromises()
    }
    await press(true)
    expect(login.page.text()).toContain(en.login.capsLock)
    await press(false)
    expect(login.page.text()).not.toContain(en.login.capsLock)
  })
})

describe('the people of the demo', () => {
  const people = [
    { login: 'demo.auditor', name: '冯雪', name_en: 'Feng Xue', body: '市局', body_en: 'City Bureau', roles: ['auditor'] },
    { login: 'demo.dispatcher', name: '林晓燕', name_en: 'Lin Xiaoyan', body: '市局', body_en: null, roles: ['dispatcher'] },
    { login: 'demo.other', name: '某人', name_en: null, body: '市局', body_en: null, roles: ['astronaut'] },
  ]
  const DEMO = 'POST /api/v1/demo-login'

  it('stand in groups, by role, and are entered with one click', async () => {
    const calls = await login.open({ 'GET /api/v1/demo-people': [200, people], [DEMO]: next('done') }, '/login?to=/health')
    expect(login.find('demo-people').findAll('h3').map((group) => group.text())).toEqual(['Command centre', 'Leadership and departments', 'Administration'])
    expect(login.find('demo-people').findAll('li button').map((button) => button.text())).toEqual(['DispatcherLin Xiaoyan · 市局', 'Other role (astronaut)某人 · 市局', 'AuditorFeng Xue · City Bureau'])
    await login.page.find('[data-login="demo.dispatcher"]').trigger('click')
    await flushPromises()
    expect(calls.find((call) => call.what === DEMO)?.body).toEqual({ login: 'demo.dispatcher' })
    expect(login.leaving.mock.calls).toEqual([['/health']])
  })

  it('are not there without a demo, nor when they cannot be read', async () => {
    await login.open({})
    expect(login.find('demo-people').exists()).toBe(false)
    await login.open({ 'GET /api/v1/demo-people': problem(503) })
    expect(login.find('demo-people').exists()).toBe(false)
  })

  it('that cannot be entered say so', async () => {
    await login.open({ 'GET /api/v1/demo-people': [200, people], [DEMO]: problem(404) })
    await login.page.find('[data-login="demo.auditor"]').trigger('click')
    await flushPromises()
    expect([login.fault, login.leaving.mock.calls.length]).toEqual([faults.failed, 0])
  })
})

describe('somebody who is signed in already', () => {
  async function openSignedIn(answers: Record<string, Answer | readonly Answer[]> = {}): Promise<Call[]> {
    const calls = login.serve(answers)
    await useSession().load()
    await login.show('/login?to=/health')
    return calls
  }

  it('is told who he is, and goes on', async () => {
    await openSignedIn()
    expect(login.find('signed-in').text()).toContain('Lin Xiaoyan (Dispatcher)')
    expect(login.find('sign-in').exists()).toBe(false)
    await login.press('go-on')
    expect(login.leaving.mock.calls).toEqual([['/health']])
  })

  it('or signs out, with the token, and finds the form at the same address', async () => {
    const calls = await openSignedIn({ 'POST /api/v1/logout': next('login') })
    await login.press('other')
    expect(calls.at(-1)).toMatchObject({ what: 'POST /api/v1/logout', csrf: 'token-1' })
    expect(login.leaving.mock.calls).toEqual([[window.location.href]])
  })

  it('is not signed out where the server does not answer', async () => {
    await openSignedIn({ 'POST /api/v1/logout': [new TypeError('no network'), problem(503), problem(401)] })
    for (const words of [en.account.notSignedOut, en.account.notSignedOut, '']) {
      await login.press('other')
      expect(login.fault).toBe(words)
    }
    expect(login.leaving).toHaveBeenCalledTimes(1)
  })
})

describe('a session that has ended', () => {
  it('is told of, and noticed when another window has signed in', async () => {
    login.serve({ [SESSION]: [[200, sessionOf()], problem(401), problem(401), [200, sessionOf()]] })
    await useSession().load()
    useSession().refuse()
    await login.show('/login?to=/wall')
    expect(login.find('ended').text()).toBe(en.login.ended)
    for (const shown of [false, true]) {
      window.dispatchEvent(new Event('focus'))
      await flushPromises()
      expect(login.find('signed-in').exists()).toBe(shown)
    }
    expect(login.find('ended').exists()).toBe(false)
  })
})

describe('for a screen reader', () => {
  it('axe-core finds nothing', async () => {
    await login.open({ 'GET /api/v1/demo-people': [200, [{ login: 'a', name: '甲', name_en: null, body: '局', body_en: null, roles: ['officer'] }]], [LOGIN]: [problem(401), next('factor')] })
    await login.submit('lin', 'secret')
    for (const step of ['sign-in', 'factor']) {
      expect(login.find(step).exists()).toBe(true)
      const { violations } = await axe.run(login.page.element, { rules: { 'color-contrast': { enabled: false } } })
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
      await login.submit()
    }
  })
})
