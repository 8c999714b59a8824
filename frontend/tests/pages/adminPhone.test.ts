import { flushPromises, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EVERYTHING, openAdmin, page, person, Problem, Server } from './adminServer'

let server: Server
let mounted: VueWrapper

beforeEach(() => {
  localStorage.clear()
  server = new Server().when('GET /api/v1/people', page([person(11, { phone: '138****1234' }), person(12)]))
})
afterEach(() => {
  mounted.unmount()
  vi.unstubAllGlobals()
})

const at = (id: string): DOMWrapper<Element> => mounted.find(`[data-testid=${id}]`)
async function press(id: string): Promise<void> {
  await at(id).trigger('click')
  await flushPromises()
}
async function openPerson(id: number): Promise<void> {
  await mounted.find(`[data-person="${id}"] button`).trigger('click')
  await flushPromises()
}

describe('a whole telephone number', () => {
  const enterReason = async (reason: string): Promise<void> => {
    await at('phone-form').find('[name=reason]').setValue(reason)
    await at('phone-form').find('form').trigger('submit')
    await flushPromises()
  }
  beforeEach(() => { server.when('GET /api/v1/people/11/grants', []).when('GET /api/v1/people/12/grants', []) })

  it('is shown for a reason, and it is said that this is recorded', async () => {
    server.when('POST /api/v1/people/11/phone', { phone: '13800131234' })
    mounted = await openAdmin(server)
    await openPerson(11)
    ;(at('show-phone').element as HTMLElement).focus()
    await press('show-phone')
    await enterReason('  ab ')
    expect(at('phone-form').find('[role=alert]').text()).toBe('A reason is needed, of 3 to 200 signs.')
    expect(server.of('POST')).toEqual([])
    await enterReason(' case 113 ')
    expect(server.of('POST')).toEqual([{ method: 'POST', path: '/api/v1/people/11/phone', body: { reason: 'case 113' } }])
    expect(at('phone').text()).toContain('13800131234')
    expect(at('phone').text()).toContain('is recorded')
    expect(document.activeElement?.textContent).toBe('13800131234')
    await mounted.find('dialog').trigger('cancel')
    expect(mounted.html()).not.toContain('13800131234')
    expect(document.activeElement).toBe(at('show-phone').element)
  })

  it('is refused in words', async () => {
    server.when('POST /api/v1/people/11/phone', new Problem(422, { code: 'reason_needed' }))
    mounted = await openAdmin(server)
    await openPerson(11)
    await press('show-phone')
    await enterReason('a reason')
    expect(mounted.find('[aria-invalid=true]').attributes('name')).toBe('reason')
    server.when('POST /api/v1/people/11/phone', new Problem(403, { code: 'needs', atom: 'phone.read', body: 3 }))
    await enterReason('a reason')
    expect(at('phone-form').find('[role=alert]').text()).toContain('You do not have the right')
  })

  it('is not offered without the right, nor where there is no number', async () => {
    mounted = await openAdmin(server)
    await openPerson(12)
    expect(at('show-phone').exists()).toBe(false)
    mounted.unmount()
    mounted = await openAdmin(server, EVERYTHING.filter((atom) => atom !== 'phone.read'))
    await openPerson(11)
    expect(at('show-phone').exists()).toBe(false)
  })
})
