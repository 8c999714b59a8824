import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveEvent } from '@/live/messages'
import { MOST_EVENTS, useEvents } from '@/stores/events'
import { useParts } from '@/stores/parts'
import { languageOf, usePreferences } from '@/stores/preferences'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { nextTick } from 'vue'
import { unit } from '../fixes'

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status })

describe('the registry of units', () => {
  it('is read again once after several announcements, and not for the version that is here', async () => {
    vi.useFakeTimers()
    const fetched = vi.fn(() => Promise.resolve(answer(200, { version: 8, units: [unit(1)] })))
    vi.stubGlobal('fetch', fetched)
    const units = useUnits()
    for (const version of [6, 7, 8]) units.announced(version)
    await vi.advanceTimersByTimeAsync(2000)
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(units.callSign(1)).toBe('巡1')
    units.announced(8)
    await vi.advanceTimersByTimeAsync(2000)
    expect(fetched).toHaveBeenCalledTimes(1)
  })

  it('is asked for again when the answer does not come', async () => {
    vi.useFakeTimers()
    const fetched = vi.fn().mockRejectedValueOnce(new TypeError('no network')).mockResolvedValue(answer(200, { version: 1, units: [unit(1)] }))
    vi.stubGlobal('fetch', fetched)
    const units = useUnits()
    units.announced(1)
    await vi.advanceTimersByTimeAsync(600)
    expect(units.callSign(1)).toBe('#1')
    await vi.advanceTimersByTimeAsync(5000)
    expect(units.callSign(1)).toBe('巡1')
  })

  it('takes presence as a whole and by single changes', () => {
    const units = useUnits()
    units.setPresence([{ unit: 1, online: true, since: 5 }, { unit: 2, online: false, since: 6 }])
    units.changePresence({ unit: 2, online: true, since: 7 })
    expect([...units.presence.values()].map((row) => row.online)).toEqual([true, true])
    units.setPresence([{ unit: 1, online: false, since: 8 }])
    expect(units.presence.has(2)).toBe(false)
  })
})

describe('events', () => {
  it('are kept, the newest first, a hundred of them', () => {
    const events = useEvents()
    for (let number = 1; number <= MOST_EVENTS + 5; number += 1) events.add({ number } as LiveEvent)
    expect(events.list).toHaveLength(100)
    expect(events.list[0]?.number).toBe(105)
    expect(events.list.at(-1)?.number).toBe(6)
  })
})

describe('parts', () => {
  it('that are away are told, the longest away first', () => {
    const parts = useParts()
    parts.set([{ name: 'web', state: 'ok', since: 1 }, { name: 'bus', state: 'away', since: 9 }, { name: 'recorder', state: 'away', since: 3 }])
    expect(parts.away.map((part) => part.name)).toEqual(['recorder', 'bus'])
    parts.set([{ name: 'bus', state: 'ok', since: 10 }])
    expect(parts.away).toEqual([])
  })
})

describe('choice and following', () => {
  it('go together: to follow is to choose', () => {
    const view = useView()
    view.follow(3)
    expect([view.selected, view.following]).toEqual([3, 3])
    view.select(3)
    expect(view.following).toBe(3)
  })

  it('to choose another unit is to let the first one go', () => {
    const view = useView()
    view.follow(3)
    view.select(4)
    expect([view.selected, view.following]).toEqual([4, null])
  })

  it('let go, the unit stays chosen', () => {
    const view = useView()
    view.follow(3)
    view.release()
    expect([view.selected, view.following]).toEqual([3, null])
  })
})

describe('the language', () => {
  it.each([[['zh-CN', 'en'], 'zh-CN'], [['zh-Hant-TW'], 'zh-CN'], [['ZH'], 'zh-CN'], [['en-GB', 'zh-CN'], 'en'], [['de'], 'en'], [[], 'en']])('of a browser with %j is %s', (languages, expected) => {
    expect(languageOf(languages)).toBe(expected)
  })

  it('is remembered', async () => {
    usePreferences().language = 'zh-CN'
    await nextTick()
    setActivePinia(createPinia())
    expect(usePreferences().language).toBe('zh-CN')
    usePreferences().language = 'en'
    await nextTick()
    setActivePinia(createPinia())
    expect(usePreferences().language).toBe('en')
  })

  it('that was stored wrongly is the browser’s', () => {
    localStorage.setItem('liandong.language', 'xx')
    expect(usePreferences().language).toBe(languageOf(navigator.languages))
  })
})

describe('the theme', () => {
  it('is dark until somebody chooses, whatever the desktop’s is', () => {
    vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('light') }))
    expect(usePreferences().theme).toBe('dark')
  })

  it('is remembered', async () => {
    usePreferences().theme = 'light'
    await nextTick()
    setActivePinia(createPinia())
    expect(usePreferences().theme).toBe('light')
  })

  it('that was stored wrongly is dark', () => {
    localStorage.setItem('liandong.theme', 'pink')
    expect(usePreferences().theme).toBe('dark')
  })
})
