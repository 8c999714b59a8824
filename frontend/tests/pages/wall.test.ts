import axe from 'axe-core'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { directoryOf } from '@/pages/wall/directory'
import { eventWords } from '@/pages/wall/eventWords'
import FollowChip from '@/pages/wall/FollowChip.vue'
import LineState from '@/pages/wall/LineState.vue'
import { linesOf, type Lines } from '@/pages/wall/lines'
import PartsStrip from '@/pages/wall/PartsStrip.vue'
import { buildRows, countRows } from '@/pages/wall/rows'
import UnitList from '@/pages/wall/UnitList.vue'
import UnitPanel from '@/pages/wall/UnitPanel.vue'
import { useList } from '@/stores/list'
import { useLive } from '@/stores/live'
import { useParts } from '@/stores/parts'
import { usePreferences } from '@/stores/preferences'
import { useView } from '@/stores/view'
import type { Unit } from '@/live/api'
import { fix, unit } from '../fixes'

const NOW = 1_000_000
const VIEW = { west: 113, south: 22, east: 114, north: 23 }
const global = { plugins: [i18n] }
let mounted: VueWrapper | undefined

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
})
afterEach(() => mounted?.unmount())

const call = (count: number): Unit[] => Array.from({ length: count }, (_, index) => unit(index + 1, { call_sign: `C${index + 1}` }))

/** The lines for the list's store as it is; all units fresh and in view. */
function linesFor(units: readonly Unit[]): Lines {
  const positions = new Map(units.map(({ number }) => [number, fix(number, { time: NOW - 5000, speed: 10, heading: 45, accuracy: 12.4, source: 2 })]))
  const directory = directoryOf(units)
  return linesOf(directory, buildRows({ units: directory.units, positions, presence: new Map(), view: VIEW, now: NOW }), useList())
}

describe('the list', () => {
  const listOf = (count: number): VueWrapper => mount(UnitList, { props: { lines: linesFor(call(count)).lines }, global, attachTo: document.body })
  const at = (): string | undefined => mounted?.find('[role=tree]').attributes('aria-activedescendant')
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await mounted?.find('[role=tree]').trigger('keydown', { key })
  }

  it('of thousands of units draws the few that can be seen, and says how many there are', () => {
    mounted = listOf(5000)
    const rows = mounted.findAll('[data-testid=unit-row]')
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.length).toBeLessThan(60)
    expect(rows[0]?.attributes()).toMatchObject({ 'role': 'treeitem', 'data-unit': '1', 'aria-level': '3', 'aria-posinset': '1', 'aria-setsize': '5000' })
  })

  it('says of a unit its name, speed, and the age as a word too', () => {
    mounted = listOf(1)
    const text = mounted.find('[data-testid=unit-row]').text()
    for (const part of ['C1', 'Patrol car 1', 'Car', '36 km/h', 'Fresh 5 s']) expect(text).toContain(part)
  })

  it('says of a group how many are in view of how many, and their states in words', () => {
    mounted = listOf(3)
    const [north, squad] = mounted.findAll('[data-testid=unit-group]')
    expect(north?.text()).toContain('North')
    expect(north?.text()).toContain('3 in view of 3')
    expect(north?.attributes()).toMatchObject({ 'aria-level': '1', 'aria-expanded': 'true' })
    expect(squad?.text()).toContain('First squad')
    expect(squad?.text()).toContain('Fresh 3')
  })

  it('is walked by keys; Space chooses, Enter follows', async () => {
    mounted = listOf(50)
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp')
    expect(at()).toBe('line-squad-1/1')
    await press('ArrowDown', ' ')
    expect([useView().selected, useView().following]).toEqual([2, null])
    await press('Enter')
    expect([useView().selected, useView().following]).toEqual([2, 2])
    expect(mounted.find('[aria-selected=true]').attributes('data-unit')).toBe('2')
  })

  it('goes out and in by left and right, and folds', async () => {
    mounted = listOf(5)
    await press('End', 'ArrowLeft')
    expect(at()).toBe('line-squad-1')
    await press('ArrowLeft')
    expect([...useList().folded]).toEqual(['squad-1'])
    await mounted.setProps({ lines: linesFor(call(5)).lines })
    expect(mounted.findAll('[data-testid=unit-row]')).toHaveLength(0)
    expect(mounted.find('[data-group=squad-1]').attributes('aria-expanded')).toBe('false')
    await press('ArrowRight')
    expect(useList().folded.size).toBe(0)
    await mounted.setProps({ lines: linesFor(call(5)).lines })
    await press('ArrowRight')
    expect(at()).toBe('line-squad-1/1')
  })

  it('stops at both ends', async () => {
    mounted = listOf(5)
    for (const [key, line] of [['End', 'squad-1/5'], ['ArrowDown', 'squad-1/5'], ['Home', 'squad-1000'], ['ArrowUp', 'squad-1000'], ['PageDown', 'squad-1/5']] as const) {
      await press(key)
      expect(at(), key).toBe(`line-${line}`)
    }
  })

  it('follows on a click, and folds a group on a click', async () => {
    mounted = listOf(5)
    await mounted.find('[data-unit="3"]').trigger('click')
    expect(useView().following).toBe(3)
    await mounted.find('[data-group=squad-1]').trigger('click')
    expect([...useList().folded]).toEqual(['squad-1'])
  })

  it('shows what was chosen on the map', async () => {
    mounted = listOf(500)
    useView().select(400)
    await flushPromises()
    expect(mounted.find('[role=tree]').element.scrollTop).toBeGreaterThan(1000)
  })
})

describe('the panel', () => {
  function panel(): VueWrapper {
    const lines = linesFor(call(3))
    const rows = buildRows({ units: call(3), positions: new Map(call(3).map(({ number }) => [number, fix(number, { time: NOW })])), presence: new Map(), view: VIEW, now: NOW })
    return mount(UnitPanel, { props: { lines, counts: countRows(rows.values()) }, global, attachTo: document.body })
  }

  it('holds to what screen readers need', async () => {
    mounted = panel()
    // Colours are not computed here, and a page has what a panel has not: landmarks and a heading.
    const { violations } = await axe.run(mounted.element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })

  it('is searched: Esc clears, the id is there for who presses a key for it', async () => {
    useList().search = 'zz'
    mounted = panel()
    const input = mounted.find('#unit-search')
    expect(input.attributes('data-testid')).toBe('unit-search')
    await input.trigger('keydown', { key: 'Escape' })
    expect(useList().search).toBe('')
  })

  it('follows the first hit on Enter', async () => {
    useList().search = 'C2'
    mounted = panel()
    await mounted.find('#unit-search').trigger('keydown', { key: 'Enter' })
    expect(useView().following).toBe(2)
  })

  it('says so when nothing matches, and offers the way back', async () => {
    useList().search = 'zz'
    mounted = panel()
    expect(mounted.text()).toContain('No unit matches “zz”')
    expect(mounted.find('[role=tree]').exists()).toBe(false)
    await mounted.findAll('button').find((button) => button.text() === 'Show all units')?.trigger('click')
    expect(useList().search).toBe('')
  })

  it('filters by chips that say how many, and by kinds', async () => {
    mounted = panel()
    const fresh = mounted.find('[data-filter=fresh]')
    expect(fresh.text()).toBe('Fresh 3')
    expect(fresh.attributes('aria-pressed')).toBe('false')
    await fresh.trigger('click')
    expect(useList().filter).toBe('fresh')
    expect(fresh.attributes('aria-pressed')).toBe('true')
    await mounted.find('[data-kind=e_bike]').trigger('click')
    await mounted.find('[data-kind=foot]').trigger('click')
    await mounted.find('[data-kind=foot]').trigger('click')
    expect([...useList().kinds]).toEqual(['e_bike'])
  })

  it('is put away', async () => {
    mounted = panel()
    await mounted.find('[data-testid=list-close]').trigger('click')
    expect(useList().open).toBe(false)
  })

  it('folds all groups', async () => {
    mounted = panel()
    await mounted.findAll('button').find((button) => button.text() === 'Fold all')?.trigger('click')
    expect([...useList().folded].sort()).toEqual(['squad-1', 'squad-1000'])
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
    [{ kind: 'refused' as const, reason: 'session' as const }, 'Refused'],
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
