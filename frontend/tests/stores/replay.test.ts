import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useClock } from '@/stores/clock'
import { useLive } from '@/stores/live'
import { usePositions } from '@/stores/positions'
import { useReplay } from '@/stores/replay'
import { useView } from '@/stores/view'
import { frameBytes } from '../live/bytes'
import { FakeSocket } from '../live/fakeSocket'
import { INTEREST } from '../live/harness'

const FROM = 500_000_000
const TO = FROM + 3_600_000
const WANTED = { from: FROM, to: TO, ground: { units: [5, 6] }, reason: 'a complaint' }
const at = (unit: number, time: number, look = 0): ArrayBuffer => frameBytes({ kind: 2, look, time, records: [{ unit, time, longitude: 113, latitude: 22 }] })

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  FakeSocket.made.length = 0
  setActivePinia(createPinia())
  useLive().start()
  FakeSocket.last.welcomes()
  FakeSocket.last.shows(at(1, 1))
})

afterEach(() => {
  useReplay().turnBack()
  useLive().stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** The live line's socket, and the replay's. */
function lines(): [FakeSocket, FakeSocket] {
  const [live, replay] = FakeSocket.made
  if (!live || !replay) throw new Error('two sockets were expected')
  return [live, replay]
}

function begun(): [FakeSocket, FakeSocket] {
  useReplay().choose()
  useReplay().open(WANTED)
  const [live, replay] = lines()
  replay.opens()
  replay.says({ type: 'welcome', version: 1, time: FROM, tick: 200, event: 0, web: 'web-1', replay: true, from: FROM, to: TO })
  replay.says({ type: 'replay', time: FROM, speed: 10, state: 'playing' })
  return [live, replay]
}

const shown = (): number[] => [...usePositions().newest.keys()]

describe('a replay', () => {
  it('asks for its span, units and reason, at the view and speed of this page', () => {
    useLive().lookAt(INTEREST)
    useView().follow(6)
    begun()
    expect(lines()[1].url).toBe(`ws://${window.location.host}/live/replay`)
    expect(lines()[1].sent[0]).toEqual({
      type: 'hello', version: 1, every: 200, follow: [6], look: { look: 1, resolution: 7, cells: INTEREST.cells },
      replay: { from: FROM, to: TO, reason: 'a complaint', at: FROM, speed: 10, units: [5, 6] },
    })
  })

  it('asks for an area as a rectangle', () => {
    useReplay().open({ ...WANTED, ground: { area: { west: 113, south: 22, east: 113.01, north: 22.01 } } })
    lines()[1].opens()
    expect(lines()[1].sent[0]).toMatchObject({ replay: { area: '113.000000,22.000000,113.010000,22.010000' } })
  })

  it('shows only the past, while the live line goes on unseen', () => {
    expect(shown()).toEqual([1])
    const [live, replay] = begun()
    expect([useReplay().isShown, shown()]).toEqual([true, []])
    live.shows(at(1, 2))
    replay.shows(at(5, FROM))
    live.says({ type: 'gone', units: [5] })
    expect(shown()).toEqual([5])
    expect(useLive().state.kind).toBe('live')
  })

  it('before it is let begin, and when it is refused, the map stays live', () => {
    useReplay().choose()
    useReplay().open(WANTED)
    const [, replay] = lines()
    replay.opens()
    expect([useReplay().state, useReplay().isShown, shown()]).toEqual(['opening', false, [1]])
    replay.says({ type: 'error', code: 'too_many', detail: '…' })
    replay.closes(4429)
    expect([useReplay().state, useReplay().refusal, shown()]).toEqual(['choosing', 'too_many', [1]])
  })

  it('counts ages by its own time, which goes on by itself between two words of the server', async () => {
    const [, replay] = begun()
    expect(useClock().shown).toBe(FROM)
    await vi.advanceTimersByTimeAsync(1000)
    expect(useReplay().time).toBeGreaterThanOrEqual(FROM + 8000)
    expect(useClock().shown).toBe(useReplay().time)
    expect(useClock().second).not.toBe(useClock().shown)
    await vi.advanceTimersByTimeAsync(5000)
    expect(useReplay().time, 'without a word it is not guessed for ever').toBeLessThanOrEqual(FROM + 15_000)
    replay.says({ type: 'replay', time: FROM + 60_000, speed: 10, state: 'paused' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(useReplay().time).toBe(FROM + 60_000)
  })

  it('is played, stopped, sped up and sought', () => {
    const [, replay] = begun()
    useReplay().toggle()
    replay.says({ type: 'replay', time: FROM, speed: 10, state: 'paused' })
    useReplay().toggle()
    useReplay().setSpeed(60)
    useReplay().seek(FROM + 10_000.4)
    useReplay().seek(FROM - 1)
    expect(replay.sent.slice(1)).toEqual([
      { type: 'pause' }, { type: 'play' }, { type: 'speed', speed: 60 }, { type: 'seek', time: FROM + 10_000 }, { type: 'seek', time: FROM },
    ])
    expect(useReplay().pace).toBe(60)
  })

  it('takes older positions after a step back in time', () => {
    const [, replay] = begun()
    replay.shows(at(5, FROM + 60_000))
    replay.says({ type: 'gone', units: [5] })
    replay.shows(at(5, FROM))
    expect(usePositions().newest.get(5)?.time).toBe(FROM)
  })

  it('follows the view, and drops what answers an older one', async () => {
    useLive().lookAt(INTEREST)
    const [, replay] = begun()
    useLive().lookAt({ ...INTEREST, cells: ['874103653ffffff'] })
    await nextTick()
    expect(replay.sent.at(-1)).toMatchObject({ type: 'look', look: 2, cells: ['874103653ffffff'] })
    replay.shows(at(5, FROM, 1))
    expect(shown()).toEqual([])
    replay.shows(at(5, FROM, 2))
    expect(shown()).toEqual([5])
  })

  it('is left: what it showed is gone at once, and the live line is asked for everything', async () => {
    useLive().lookAt(INTEREST)
    const [live, replay] = begun()
    replay.shows(at(5, FROM, 1))
    useReplay().turnBack()
    await nextTick()
    expect([useReplay().state, useClock().past, shown()]).toEqual(['off', null, []])
    expect(replay.closedByClient).toBe(true)
    expect(live.sent.at(-1)).toMatchObject({ type: 'look', look: 2 })
    live.shows(at(1, 3, 2))
    expect(shown()).toEqual([1])
  })

  it('is taken for broken after a long silence', async () => {
    begun()
    for (let second = 0; second < 13; second += 1) {
      lines()[0].says({ type: 'alive', time: 1_000_000, event: 0 })
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect([useReplay().state, lines()[1].closedByClient]).toEqual(['lost', true])
  })

  it('stands where it was when the line breaks, still as the past, and goes on when somebody wants it', async () => {
    const [, replay] = begun()
    replay.says({ type: 'replay', time: FROM + 60_000, speed: 10, state: 'playing' })
    replay.closes(1006)
    expect([useReplay().state, useReplay().isShown]).toEqual(['lost', true])
    const stood = useReplay().time
    await vi.advanceTimersByTimeAsync(5000)
    expect(FakeSocket.made, 'each opening is a read that somebody has to want').toHaveLength(2)
    useReplay().toggle()
    FakeSocket.last.opens()
    expect(FakeSocket.last.sent[0]).toMatchObject({ replay: { at: Math.round(stood) } })
  })
})
