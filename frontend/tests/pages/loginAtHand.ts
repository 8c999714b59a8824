import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { vi, type Mock } from 'vitest'
import LoginPage from '@/pages/login/LoginPage.vue'
import { useSession } from '@/stores/session'
import { serve, sessionOf, type Answer, type Call } from '../server'
import { begin, openAt, type, watchLeaving } from './opening'

export const SESSION = 'GET /api/v1/session'
export const LOGIN = 'POST /api/v1/login'

export const next = (step: string): Answer => [200, { next: step }]

/** The page of the log-in, before a server with some answers. */
export class LoginAtHand {
  private mounted: VueWrapper | undefined
  leaving: Mock<(url: string | URL) => void> = vi.fn()

  get page(): VueWrapper {
    if (!this.mounted) throw new Error('the page was not opened')
    return this.mounted
  }

  begin(): void {
    begin()
    this.leaving = watchLeaving()
  }

  end(): void {
    this.mounted?.unmount()
    vi.unstubAllGlobals()
  }

  /** For somebody who is not signed in. */
  async open(answers: Record<string, Answer | readonly Answer[]>, address = '/login'): Promise<Call[]> {
    const calls = this.serve(answers)
    useSession().status = 'refused'
    await this.show(address)
    return calls
  }

  serve(answers: Record<string, Answer | readonly Answer[]>): Call[] {
    return serve({ [SESSION]: [200, sessionOf()], 'GET /api/v1/demo-people': [200, null], ...answers })
  }

  async show(address: string): Promise<void> {
    this.mounted?.unmount()
    this.mounted = await openAt(address, LoginPage)
    await flushPromises()
  }

  async submit(...texts: (string | null)[]): Promise<void> {
    await type(this.page, ...texts)
    await this.page.find('form').trigger('submit')
    await flushPromises()
  }

  async press(name: string): Promise<void> {
    await this.find(name).trigger('click')
    await flushPromises()
  }

  find(name: string): ReturnType<VueWrapper['find']> {
    return this.page.find(`[data-testid="${name}"]`)
  }

  get fault(): string {
    return this.find('fault').exists() ? this.find('fault').text() : ''
  }
}
