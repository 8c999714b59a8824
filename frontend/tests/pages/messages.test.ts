import axe from 'axe-core'
import { flushPromises, mount, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { eventWords } from '@/pages/wall/eventWords'
import { buildRow } from '@/pages/wall/rows'
import UnitCard from '@/pages/wall/UnitCard.vue'
import { useCommands } from '@/stores/commands'
import { usePreferences } from '@/stores/preferences'
import { useReplay } from '@/stores/replay'
import { useSession } from '@/stores/session'
import { commandOf, eventOf } from '../commands'
import { unit } from '../fixes'
import { problem, serve, sessionOf, type Answer, type Call } from '../server'

const TERMINAL = { id: 4, identifier: '13900000007', protocol: 'jt808', simulated: false, knows_messages: true }
const TELEPHONE = { id: 5, identifier: 'phone-7', protocol: 'osmand', simulated: false, knows_messages: false }
const PATH = '/api/v1/devices/4/commands'
let mounted: VueWrapper | undefined

beforeEach(() => {
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
})
afterEach(() => {
  mounted?.unmount()
  vi.unstubAllGlobals()
})

const row = (number: number): ReturnType<typeof buildRow> => buildRow(number, unit(number), { positions: new Map(), presence: new Map(), view: null, now: 1_000_000 })

async function card(answers: Record<string, Answer | readonly Answer[]> = {}, { devices = [TERMINAL, TELEPHONE], atoms = ['device.command'] } = {}): Promise<Call[]> {
  const calls = serve({ 'GET /api/v1/units/7': [200, { ...unit(7), devices }], 'GET /api/v1/units/8': [200, { ...unit(8), devices }], [`GET ${PATH}`]: [200, []], ...answers })
  useSession().session = sessionOf({ atoms })
  mounted = mount(UnitCard, { props: { row: row(7) }, global: { plugins: [i18n] }, attachTo: document.body })
  await flushPromises()
  return calls
}

const find = (selector: string): DOMWrapper<Element> => mounted?.find(selector) as DOMWrapper<Element>
const opener = (): DOMWrapper<Element> => find('[data-testid=open-messages]')
const panel = (): DOMWrapper<Element> => find('[data-testid=message-panel]')

async function open(answers: Record<string, Answer | readonly Answer[]> = {}, rest: Parameters<typeof card>[1] = {}): Promise<Call[]> {
  const calls = await card(answers, rest)
  await opener().trigger('click')
  await flushPromises()
  return calls
}

async function write(words: string): Promise<void> {
  await find('textarea').setValue(words)
  await find('textarea').trigger('keydown', { key: 'Enter', ctrlKey: true })
  await flushPromises()
}

describe('the way to a terminal', () => {
  it('is there for who may, where a device knows messages', async () => {
    await card()
    expect(opener().text()).toBe('Send message')
    expect(opener().attributes('aria-expanded')).toBe('false')
  })

  it.each([['without the right', { atoms: ['device.read'] }], ['without such a device', { devices: [TELEPHONE] }]])('is not there %s', async (_, rest) => {
    await card({}, rest)
    expect(opener().exists()).toBe(false)
  })

  it('is closed during a replay', async () => {
    await open()
    useReplay().state = 'playing'
    await flushPromises()
    expect(panel().exists()).toBe(false)
    expect(opener().attributes('disabled')).toBeDefined()
  })

  it('closes by Esc, back to its button, and with another unit', async () => {
    await open()
    expect(document.activeElement).toBe(find('textarea').element)
    await panel().trigger('keydown', { key: 'Escape' })
    expect(panel().exists()).toBe(false)
    expect(document.activeElement).toBe(opener().element)
    expect(useCommands().device).toBeNull()
    await opener().trigger('click')
    await mounted?.setProps({ row: row(8) })
    await flushPromises()
    expect(panel().exists()).toBe(false)
  })

  it('chooses between several terminals', async () => {
    await open({ 'GET /api/v1/devices/6/commands': [200, [commandOf(9, { device: 6 })]] }, { devices: [TERMINAL, { ...TERMINAL, id: 6, identifier: '13900000008' }] })
    expect(panel().find('.n-select').exists()).toBe(true)
    mounted?.findComponent({ name: 'Select' }).vm.$emit('update:value', 6)
    await flushPromises()
    expect(panel().text()).toContain('words 9')
  })
})

describe('a message', () => {
  it('goes out by Ctrl+Enter, trimmed, and says what it waits for, until when and who wrote it', async () => {
    const calls = await open({ [`POST ${PATH}`]: [201, commandOf(2, { payload: '新城路口集合', expires_at: Date.now() + 3_600_000 })] })
    expect(panel().text()).toContain('Nothing was sent')
    await write('  新城路口集合\n')
    expect(calls.find(({ what }) => what === `POST ${PATH}`)?.body).toEqual({ text: '新城路口集合' })
    const line = panel().find('li').text()
    for (const part of ['新城路口集合', 'Queued', 'sent in turn when the terminal is logged in, until', '林晓燕']) expect(line).toContain(part)
    expect((find('textarea').element as HTMLTextAreaElement).value).toBe('')
  })

  it('of nothing but blanks is not sent', async () => {
    const calls = await open()
    await write('  \n')
    expect(calls.some(({ what }) => what.startsWith('POST'))).toBe(false)
    expect(find('[data-testid=message-send]').attributes('disabled')).toBeDefined()
  })

  it.each<[string, Answer, string]>([
    ['signs that GBK lacks', problem(422, { code: 'text_bad' }), 'GBK lacks'],
    ['more words than are looked at', problem(422), 'too long'],
    ['a protocol without messages', problem(409, { code: 'protocol_has_no_messages' }), 'knows no messages'],
    ['too many that wait', problem(409, { code: 'too_many_messages' }), 'Take some back'],
    ['a terminal that is gone', problem(404), 'not there'],
    ['a right that is gone', problem(403), 'device.command'],
    ['a database that is away', problem(503), 'database is away'],
    ['no answer', new TypeError('no network'), 'does not answer'],
    ['anything else', problem(500), 'Try again'],
  ])('that is refused for %s says so, and the words stay', async (_, answer, words) => {
    await open({ [`POST ${PATH}`]: answer })
    await write('😀')
    expect(panel().find('[role=alert]').text()).toContain(words)
    expect((find('textarea').element as HTMLTextAreaElement).value).toBe('😀')
    await find('textarea').setValue('other words')
    expect(panel().find('[role=alert]').exists()).toBe(false)
  })

  it.each([
    ['queued', { attempts: 3 }, 'not answered: sent again when the terminal logs in'],
    ['sent', { attempts: 1 }, 'has not answered yet'],
    ['delivered', { settled_at: 2_000_000 }, 'Delivered'],
    ['refused', { settled_at: 2_000_000 }, 'Refused by the terminal'],
    ['expired', { settled_at: 2_000_000 }, 'Expired'],
    ['cancelled', { settled_at: 2_000_000 }, 'Taken back'],
  ] as const)('that is %s says so, and only a queued one can be taken back', async (state, rest, words) => {
    await open({ [`GET ${PATH}`]: [200, [commandOf(2, { state, ...rest })]] })
    expect(panel().find('li').text()).toContain(words)
    expect(panel().find('li button').exists()).toBe(state === 'queued')
  })

  it('tells a screen reader when its state changes', async () => {
    await open({ [`GET ${PATH}`]: [200, [commandOf(2)]] })
    expect(find('[data-testid=message-spoken]').attributes('role')).toBe('status')
    useCommands().add(eventOf(commandOf(2, { state: 'delivered', settled_at: 2_000_000, answer: 0 })))
    await flushPromises()
    expect(find('[data-testid=message-spoken]').text()).toBe('Message “words 2”: Delivered')
    expect(panel().find('li').attributes('data-state')).toBe('delivered')
  })

  it('is taken back', async () => {
    const calls = await open({ [`GET ${PATH}`]: [[200, [commandOf(2)]], [200, [commandOf(2, { state: 'cancelled', settled_at: 1 })]]], [`DELETE ${PATH}/2`]: [204] })
    await panel().find('li button').trigger('click')
    await flushPromises()
    expect(calls.some(({ what }) => what === `DELETE ${PATH}/2`)).toBe(true)
    expect(panel().find('li').attributes('data-state')).toBe('cancelled')
  })

  it('that went out meanwhile cannot be taken back, and says how it stands', async () => {
    await open({ [`GET ${PATH}`]: [[200, [commandOf(2)]], [200, [commandOf(2, { state: 'sent' })]]], [`DELETE ${PATH}/2`]: problem(409, { code: 'not_queued' }) })
    await panel().find('li button').trigger('click')
    await flushPromises()
    expect(panel().find('[role=alert]').text()).toContain('cannot be taken back')
    expect(panel().find('li').attributes('data-state')).toBe('sent')
  })

  it('is an event in words', () => {
    const text = (key: string, values?: Record<string, string | number>): string => i18n.global.t(key, values ?? {}, { locale: 'zh-CN' })
    expect(eventWords(eventOf(commandOf(2)), text, () => '巡7')).toBe('给 巡7 的消息：待发送')
  })
})

describe('the list of messages', () => {
  it('that could not be read can be asked for again', async () => {
    await open({ [`GET ${PATH}`]: [problem(503), [200, [commandOf(2)]]] })
    expect(panel().find('[role=alert]').text()).toContain('database is away')
    await panel().findAll('button').find((button) => button.text() === 'Try again')?.trigger('click')
    await flushPromises()
    expect(panel().find('[role=alert]').exists()).toBe(false)
    expect(panel().find('li').exists()).toBe(true)
  })

  it('has nothing that a checker of accessibility knows of', async () => {
    await open({ [`GET ${PATH}`]: [200, [commandOf(2), commandOf(1, { state: 'refused', settled_at: 5 })]], [`POST ${PATH}`]: problem(422, { code: 'text_bad' }) }, { devices: [TERMINAL, { ...TERMINAL, id: 6, identifier: '13900000008' }] })
    await write('😀')
    const { violations } = await axe.run(panel().element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id }) => id)).toEqual([])
  })
})
