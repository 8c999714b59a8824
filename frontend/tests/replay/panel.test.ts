import axe from 'axe-core'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import { momentWords } from '@/i18n/words'
import ReplayMark from '@/pages/wall/replay/ReplayMark.vue'
import ReplayPanel from '@/pages/wall/replay/ReplayPanel.vue'
import { areaOf } from '@/pages/wall/replay/useGrounds'
import { usePositions } from '@/stores/positions'
import { usePreferences } from '@/stores/preferences'
import { useReplay } from '@/stores/replay'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { fix, frame } from '../fixes'
import { FakeSocket } from '../live/fakeSocket'

const FROM = new Date(2026, 10, 24, 14, 0, 0).getTime()
const TO = FROM + 3_600_000
const SMALL = { west: 113.48, south: 22.18, east: 113.52, north: 22.22 }
const WIDE = { west: 113, south: 22, east: 114, north: 23 }
let mounted: VueWrapper | undefined

beforeEach(() => {
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  FakeSocket.made.length = 0
  vi.stubGlobal('WebSocket', FakeSocket)
})
afterEach(() => {
  mounted?.unmount()
  useReplay().turnBack()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function panel(view = SMALL): Promise<VueWrapper> {
  useView().view = view
  useReplay().choose()
  mounted = mount(ReplayPanel, { global: { plugins: [i18n] }, attachTo: document.body })
  await flushPromises()
  return mounted
}

async function shown(): Promise<VueWrapper> {
  useTrack().reason = 'Dispatch'
  await panel()
  await part('start').trigger('click')
  FakeSocket.last.opens()
  FakeSocket.last.says({ type: 'welcome', version: 1, time: FROM, tick: 200, event: 0, web: 'web-1', replay: true, from: FROM, to: TO })
  FakeSocket.last.says({ type: 'replay', time: FROM + 202_000, speed: 10, state: 'playing' })
  await flushPromises()
  if (!mounted) throw new Error('nothing is mounted')
  return mounted
}

function part(name: string): ReturnType<VueWrapper['find']> {
  const found = mounted?.find(`[data-testid=replay-${name}]`)
  if (!found?.exists()) throw new Error(`no replay-${name}`)
  return found
}

const said = (): Record<string, unknown>[] => FakeSocket.last.sent.slice(1)

describe('the choice of a replay', () => {
  it('asks why before anything is opened, and keeps the reason', async () => {
    await panel()
    await part('start').trigger('click')
    expect(FakeSocket.made).toHaveLength(0)
    await mounted?.find('[data-reason=complaint]').trigger('click')
    FakeSocket.last.opens()
    const { replay } = FakeSocket.last.sent[0] as { replay: { from: number; to: number; reason: string; area: string } }
    expect(replay.reason).toBe('Complaint check')
    expect(replay.area).toBe('113.480000,22.180000,113.520000,22.220000')
    expect(replay.to - replay.from).toBe(3_600_000)
    expect(useTrack().reason).toBe('Complaint check')
  })

  it('refuses a view that is too wide, says how wide it is, and offers to zoom', async () => {
    await panel(WIDE)
    expect(areaOf(WIDE)).toBeGreaterThan(11_000)
    expect(part('fault').text()).toContain('25 km² is the most')
    expect(part('start').attributes('disabled')).toBeDefined()
    useView().camera = { longitude: 113.5, latitude: 22.5, zoom: 8 }
    await part('zoom').trigger('click')
    const wish = useView().wish as { zoom: number }
    // Each step of zoom is a quarter of the area.
    expect(areaOf(WIDE) / 4 ** (wish.zoom - 8)).toBeLessThan(25)
  })

  it.each([[0, 'No unit'], [21, '20 is the most']])('of %i units in view says so', async (count, words) => {
    usePositions().apply(frame('snapshot', Array.from({ length: count }, (_, index) => fix(index + 1))))
    await new Promise((resolve) => { setTimeout(resolve, 600) })
    await panel()
    await mounted?.find('[data-ground=units]').setValue(true)
    expect(part('fault').text()).toContain(words)
    expect(part('start').attributes('disabled')).toBeDefined()
  })

  it('offers the unit that is chosen, and takes it first', async () => {
    useView().select(7)
    useTrack().reason = 'Dispatch'
    await panel(WIDE)
    await part('start').trigger('click')
    FakeSocket.last.opens()
    expect(FakeSocket.last.sent[0]).toMatchObject({ replay: { units: [7] } })
  })

  it.each([['too_many', 'a little later'], ['no_unit', 'may not see it'], ['away', 'database is away'], ['', 'not opened'], ['else', 'not opened']])(
    'after the refusal “%s” says why', async (code, words) => {
      useTrack().reason = 'Dispatch'
      await panel()
      await part('start').trigger('click')
      FakeSocket.last.opens()
      if (code) FakeSocket.last.says({ type: 'error', code, detail: '…' })
      FakeSocket.last.closes(4400)
      await flushPromises()
      expect(part('refusal').text()).toContain(words)
    })

  it('asks for another reason where that was refused', async () => {
    useTrack().reason = 'abc'
    await panel()
    await part('start').trigger('click')
    FakeSocket.last.opens()
    FakeSocket.last.says({ type: 'error', code: 'reason_needed', detail: '…' })
    FakeSocket.last.closes(4400)
    await flushPromises()
    expect(mounted?.find('[role=alert]').text()).toContain('say more')
  })

  it('can be put away', async () => {
    await panel()
    await part('cancel').trigger('click')
    expect(useReplay().state).toBe('off')
  })
})

describe('the bar of a replay', () => {
  it('plays, pauses and steps a minute', async () => {
    await shown()
    await part('play').trigger('click')
    FakeSocket.last.says({ type: 'replay', time: FROM + 202_000, speed: 10, state: 'paused' })
    await part('minute-back').trigger('click')
    await part('minute-on').trigger('click')
    expect(said()).toEqual([{ type: 'pause' }, { type: 'seek', time: FROM + 142_000 }, { type: 'seek', time: FROM + 202_000 }])
  })

  it('is driven by keys', async () => {
    await shown()
    FakeSocket.last.says({ type: 'replay', time: FROM + 202_000, speed: 10, state: 'paused' })
    const slider = part('slider')
    for (const [key, shiftKey, time] of [['ArrowRight', false, 212_000], ['ArrowLeft', true, 152_000], ['Home', false, 0], ['End', false, 3_600_000]] as const) {
      await slider.trigger('keydown', { key, shiftKey })
      await new Promise((resolve) => { setTimeout(resolve, 270) })
      expect(said().at(-1), key).toEqual({ type: 'seek', time: FROM + time })
    }
    await slider.trigger('keydown', { key: ' ' })
    expect(said().at(-1)).toEqual({ type: 'play' })
  })

  it('says the time, how fast it passes, and that it is the past', async () => {
    await shown()
    expect(part('time').text()).toBe('2026-11-24 14:03:22')
    expect(part('slider').attributes('aria-valuetext')).toBe('2026-11-24 14:03:22, 10 times as fast')
    expect(mounted?.find('[role=status]').text()).toContain('not live')
    const badge = mount(ReplayMark, { global: { plugins: [i18n] } })
    expect(badge.text().replace(/\s+/g, ' ')).toBe(`REPLAY${momentWords(FROM + 202_000, 'en')}10×Not live`)
    badge.unmount()
  })

  it('leads back', async () => {
    await shown()
    await part('back').trigger('click')
    expect([useReplay().state, FakeSocket.last.closedByClient]).toEqual(['off', true])
  })

  it('when the line breaks says so, and goes on where somebody wants it', async () => {
    await shown()
    FakeSocket.last.closes(1006)
    await flushPromises()
    expect(mounted?.find('[role=alert]').text()).toContain('broke')
    expect(part('play').attributes('aria-label')).toBe('Go on')
  })
})

describe('both', () => {
  it.each(['choice', 'bar'])('can be used without sight: %s', async (what) => {
    const { element } = what === 'bar' ? await shown() : await panel()
    const { violations } = await axe.run(element, { rules: { 'color-contrast': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })
})
