import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { eventWords } from '@/pages/wall/eventWords'
import FollowChip from '@/pages/wall/FollowChip.vue'
import LineState from '@/pages/wall/LineState.vue'
import PartsStrip from '@/pages/wall/PartsStrip.vue'
import { buildRows, countRows } from '@/pages/wall/rows'
import UnitCard from '@/pages/wall/UnitCard.vue'
import UnitList from '@/pages/wall/UnitList.vue'
import UnitPanel from '@/pages/wall/UnitPanel.vue'
import { useLive } from '@/stores/live'
import { useParts } from '@/stores/parts'
import { usePreferences } from '@/stores/preferences'
import { useView } from '@/stores/view'
import { fix, unit } from '../fixes'

const NOW = 1_000_000
const VIEW = { west: 113, south: 22, east: 114, north: 23 }
const global = { plugins: [i18n] }
let mounted: VueWrapper | undefined

beforeEach(() => {
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
})
afterEach(() => mounted?.unmount())

function rowsOf(count: number): ReturnType<typeof buildRows> {
  const units = Array.from({ length: count }, (_, index) => unit(index + 1, { call_sign: `C${index + 1}` }))
  const positions = new Map(units.map(({ number }) => [number, fix(number, { time: NOW - 5000, speed: 10, heading: 45, accuracy: 12.4, source: 2 })]))
  return buildRows({ units, positions, presence: new Map(), view: VIEW, now: NOW })
}

describe('the list', () => {
  it('of a thousand units draws the few that can be seen, and says how many there are', () => {
    mounted = mount(UnitList, { props: { rows: rowsOf(1000) }, global })
    const rows = mounted.findAll('[role=option]')
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.length).toBeLessThan(40)
    expect(rows[0]?.attributes()).toMatchObject({ 'data-testid': 'unit-row', 'data-unit': '1', 'aria-posinset': '1', 'aria-setsize': '1000' })
  })

  it('says name, squad, speed, and the age as a word too', () => {
    mounted = mount(UnitList, { props: { rows: rowsOf(1) }, global })
    const text = mounted.find('[role=option]').text()
    for (const part of ['C1', 'Patrol car 1 · First squad', '36 km/h', 'Fresh 5 s', 'Not seen']) expect(text).toContain(part)
  })

  it('is walked by keys, and Enter follows', async () => {
    mounted = mount(UnitList, { props: { rows: rowsOf(50) }, global, attachTo: document.body })
    const list = mounted.find('[role=listbox]')
    await list.trigger('keydown', { key: 'ArrowDown' })
    await list.trigger('keydown', { key: 'ArrowDown' })
    await list.trigger('keydown', { key: 'ArrowUp' })
    expect(list.attributes('aria-activedescendant')).toBe('unit-1')
    await list.trigger('keydown', { key: 'ArrowDown' })
    await list.trigger('keydown', { key: ' ' })
    expect([useView().selected, useView().following]).toEqual([2, null])
    await list.trigger('keydown', { key: 'Enter' })
    expect([useView().selected, useView().following]).toEqual([2, 2])
    expect(mounted.find('[aria-selected=true]').attributes('data-unit')).toBe('2')
  })

  it('stops at both ends', async () => {
    mounted = mount(UnitList, { props: { rows: rowsOf(5) }, global })
    const list = mounted.find('[role=listbox]')
    for (const [key, row] of [['End', 5], ['ArrowDown', 5], ['Home', 1], ['ArrowUp', 1], ['PageDown', 5]] as const) {
      await list.trigger('keydown', { key })
      expect(list.attributes('aria-activedescendant'), key).toBe(`unit-${row}`)
    }
  })

  it('follows on a click', async () => {
    mounted = mount(UnitList, { props: { rows: rowsOf(5) }, global })
    await mounted.find('[data-unit="3"]').trigger('click')
    expect(useView().following).toBe(3)
  })
})

describe('the panel', () => {
  function panel(search = ''): VueWrapper {
    const rows = rowsOf(3)
    return mount(UnitPanel, { props: { rows: search ? [] : rows, counts: countRows(rows), search, filter: 'all' }, global, attachTo: document.body })
  }

  it('is searched from the keyboard: / goes there, Esc clears', async () => {
    mounted = panel('zz')
    window.dispatchEvent(new KeyboardEvent('keydown', { key: '/', cancelable: true }))
    const input = mounted.find('[data-testid=unit-search]')
    expect(document.activeElement).toBe(input.element)
    await input.trigger('keydown', { key: 'Escape' })
    expect(mounted.emitted('update:search')).toEqual([['']])
  })

  it('says so when nothing matches, and offers the way back', async () => {
    mounted = panel('zz')
    expect(mounted.text()).toContain('No unit matches “zz”')
    expect(mounted.find('[role=listbox]').exists()).toBe(false)
  })

  it('filters by chips that say how many', async () => {
    mounted = panel()
    const fresh = mounted.find('[data-filter=fresh]')
    expect(fresh.text()).toBe('Fresh 3')
    expect(fresh.attributes('aria-pressed')).toBe('false')
    await fresh.trigger('click')
    expect(mounted.emitted('update:filter')).toEqual([['fresh']])
  })

  it('lets go of the followed unit with Esc, and only then of the chosen one', () => {
    mounted = panel()
    useView().follow(2)
    const escape = (): boolean => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))
    escape()
    expect([useView().following, useView().selected]).toEqual([null, 2])
    escape()
    expect(useView().selected).toBeNull()
  })
})

describe('the card', () => {
  it('says what is known, in words and figures', () => {
    const [row] = rowsOf(1)
    if (!row) throw new Error('a row was expected')
    mounted = mount(UnitCard, { props: { row: { ...row, fix: row.fix && { ...row.fix, simulated: true } } }, global })
    for (const part of ['36 km/h', 'North-east 45°', '±12 m', 'OsmAnd', '22.20000, 113.50000', 'Simulated', '5 s ago']) expect(mounted.text()).toContain(part)
    expect(mounted.text()).not.toContain('Alarm')
  })

  it('of a unit out of view says how to see it', async () => {
    const [row] = buildRows({ units: [unit(7)], positions: new Map(), presence: new Map(), view: VIEW, now: NOW })
    if (!row) throw new Error('a row was expected')
    mounted = mount(UnitCard, { props: { row }, global })
    expect(mounted.text()).toContain('out of view')
    await mounted.findAll('button').find((button) => button.text() === 'Follow')?.trigger('click')
    expect(useView().following).toBe(7)
  })
})

describe('the strip of parts', () => {
  it('is there only when something is away, and says what that means', async () => {
    mounted = mount(PartsStrip, { global })
    expect(mounted.find('[data-testid=parts-strip]').exists()).toBe(false)
    useParts().set([{ name: 'recorder', state: 'away', since: Date.now() - 72_500 }, { name: 'web', state: 'ok', since: 0 }])
    await flushPromises()
    const strip = mounted.find('[data-testid=parts-strip]')
    expect(strip.text()).toMatch(/Recorder away since [\d:]{8} \(1 min 12 s\)/)
    expect(strip.text()).toContain('history pauses')
    expect(strip.findAll('li')).toHaveLength(1)
    // What is spoken does not change each second.
    expect(mounted.find('[aria-live=polite]').text()).not.toMatch(/\d/)
  })
})

describe('the line', () => {
  it.each([
    [{ kind: 'live' as const }, 'Live'],
    [{ kind: 'waiting' as const, retryAt: performance.now() + 4200 }, 'Reconnecting in 5 s'],
    [{ kind: 'refused' as const, reason: 'key' as const }, 'Refused'],
  ])('is told in words: %j', async (state, words) => {
    vi.spyOn(performance, 'now').mockReturnValue(state.kind === 'waiting' ? state.retryAt - 4200 : 0)
    mounted = mount(LineState, { global })
    useLive().state = state
    await flushPromises()
    expect(mounted.text()).toContain(words)
    expect(mounted.attributes()).toMatchObject({ 'data-testid': 'connection', 'data-state': state.kind })
  })
})

describe('the chip of the followed unit', () => {
  it('says whom, and lets go', async () => {
    mounted = mount(FollowChip, { props: { hasPosition: true }, global })
    expect(mounted.find('[data-testid=following]').exists()).toBe(false)
    useView().follow(4)
    await flushPromises()
    expect(mounted.find('[data-testid=following]').text()).toContain('Following #4')
    await mounted.find('[data-testid=following]').trigger('click')
    expect(useView().following).toBeNull()
  })
})

describe('an event in words', () => {
  const text = (key: string, values?: Record<string, string | number>): string => i18n.global.t(key, values ?? {}, { locale: 'en' })
  const event = { number: 1, topic: '', time: 1, district: 1, squad: 1, unit: 5, payload: {} }

  it.each([
    ['unit.online', {}, 'U5 went online'],
    ['unit.offline', {}, 'U5 went offline'],
    ['device.first_seen', { device: '3500', protocol: 'gpsd' }, 'Device 3500 heard for the first time (gpsd)'],
    ['part.away', { part: 'bus' }, 'Bus is away'],
    ['part.back', { part: 'bus' }, 'Bus is back'],
    ['tea.ready', {}, 'tea.ready'],
  ])('%s', (kind, payload, words) => {
    expect(eventWords({ ...event, kind, payload }, text, (number) => `U${number}`)).toBe(words)
  })
})
