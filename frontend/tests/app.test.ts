import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Router } from 'vue-router'
import App from '@/App.vue'
import { i18n } from '@/i18n'
import { en } from '@/i18n/en'
import { makeRouter } from '@/router'
import { useSession } from '@/stores/session'
import { begin } from './pages/opening'
import { problem, serve, sessionOf, type Answer, type Call } from './server'

const SESSION = 'GET /api/v1/session'
const HERE = 'POST /api/v1/session/here'
const PROFILE: Answer = [200, { login: 'lin', name: '林', name_en: null, body: '局', body_en: null, roles: [], second_factor: false, recovery_codes: 0, password_set_at: null, rules: { length: 10, kinds: 3 } }]

let page: VueWrapper
let router: Router

beforeEach(() => { begin() })
afterEach(() => {
  page.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  window.history.replaceState(null, '', '/')
})

async function openAt(address: string, session: Answer | readonly Answer[], answers: Record<string, Answer> = {}): Promise<Call[]> {
  const calls = serve({ [SESSION]: session, 'GET /api/v1/demo-people': [200, null], 'GET /api/v1/profile': PROFILE, ...answers })
  window.history.replaceState(null, '', address)
  router = makeRouter()
  page = mount(App, { global: { plugins: [i18n, router] }, attachTo: document.body })
  return calls
}

const at = (): string => router.currentRoute.value.fullPath
const shows = (name: string): Promise<void> => vi.waitFor(() => { expect(page.find(`[data-testid="${name}"]`).exists()).toBe(true) })

describe('without a session', () => {
  it.each(['/profile', '/health?from=wall', '/wall', '/nowhere'])('%s leads to the log-in, and from there back', async (address) => {
    await openAt(address, problem(401))
    await shows('sign-in')
    expect(router.currentRoute.value.path).toBe('/login')
    expect(router.currentRoute.value.query).toEqual({ to: address })
    expect(page.find('[data-testid=ended]').exists()).toBe(false)
  })

  it('a one-time link opens, before anything is known of the server', async () => {
    await openAt('/enrol#token', [new TypeError('no network')], { 'POST /api/v1/enrol/look': [200, { login: 'lin', name: '林', rules: { length: 10, kinds: 3 } }] })
    await shows('new-password')
    expect(window.location.href).not.toContain('token')
  })
})

describe('with a session', () => {
  it('the wall without its right is another page; any other one says so', async () => {
    await openAt('/wall', [200, sessionOf({ atoms: ['map.read'] })])
    await shows('profile')
    expect(at()).toBe('/profile')
    await router.push('/health')
    await shows('no-right')
    expect(at()).toBe('/health')
    expect(page.text()).toContain(en.account.noRight)
    expect(page.find('a').attributes('href')).toBe('/profile')
  })

  it('that ends, the page leads to the log-in and says why', async () => {
    await openAt('/profile', [[200, sessionOf()], problem(401)])
    await shows('profile')
    useSession().refuse()
    await shows('ended')
    expect(at()).toBe('/login?to=/profile')
  })

  it('that cannot be asked for, the page waits and says so', async () => {
    await openAt('/profile', [new TypeError('no network'), [200, sessionOf()]])
    await vi.waitFor(() => { expect(page.text()).toContain(en.page.unreachable) })
    await page.find('button').trigger('click')
    await shows('profile')
  })
})

describe('signs of life', () => {
  const signs = (calls: Call[]): Call[] => calls.filter((call) => call.what === HERE)

  async function move(): Promise<void> {
    window.dispatchEvent(new Event('pointermove'))
    window.dispatchEvent(new Event('keydown'))
    await flushPromises()
  }

  it('are given while somebody moves, once a minute', async () => {
    const calls = await openAt('/profile', [200, sessionOf()], { [HERE]: [204] })
    await shows('profile')
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 59_000)
    await move()
    expect(signs(calls)).toEqual([])
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000)
    await move()
    await move()
    expect(signs(calls).map((call) => call.csrf)).toEqual(['token-1'])
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000)
    await move()
    expect(signs(calls)).toHaveLength(2)
  })

  it('are not given by a wallboard, nor before the log-in', async () => {
    const calls = await openAt('/profile', [[200, sessionOf({ roles: ['wallboard'] })], problem(401)], { [HERE]: [204] })
    await shows('profile')
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 120_000)
    await move()
    useSession().refuse()
    await shows('sign-in')
    await move()
    expect(signs(calls)).toEqual([])
  })

  it('notice that the session has ended', async () => {
    await openAt('/profile', [[200, sessionOf()], problem(401)], { [HERE]: problem(401) })
    await shows('profile')
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 120_000)
    await move()
    await shows('ended')
  })
})
