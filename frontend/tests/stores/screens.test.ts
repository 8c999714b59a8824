import { createPinia, setActivePinia, type Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { GONE_MILLISECONDS, PING_MILLISECONDS } from '@/live/windows'
import { useScreens, type ScreenMessage } from '@/stores/screens'
import { useView } from '@/stores/view'

/** As browsers do it: to all of the same name but the sender, not at once, and as a copy. */
class FakeChannel {
  static readonly open = new Set<FakeChannel>()
  static sent: ScreenMessage[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null

  constructor(readonly name: string) {
    FakeChannel.open.add(this)
  }

  postMessage(message: ScreenMessage): void {
    if (!FakeChannel.open.has(this)) return
    FakeChannel.sent.push(message)
    const others = [...FakeChannel.open].filter((other) => other !== this && other.name === this.name)
    for (const other of others) setTimeout(() => { if (FakeChannel.open.has(other)) other.onmessage?.({ data: structuredClone(message) }) }, 1)
  }

  close(): void {
    FakeChannel.open.delete(this)
  }
}

interface Desk {
  pinia: Pinia
  screens: ReturnType<typeof useScreens>
  view: ReturnType<typeof useView>
}

/** Stores of a window of its own. */
function openWindow(): Desk {
  const pinia = createPinia()
  setActivePinia(pinia)
  const desk = { pinia, screens: useScreens(pinia), view: useView(pinia) }
  desk.screens.start()
  return desk
}

const pass = (milliseconds = 10): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('BroadcastChannel', FakeChannel)
  FakeChannel.open.clear()
  FakeChannel.sent = []
  sessionStorage.clear()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('two windows', () => {
  it('know of each other, until one is closed', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass()
    expect([one.screens.linked, other.screens.linked]).toEqual([1, 1])
    other.screens.end()
    await pass()
    expect(one.screens.linked).toBe(0)
  })

  it('choose the same unit, and let it go together', async () => {
    const [one, other] = [openWindow(), openWindow()]
    one.view.select(7)
    await pass()
    expect(other.view.selected).toBe(7)
    other.view.select(null)
    await pass()
    expect(one.view.selected).toBeNull()
  })

  it('say a choice once: what came from outside is not told back', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass()
    FakeChannel.sent = []
    one.view.select(7)
    await pass(100)
    other.view.select(8)
    await pass(100)
    expect(FakeChannel.sent.map((message) => message.kind)).toEqual(['selected', 'selected'])
    expect([one.view.selected, other.view.selected]).toEqual([8, 8])
  })

  it('follow each by itself, but stop together', async () => {
    const [one, other] = [openWindow(), openWindow()]
    one.view.follow(7)
    await pass()
    expect([other.view.selected, other.view.following]).toEqual([7, null])
    other.view.follow(7)
    await pass()
    FakeChannel.sent = []
    one.view.release()
    await pass()
    expect([one.view.following, other.view.following, other.view.selected]).toEqual([null, null, 7])
    expect(FakeChannel.sent.map((message) => message.kind)).toEqual(['released'])
  })

  it('that choose at the same moment end with the same unit', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass()
    one.view.select(1)
    other.view.select(2)
    await pass(100)
    expect(one.view.selected).toBe(other.view.selected)
    expect([1, 2]).toContain(one.view.selected)
  })

  it('of which one dies without a word are not counted for long', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass()
    FakeChannel.open.delete([...FakeChannel.open][1] as FakeChannel)
    await pass(GONE_MILLISECONDS + PING_MILLISECONDS)
    expect(one.screens.linked).toBe(0)
    other.screens.end()
  })

  it('stay linked as long as both answer', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass(GONE_MILLISECONDS * 5)
    expect([one.screens.linked, other.screens.linked]).toEqual([1, 1])
  })
})

describe('a window that is opened later', () => {
  it('takes over what the others have chosen', async () => {
    const one = openWindow()
    one.view.select(7)
    await pass()
    const later = openWindow()
    await pass()
    expect(later.view.selected).toBe(7)
  })
})

describe('an independent window', () => {
  it('neither tells nor hears, and is not counted', async () => {
    const [one, other] = [openWindow(), openWindow()]
    await pass()
    other.screens.independent = true
    await nextTick()
    await pass()
    one.view.select(7)
    await pass()
    expect([other.view.selected, one.screens.linked]).toEqual([null, 0])
    other.view.select(9)
    await pass()
    expect(one.view.selected).toBe(7)
  })

  it('that is linked again takes over what the others have chosen', async () => {
    const [one, other] = [openWindow(), openWindow()]
    other.screens.independent = true
    await nextTick()
    one.view.select(7)
    await pass()
    other.view.select(9)
    await pass()
    other.screens.independent = false
    await nextTick()
    await pass()
    expect([one.view.selected, other.view.selected]).toEqual([7, 7])
  })

  it('is so again after a reload of itself', async () => {
    const one = openWindow()
    one.screens.independent = true
    await nextTick()
    expect(openWindow().screens.independent).toBe(true)
  })
})

describe('a browser without channels', () => {
  it('has one window', () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const one = openWindow()
    one.view.select(3)
    expect(one.screens.linked).toBe(0)
  })
})
