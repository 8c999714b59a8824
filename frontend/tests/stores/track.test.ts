import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useList } from '@/stores/list'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { drive, EIGHT, track } from '../track/tracks'
import { nextTick } from 'vue'

const SPAN = { from: EIGHT - 0.4, to: EIGHT + 3_600_000.2 }
const REASON = '处置调度'
const answer = (status: number, body: unknown = {}): Response => new Response(JSON.stringify(body), { status })

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})
afterEach(() => { vi.unstubAllGlobals() })

describe('the track', () => {
  it('is asked for in whole milliseconds, and shown from its first position', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', (path: string) => { asked.push(path); return Promise.resolve(answer(200, track(drive(60, 60), { stored: 900 }))) })
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    await store.load(SPAN)
    expect(asked).toEqual([`/api/v1/units/7/track?${new URLSearchParams({ from: String(EIGHT), to: String(EIGHT + 3_600_000), reason: REASON }).toString()}`])
    expect(store).toMatchObject({ state: 'shown', stored: 900, time: EIGHT + 60_000 })
  })

  it.each([[403, 'forbidden'], [401, 'forbidden'], [503, 'away'], [500, 'failed'], [422, 'failed']])('after %i is %s', async (status, state) => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer(status)))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    await store.load(SPAN)
    expect(store.state).toBe(state)
    expect(store.journey).toBeNull()
  })

  it('is not asked for before somebody has said why, and then at once', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', (path: string) => { asked.push(path); return Promise.resolve(answer(200, track(drive(60, 60)))) })
    const store = useTrack()
    store.open(7)
    await store.load(SPAN)
    expect([store.state, asked.length]).toEqual(['reason', 0])
    await store.give('投诉核查')
    expect(store.state).toBe('shown')
    expect(new URL(asked[0] ?? '', 'http://x').searchParams.get('reason')).toBe('投诉核查')
    store.open(8)
    await store.load(SPAN)
    expect(store.state).toBe('shown')
    store.askReason()
    expect([store.state, store.journey]).toEqual(['reason', null])
  })

  it('whose reason the server does not take asks for another one', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer(422, { code: 'reason_needed', detail: 'at least 5 signs' })))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    await store.load(SPAN)
    expect(store.state).toBe('otherReason')
  })

  it('without a position is empty', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer(200, track([]))))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    await store.load(SPAN)
    expect(store.state).toBe('empty')
  })

  it('of the span that was asked for last holds, whichever answer comes first', async () => {
    const answers: ((response: Response) => void)[] = []
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => { answers.push(resolve) }))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    const [first, second] = [store.load(SPAN), store.load(SPAN)]
    answers[1]?.(answer(200, track(drive(0, 100))))
    answers[0]?.(answer(200, track(drive(0, 10))))
    await Promise.all([first, second])
    expect(store.journey?.samples).toHaveLength(11)
  })

  it('that was closed while it was read stays closed', async () => {
    let give: (response: Response) => void = () => undefined
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => { give = resolve }))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    const loading = store.load(SPAN)
    store.close()
    give(answer(200, track(drive(0, 100))))
    await loading
    expect([store.unit, store.journey]).toEqual([null, null])
  })

  it('is looked at within its ends only', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer(200, track(drive(0, 100)))))
    const store = useTrack()
    store.reason = REASON
    store.open(7)
    await store.load(SPAN)
    store.seek(0)
    expect(store.time).toBe(EIGHT)
    store.seek(EIGHT + 1e9)
    expect(store.time).toBe(EIGHT + 100_000)
  })
})

describe('wishes to the map', () => {
  it('are told each time, and let go of the followed unit', () => {
    const view = useView()
    view.follow(3)
    view.goTo({ longitude: 113, latitude: 22 }, 16)
    expect([view.following, view.selected]).toEqual([null, 3])
    const first = view.wish
    expect(first).toEqual({ kind: 'place', longitude: 113, latitude: 22, zoom: 16 })
    view.goTo({ longitude: 113, latitude: 22 }, 16)
    expect(view.wish).not.toBe(first)
    view.fit({ west: 1, south: 2, east: 3, north: 4 })
    expect(view.wish).toEqual({ kind: 'fit', view: { west: 1, south: 2, east: 3, north: 4 } })
  })
})

describe('the list', () => {
  it('remembers that it was put away, and what is folded', async () => {
    useList().open = false
    useList().fold(['squad-3', 'squad-4'], true)
    useList().fold(['squad-4'], false)
    await nextTick()
    setActivePinia(createPinia())
    expect(useList().open).toBe(false)
    expect([...useList().folded]).toEqual(['squad-3'])
  })

  it('takes nothing that was stored wrongly', () => {
    localStorage.setItem('liandong.list.folded', '{"a":1}')
    expect([...useList().folded]).toEqual([])
  })

  it('shows all again', () => {
    const list = useList()
    list.search = 'x'
    list.filter = 'lost'
    list.toggleKind('car')
    list.showAll()
    expect([list.search, list.filter, list.kinds.size]).toEqual(['', 'all', 0])
  })
})
