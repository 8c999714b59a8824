import axe from 'axe-core'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { en } from '@/i18n/en'
import AccountMenu from '@/pages/AccountMenu.vue'
import { useSession } from '@/stores/session'
import { serve, sessionOf } from '../server'
import { begin, openAt, watchLeaving } from './opening'

let page: VueWrapper

beforeEach(() => { begin() })
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const opener = (): ReturnType<VueWrapper['find']> => page.find('[data-testid=account]')
const items = (): string[] => page.findAll('[role=menuitem]').map((item) => item.text())
const focused = (): string => document.activeElement?.textContent ?? ''
const press = async (key: string): Promise<void> => {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}

async function open(address: string, atoms: string[]): Promise<void> {
  serve({ 'GET /api/v1/session': [200, sessionOf({ atoms })] })
  await useSession().load()
  page = await openAt(address, AccountMenu)
}

describe('the menu of my account', () => {
  it('says who I am, and opens what I may open', async () => {
    await open('/wall', ['wall.open', 'person.read', 'system.read'])
    expect(opener().attributes()).toMatchObject({ 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': 'Account: Lin Xiaoyan, Dispatcher' })
    await opener().trigger('click')
    expect(opener().attributes('aria-expanded')).toBe('true')
    expect(items()).toEqual(['Profile', 'Administration', 'Health', 'Sign out'])
  })

  it.each([
    ['/wall', ['wall.open'], ['Profile', 'Sign out']],
    ['/health', ['wall.open', 'system.read'], ['Profile', 'Live map', 'Sign out']],
    ['/profile', [], ['Sign out']],
  ])('at %s with %j', async (address, atoms, expected) => {
    await open(address, atoms)
    await opener().trigger('click')
    expect(items()).toEqual(expected)
  })

  it('is walked by keys, which reach nothing else', async () => {
    const heard = vi.fn()
    window.addEventListener('keydown', heard)
    await open('/wall', ['person.read', 'system.read'])
    await opener().trigger('click')
    expect(focused()).toBe('Profile')
    const ways: [string, string][] = [['ArrowDown', 'Administration'], ['End', 'Sign out'], ['ArrowDown', 'Profile'], ['ArrowUp', 'Sign out'], ['Home', 'Profile'], ['m', 'Profile']]
    for (const [key, item] of ways) {
      await press(key)
      expect(focused(), key).toBe(item)
    }
    await press('Escape')
    expect([items(), document.activeElement]).toEqual([[], opener().element])
    for (const [key, item] of [['ArrowDown', 'Profile'], ['Tab', 'Lin Xiaoyan'], ['ArrowUp', 'Sign out']] as const) {
      await press(key)
      expect(focused(), key).toBe(item)
    }
    expect(heard).not.toHaveBeenCalled()
    window.removeEventListener('keydown', heard)
  })

  it('closes by its button and by a click elsewhere, not by one within', async () => {
    await open('/wall', [])
    await opener().trigger('click')
    await page.find('.who').trigger('pointerdown')
    expect(items()).not.toEqual([])
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))
    await flushPromises()
    expect(items()).toEqual([])
    await opener().trigger('click')
    await opener().trigger('click')
    expect(items()).toEqual([])
  })

  it('signs out, by Space too, or says that it did not', async () => {
    const leaving = watchLeaving()
    await open('/wall', [])
    const calls = serve({ 'POST /api/v1/logout': [new TypeError('no network'), [200, { next: 'login' }]] })
    await opener().trigger('click')
    await page.find('[data-testid=sign-out]').trigger('click')
    await flushPromises()
    expect([page.find('[role=alert]').text(), leaving.mock.calls.length]).toEqual([en.account.notSignedOut, 0])
    await press('End')
    await press(' ')
    expect(leaving.mock.calls).toEqual([['/login']])
    expect(calls.map((call) => call.csrf)).toEqual(['token-1', 'token-1'])
  })

  it('is fit for a screen reader', async () => {
    await open('/wall', ['person.read'])
    await opener().trigger('click')
    const { violations } = await axe.run(page.element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })
})
