import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { frameBytes } from './bytes'
import { FakeSocket } from './fakeSocket'
import { breakAndReturn, event, Harness } from './harness'

let harness: Harness

beforeEach(() => { harness = new Harness() })
afterEach(() => { harness.end() })

describe('a line that breaks', () => {
  it('is tried again after 0.5 s, doubling to 10 s', async () => {
    harness.live.start()
    const waits: number[] = []
    for (let count = 0; count < 7; count += 1) {
      FakeSocket.last.opens()
      FakeSocket.last.closes(1012)
      const now = harness.state
      if (now?.kind !== 'waiting') throw new Error(`waiting expected, got ${now?.kind}`)
      waits.push(now.retryAt - performance.now())
      await vi.advanceTimersByTimeAsync(now.retryAt - performance.now())
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
    expect(FakeSocket.made).toHaveLength(8)
  })

  it('waits shortly again only after a line that lasted', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    await breakAndReturn(1012, 500)
    FakeSocket.last.says({ type: 'welcome', version: 1, time: 1, tick: 200, event: 0, web: 'w' })
    await breakAndReturn(1012, 1000)
    FakeSocket.last.says({ type: 'alive', time: 1, event: 1 })
    FakeSocket.last.closes(1012)
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.made).toHaveLength(4)
  })

  it.each([1001, 1006, 1012, 4408, 4409, 4410])('with code %i comes back', async (code) => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.closes(code)
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it.each([[4400, 'protocol'], [4401, 'session']])('with code %i does not', async (code, reason) => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.closes(code)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(harness.state).toEqual({ kind: 'refused', reason })
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('before it was open asks whether the session holds', async () => {
    harness.sessionHolds.mockResolvedValue(false)
    harness.live.start()
    FakeSocket.last.closes(1006)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(harness.state).toEqual({ kind: 'refused', reason: 'session' })
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('after it was open does not doubt the session', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.closes(1006)
    await vi.advanceTimersByTimeAsync(100)
    expect(harness.sessionHolds).not.toHaveBeenCalled()
  })
})

describe('a dead line', () => {
  it('is given up after 12 s of silence', async () => {
    harness.live.start()
    const first = FakeSocket.last
    first.welcomes()
    await vi.advanceTimersByTimeAsync(11_900)
    expect(harness.state).toEqual({ kind: 'live' })
    await vi.advanceTimersByTimeAsync(200)
    expect(harness.state?.kind).toBe('waiting')
    expect(first.closedByClient).toBe(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('is alive as long as anything is heard', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    for (let count = 0; count < 5; count += 1) {
      await vi.advanceTimersByTimeAsync(10_000)
      if (count % 2) FakeSocket.last.shows(frameBytes({}))
      else FakeSocket.last.says({ type: 'alive', time: 1, event: 0 })
    }
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('that never opens is given up too', async () => {
    harness.live.start()
    await vi.advanceTimersByTimeAsync(12_500)
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('says nothing more once there is a new one', async () => {
    harness.live.start()
    const first = FakeSocket.last
    first.welcomes()
    await vi.advanceTimersByTimeAsync(12_500)
    FakeSocket.last.welcomes()
    first.says(event(5))
    first.closes(4401)
    expect(harness.eventNumbers).toEqual([])
    expect(harness.state).toEqual({ kind: 'live' })
  })
})

describe('waking', () => {
  it.each([
    ['the network is back', () => window.dispatchEvent(new Event('online'))],
    ['the tab is looked at', () => document.dispatchEvent(new Event('visibilitychange'))],
    ['the window is looked at', () => window.dispatchEvent(new Event('focus'))],
  ])('opens at once when %s', (_, happen) => {
    harness.live.start()
    FakeSocket.last.opens()
    FakeSocket.last.closes(1006)
    happen()
    expect(FakeSocket.made).toHaveLength(2)
  })

  it('leaves a good line alone', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    window.dispatchEvent(new Event('focus'))
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('does not come back to a server that refused', () => {
    harness.live.start()
    FakeSocket.last.opens()
    FakeSocket.last.closes(4401)
    window.dispatchEvent(new Event('online'))
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('ends with the page', async () => {
    harness.live.start()
    FakeSocket.last.opens()
    FakeSocket.last.closes(1006)
    harness.live.stop()
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSocket.made).toHaveLength(1)
  })
})

describe('bytes of another version', () => {
  it('end the line: coming back would bring them again', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    expect(() => { FakeSocket.last.shows(frameBytes({ version: 2 })) }).toThrow('layout version 1 expected, got 2')
    expect(harness.state).toEqual({ kind: 'refused', reason: 'protocol' })
  })
})

describe('pace', () => {
  it('is told once, and again at the next hello', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    harness.live.every(5000)
    harness.live.every(5000)
    expect(FakeSocket.last.sent.slice(1)).toEqual([{ type: 'every', milliseconds: 5000 }])
    expect((await breakAndReturn()).sent[0]).toMatchObject({ every: 5000 })
  })
})
