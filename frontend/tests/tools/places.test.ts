import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import type { FoundPlace } from '@/live/api'
import PlaceSearch from '@/pages/wall/tools/PlaceSearch.vue'
import { MOST_RECENT, recentPlaces, rememberPlace } from '@/pages/wall/tools/recentPlaces'
import { PAUSE_MILLISECONDS } from '@/pages/wall/tools/usePlaceSearch'
import { usePreferences } from '@/stores/preferences'
import { useView } from '@/stores/view'

const STREET: FoundPlace = { name: '五一大道', name_en: 'Wuyi Avenue', kind: 'street', longitude: 113.01, latitude: 28.2, distance: 845 }
const STATION: FoundPlace = { name: '五一广场', name_en: null, kind: 'subway_station', longitude: 113.02, latitude: 28.21, distance: 1240 }

let mounted: VueWrapper
const fetched = vi.fn<(path: string, options: RequestInit) => Promise<Response>>()

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  localStorage.clear()
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  fetched.mockReset().mockImplementation(() => answer([STREET, STATION]))
  vi.stubGlobal('fetch', fetched)
})
afterEach(() => {
  mounted.unmount()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const answer = (places: FoundPlace[]): Promise<Response> => Promise.resolve(new Response(JSON.stringify({ places })))

async function type(words: string, milliseconds = PAUSE_MILLISECONDS): Promise<void> {
  await input().setValue(words)
  await vi.advanceTimersByTimeAsync(milliseconds)
  await flushPromises()
}

function open(): void {
  mounted = mount(PlaceSearch, { global: { plugins: [i18n] }, attachTo: document.body })
}

const input = (): ReturnType<VueWrapper['find']> => mounted.find('[role=combobox]')
const options = (): string[] => mounted.findAll('[role=option]').map((option) => option.text())
const state = (): string | undefined => mounted.find('[role=status]').attributes('data-state')
const chosen = (): unknown[] => mounted.emitted<[FoundPlace]>('choose')?.map(([place]) => place.name) ?? []

describe('the search for a place', () => {
  it('asks once the typing pauses, for places near the map’s middle', async () => {
    useView().camera = { longitude: 113.1, latitude: 28.2, zoom: 12 }
    open()
    await type('五', PAUSE_MILLISECONDS - 10)
    await type('五一')
    expect(fetched).toHaveBeenCalledTimes(1)
    const query = new URL(fetched.mock.calls[0]?.[0] ?? '', 'http://here').searchParams
    expect([query.get('q'), query.get('longitude'), query.get('latitude')]).toEqual(['五一', '113.1', '28.2'])
  })

  it('shows name, kind in words, the other name, and how far it is', async () => {
    open()
    await type('五一')
    expect(options()).toEqual(['Wuyi Avenue845 mStreet · 五一大道', '五一广场1.24 kmMetro'])
    expect(state()).toBe('found')
    expect(mounted.find('[role=status]').text()).toBe('2 found')
  })

  it('breaks off the old question, and its late answer changes nothing', async () => {
    let late: (response: Promise<Response>) => void = () => { throw new Error('not asked') }
    fetched.mockImplementationOnce(() => new Promise((resolve) => { late = resolve }))
    open()
    await type('五')
    expect(state()).toBe('loading')
    await type('五一')
    expect(fetched.mock.calls[0]?.[1].signal?.aborted).toBe(true)
    late(answer([]))
    await flushPromises()
    expect([state(), options().length]).toEqual(['found', 2])
  })

  it('is walked by the arrow keys, round both ends, and Enter goes there', async () => {
    open()
    await type('五一')
    const list = mounted.find('[role=listbox]')
    expect(input().attributes()).toMatchObject({ 'aria-expanded': 'true', 'aria-controls': list.attributes('id') })
    expect(input().attributes('aria-activedescendant')).toBeUndefined()
    for (const [key, row] of [['ArrowDown', 0], ['ArrowDown', 1], ['ArrowDown', 0], ['ArrowUp', 1]] as const) {
      await input().trigger('keydown', { key })
      const active = mounted.findAll('[role=option]')[row]
      expect(input().attributes('aria-activedescendant')).toBe(active?.attributes('id'))
      expect(active?.attributes('aria-selected')).toBe('true')
    }
    await input().trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(chosen()).toEqual(['五一广场'])
  })

  it('goes by Enter to the first, also when it is pressed before the answer is here', async () => {
    open()
    await input().setValue('五一')
    await input().trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(chosen()).toEqual([])
    await vi.advanceTimersByTimeAsync(PAUSE_MILLISECONDS)
    await flushPromises()
    expect(chosen()).toEqual(['五一大道'])
  })

  it('leaves Enter to the composer of Chinese words', async () => {
    open()
    await type('五一')
    await input().trigger('keydown', { key: 'Enter', isComposing: true })
    await flushPromises()
    expect(chosen()).toEqual([])
  })

  it('says in words that nothing was found, or that no answer came', async () => {
    fetched.mockImplementationOnce(() => answer([])).mockRejectedValueOnce(new TypeError('no network'))
    open()
    await type('nowhere')
    expect(mounted.find('[role=status]').text()).toContain('Nothing found for “nowhere”')
    await type('elsewhere')
    expect(state()).toBe('error')
    expect(options()).toEqual([])
    fetched.mockImplementationOnce(() => Promise.resolve(new Response('', { status: 403 })))
    await type('forbidden place')
    expect(mounted.find('[role=status]').text()).toContain('map.read')
  })

  it('reads coordinates without asking anybody, and says what is wrong with those that are none', async () => {
    open()
    await type('28.2013，113.0987')
    expect(options()).toEqual(['28.20130, 113.09870Coordinates'])
    await input().trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(mounted.emitted<[FoundPlace]>('choose')?.[0]?.[0]).toMatchObject({ longitude: 113.0987, latitude: 28.2013 })
    await type('95, 190')
    expect(mounted.find('[role=status]').text()).toContain('Out of range')
    expect(fetched).not.toHaveBeenCalled()
  })

  it('is emptied by Esc, and only then is the key somebody else’s', async () => {
    const closed = vi.fn()
    document.body.addEventListener('keydown', closed)
    open()
    await type('五一')
    await input().trigger('keydown', { key: 'Escape' })
    expect([(input().element as HTMLInputElement).value, state()]).toEqual(['', 'recent'])
    expect(closed).not.toHaveBeenCalled()
    await input().trigger('keydown', { key: 'Escape' })
    expect(closed).toHaveBeenCalledTimes(1)
    document.body.removeEventListener('keydown', closed)
  })
})

describe('recent places', () => {
  it('stand there before anything is typed, newest first and each once, until they are forgotten', async () => {
    for (const place of [STREET, STATION, STREET]) rememberPlace(place)
    open()
    expect(options()).toEqual(['Wuyi AvenueStreet · 五一大道', '五一广场Metro'])
    await mounted.find('button').trigger('click')
    expect([options(), recentPlaces()]).toEqual([[], []])
  })

  it('are not taken by Enter in an empty field unless one was walked to', async () => {
    rememberPlace(STREET)
    open()
    await input().trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(chosen()).toEqual([])
    await input().trigger('keydown', { key: 'ArrowDown' })
    await input().trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(chosen()).toEqual(['五一大道'])
  })

  it('are a few, and what is stored wrongly is none', () => {
    open()
    for (let index = 0; index < MOST_RECENT + 3; index += 1) rememberPlace({ ...STREET, name: `street ${index}` })
    expect(recentPlaces().map(({ name }) => name)).toEqual(['street 7', 'street 6', 'street 5', 'street 4', 'street 3'])
    localStorage.setItem('liandong.places', '[{"name":"A"},null,7]')
    expect(recentPlaces()).toEqual([])
  })
})
