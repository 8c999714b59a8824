import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n, type Text } from '@/i18n'
import type { Where } from '@/live/api'
import type { Fix } from '@/live/record'
import { buildRow, type Row } from '@/pages/wall/rows'
import UnitCard from '@/pages/wall/UnitCard.vue'
import { ASK_MILLISECONDS } from '@/pages/wall/useWhere'
import { whereWords } from '@/pages/wall/where'
import { usePreferences } from '@/stores/preferences'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { fix, unit } from '../fixes'

const VIEW = { west: 113, south: 22, east: 114, north: 23 }
const WHERE: Where = {
  street: { name: '人民路', name_en: 'Renmin Road', distance: 6 },
  crossing: { name: '解放路', name_en: 'Jiefang Road', distance: 80 },
  areas: [
    { kind: 'district', code: '439901', name: '江东区', name_en: 'East' },
    { kind: 'squad', code: '439901001', name: '鼓楼街道', name_en: 'Gulou' },
    { kind: 'grid', code: '439901001002003', name: '网格', name_en: null },
  ],
}
let mounted: VueWrapper | undefined
/** What the server was asked, and what it answers: by the beginning of the path. */
let asked: string[] = []
let answers: Record<string, () => Promise<Response>> = {}

const answer = (body: unknown): (() => Promise<Response>) => () => Promise.resolve(new Response(JSON.stringify(body)))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  asked = []
  answers = { '/api/v1/where': answer(WHERE), '/api/v1/units/': answer({ ...unit(7), devices: [{ id: 1, identifier: 'sim-007', protocol: 'osmand', simulated: true, knows_messages: false }] }) }
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    return Object.entries(answers).find(([start]) => path.startsWith(start))?.[1]() ?? Promise.resolve(new Response('', { status: 404 }))
  })
})
afterEach(() => {
  mounted?.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function row(change: Partial<Fix> | null = {}, number = 7): Row {
  const positions = new Map(change === null ? [] : [[number, fix(number, { time: 995_000, speed: 10, heading: 45, accuracy: 12.4, source: 2, ...change })]])
  return buildRow(number, unit(number, { squad_name_en: 'First squad' }), { positions, presence: new Map([[number, { unit: number, online: true, since: 900_000 }]]), view: VIEW, now: 1_000_000 })
}

function card(of: Row): VueWrapper {
  return (mounted = mount(UnitCard, { props: { row: of }, global: { plugins: [i18n] } }))
}

const questions = (start: string): string[] => asked.filter((path) => path.startsWith(start))

describe('the card', () => {
  it('says what is known, in words and figures', async () => {
    card(row({ simulated: true }))
    await flushPromises()
    const text = mounted?.text() ?? ''
    for (const part of ['巡7', 'Patrol car 7 · Car · Simulated', 'Fresh 5 s', '36 km/h', 'North-east 45°', '±12 m', '22.20000, 113.50000', '5 s ago', 'First squad · North', 'not rostered yet', 'Online', 'sim-007 · OsmAnd · simulated', 'Renmin Road, near Jiefang Road · Gulou · grid 439901001002003']) {
      expect(text).toContain(part)
    }
    expect(text).not.toContain('Alarm')
  })

  it('says what is not known instead of showing a zero', async () => {
    card(row({ speed: null, heading: null, accuracy: null, age: null }))
    await flushPromises()
    const figures = mounted?.findAll('.figures dd').map((figure) => figure.text())
    expect(figures).toEqual(['—', '—', '—'])
  })

  it('names an alarm', async () => {
    card(row({ alarm: true, clockAhead: true }))
    expect(mounted?.find('.flags').text()).toContain('Alarm')
    expect(mounted?.find('.flags').text()).toContain('Device clock ahead')
    await flushPromises()
  })

  it('of a unit out of view says how to see it', async () => {
    card(row(null))
    await flushPromises()
    expect(mounted?.text()).toContain('out of view')
    expect(mounted?.findAll('button').find((button) => button.text() === 'Go there')?.attributes('disabled')).toBeDefined()
    await mounted?.findAll('button').find((button) => button.text() === 'Follow')?.trigger('click')
    expect(useView().following).toBe(7)
    expect(questions('/api/v1/where')).toEqual([])
  })

  it('goes there, and opens the track', async () => {
    card(row())
    await mounted?.findAll('button').find((button) => button.text() === 'Go there')?.trigger('click')
    expect(useView().wish).toMatchObject({ kind: 'place', longitude: 113.5, latitude: 22.2 })
    await mounted?.find('[data-testid=open-track]').trigger('click')
    expect(useTrack().unit).toBe(7)
    await flushPromises()
  })
})

describe('the place in words', () => {
  it('is asked for again only when the unit has moved, and not too often', async () => {
    card(row())
    await flushPromises()
    await mounted?.setProps({ row: row({ time: 996_000, latitude: 22.2001 }) })
    await vi.advanceTimersByTimeAsync(ASK_MILLISECONDS * 2)
    expect(questions('/api/v1/where')).toHaveLength(1)
    for (let step = 1; step <= 10; step += 1) {
      await mounted?.setProps({ row: row({ time: 996_000 + step * 1000, latitude: 22.2 + step * 0.001 }) })
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(questions('/api/v1/where').length).toBeGreaterThanOrEqual(3)
    expect(questions('/api/v1/where').length).toBeLessThanOrEqual(4)
  })

  it('of another unit is asked for at once, and the old words are gone', async () => {
    card(row())
    await flushPromises()
    answers['/api/v1/where'] = () => new Promise(() => undefined)
    await mounted?.setProps({ row: row({}, 8) })
    expect(mounted?.find('[data-testid=where]').exists()).toBe(false)
    expect(questions('/api/v1/where')).toHaveLength(2)
  })

  it('is left out, quietly, while nobody answers', async () => {
    answers = {}
    card(row())
    await flushPromises()
    expect(mounted?.find('[data-testid=where]').exists()).toBe(false)
    expect(mounted?.text()).toContain('22.20000, 113.50000')
  })

  const text: Text = (key, values) => i18n.global.t(key, values ?? {}, { locale: 'zh-CN' })
  it.each<[Partial<Where>, string]>([
    [{}, '人民路，近解放路 · 鼓楼街道 · 网格 439901001002003'],
    [{ crossing: null }, '人民路 · 鼓楼街道 · 网格 439901001002003'],
    [{ crossing: { name: '解放路', name_en: null, distance: 900 }, areas: [] }, '人民路'],
    [{ street: { name: '人民路', name_en: null, distance: 120.4 }, areas: [] }, '人民路附近（120 米）'],
    [{ street: null, areas: WHERE.areas.slice(0, 1) }, '江东区'],
    [{ street: null, areas: [] }, ''],
  ])('with %j is “%s”', (change, words) => {
    expect(whereWords({ ...WHERE, ...change }, text, 'zh-CN')).toBe(words)
  })
})
