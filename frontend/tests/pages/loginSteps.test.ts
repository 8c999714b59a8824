import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { en } from '@/i18n/en'
import { problem, type Answer, type Call } from '../server'
import { LOGIN, LoginAtHand, next } from './loginAtHand'
import { type } from './opening'

const FACTOR = 'POST /api/v1/login/factor'
const OFFER = 'POST /api/v1/login/new-factor'
const CONFIRM = 'POST /api/v1/login/new-factor/confirm'
const RENEW = 'POST /api/v1/login/password'
const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const { faults } = en.login
const login = new LoginAtHand()

beforeEach(() => { login.begin() })
afterEach(() => { login.end() })

describe('the second factor', () => {
  async function openFactor(answers: Record<string, Answer | readonly Answer[]>): Promise<Call[]> {
    const calls = await login.open({ [LOGIN]: next('factor'), ...answers })
    await login.submit('lin', 'secret')
    return calls
  }

  it('is a code of the app, as its phone or keyboard writes it', async () => {
    const calls = await openFactor({ [FACTOR]: next('done') })
    const field = login.page.find('input')
    expect(field.attributes()).toMatchObject({ autocomplete: 'one-time-code', inputmode: 'numeric' })
    expect(document.activeElement).toBe(field.element)
    await login.submit(' １２３ 456')
    expect(calls.find((call) => call.what === FACTOR)?.body).toEqual({ code: '123456' })
    expect(login.leaving.mock.calls).toEqual([['/wall']])
  })

  it('or a recovery code', async () => {
    const calls = await openFactor({ [FACTOR]: [problem(401), next('done')] })
    await login.submit('123456')
    expect(login.fault).toBe(faults.code)
    await login.press('recovery')
    expect([login.fault, login.page.find('input').attributes('inputmode'), document.activeElement]).toEqual(['', undefined, login.page.find('input').element])
    await login.submit('k7m2p-x9f4t')
    expect(calls.at(-2)?.body).toEqual({ code: 'k7m2p-x9f4t' })
    expect(login.leaving).toHaveBeenCalledTimes(1)
  })

  it('that is wrong, missing or late says so', async () => {
    const calls = await openFactor({ [FACTOR]: [problem(401), problem(401, { rule: 'restart' }), problem(429, { seconds: 7 })] })
    const asked = (): number => calls.filter((call) => call.what === FACTOR).length
    await login.submit('')
    expect([login.fault, asked()]).toEqual([faults.code, 0])
    await login.find('recovery').trigger('click')
    await login.submit('abcde-fghij')
    expect([login.fault, asked()]).toEqual([faults.recovery, 1])
    await login.submit()
    expect(login.fault).toBe(faults.restart)
    await login.submit()
    expect(login.fault).toContain('7 s')
  })

  it('can be left, to begin again', async () => {
    await openFactor({})
    await login.find('begin').trigger('click')
    expect(login.find('sign-in').exists()).toBe(true)
  })
})

describe('a new second factor', () => {
  const offer: Answer = [200, { secret: SECRET, picture: '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0#"/></svg>' }]

  async function openOffer(answers: Record<string, Answer | readonly Answer[]>): Promise<Call[]> {
    const calls = await login.open({ [LOGIN]: next('new_factor'), [OFFER]: offer, ...answers })
    await login.submit('lin', 'secret')
    return calls
  }

  it('is shown as a picture and in groups, and copied whole', async () => {
    const copied = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: { writeText: copied } } }) as Navigator)
    await openOffer({})
    const picture = login.page.find('img').attributes('src') ?? ''
    expect(picture).toMatch(/^data:image\/svg\+xml[^#]*$/)
    expect(decodeURIComponent(picture)).toContain('M0 0#')
    expect(login.find('secret').text()).toBe('ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567')
    await login.press('copy')
    expect(copied).toHaveBeenCalledWith(SECRET)
    expect(login.page.find('[role=status]').text()).toBe('Copied')
  })

  it('is confirmed by a code; the recovery codes come before anything else', async () => {
    const codes = ['aaaaa-bbbbb', 'ccccc-ddddd']
    await openOffer({ [CONFIRM]: [problem(401), [200, { next: 'done', codes }]] })
    await login.submit('000000')
    expect(login.fault).toBe(faults.code)
    await login.submit('123456')
    expect(login.find('codes').findAll('code').map((code) => code.text())).toEqual(codes)
    expect([login.leaving.mock.calls.length, login.find('begin').exists()]).toEqual([0, false])
    const saved = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x')
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined)
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
    await login.find('save').trigger('click')
    const [file] = saved.mock.calls[0] ?? []
    expect(file instanceof Blob && (await file.text())).toBe('aaaaa-bbbbb\r\nccccc-ddddd\r\n')
    await login.press('kept')
    expect(login.leaving.mock.calls).toEqual([['/wall']])
  })

  it('may be followed by a new password', async () => {
    await openOffer({ [CONFIRM]: [200, { next: 'new_password', codes: ['a'] }] })
    await login.submit('123456')
    await login.find('kept').trigger('click')
    expect(login.find('new-password').exists()).toBe(true)
  })

  it('that cannot be offered says so, and is asked for again', async () => {
    await openOffer({ [OFFER]: [new TypeError('no network'), problem(409), offer] })
    expect(login.fault).toBe(faults.network)
    const again = (): ReturnType<VueWrapper['find']> => login.page.findAll('form button').at(-1) ?? login.page.find('form button')
    await again().trigger('click')
    await flushPromises()
    expect(login.fault).toBe(faults.restart)
    await again().trigger('click')
    await flushPromises()
    expect([login.fault, login.find('secret').exists()]).toEqual(['', true])
  })
})

describe('a new password in place of an old one', () => {
  const met = (): boolean[] => login.page.findAll('[data-met]').map((line) => line.attributes('data-met') === 'true')

  async function openRenewal(answers: Record<string, Answer | readonly Answer[]>): Promise<Call[]> {
    const calls = await login.open({ [LOGIN]: next('new_password'), ...answers })
    await login.submit('lin', 'secret')
    return calls
  }

  it('is ticked off rule by rule while it is typed', async () => {
    await openRenewal({})
    expect(met()).toEqual([false, false, false, false])
    await type(login.page, 'short')
    expect(met()).toEqual([false, false, true, false])
    await type(login.page, 'Long-enough', 'Long-enough')
    expect(met()).toEqual([true, true, true, true])
    await type(login.page, 'LONG-ENOUGH')
    expect(met()).toEqual([true, false, true, false])
    await type(login.page, 'of-Lin-itself-7')
    expect(met()).toEqual([true, true, false, false])
    await type(login.page, '密码密码密码密码密码密码')
    expect(met()).toEqual([true, false, true, false])
    await type(login.page, `${'aB3'.repeat(67)}`)
    expect(met()[0]).toBe(false)
  })

  it('is not sent before it meets them; then it opens', async () => {
    const calls = await openRenewal({ [RENEW]: next('done') })
    await login.submit('short', 'short')
    expect(login.fault).toBe(faults.unmet)
    await login.submit('Long-enough', 'Long-enough')
    expect(calls.find((call) => call.what === RENEW)?.body).toEqual({ password: 'Long-enough' })
    expect(login.leaving).toHaveBeenCalledTimes(1)
  })

  it.each([
    [problem(422, { rule: 'used' }), faults.used],
    [problem(422, { rule: 'login' }), faults.holdsLogin],
    [problem(401), faults.restart],
    [problem(409), faults.restart],
  ])('refused with %j says why', async (answer, words) => {
    await openRenewal({ [RENEW]: answer })
    await login.submit('Long-enough', 'Long-enough')
    expect(login.fault).toBe(words)
  })

  it('learns of stricter rules by being refused', async () => {
    await openRenewal({ [RENEW]: problem(422, { rule: 'plain', expected: { length: 14, kinds: 4 }, got: { length: 11, kinds: 3 } }) })
    await login.submit('Long-enough', 'Long-enough')
    expect(login.fault).toContain('at least 14 characters, of at least 4')
    expect([login.page.text().includes('At least 14 characters'), met()[0]]).toEqual([true, false])
  })
})
