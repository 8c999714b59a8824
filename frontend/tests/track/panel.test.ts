import axe from 'axe-core'
import { flushPromises, mount, type DOMWrapper, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import TrackPanel from '@/pages/wall/track/TrackPanel.vue'
import { fileName } from '@/pages/wall/track/useTrackFile'
import { usePreferences } from '@/stores/preferences'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'
import { drive, EIGHT, stand, track, type Step } from './tracks'

const STEPS: Step[] = [...drive(0, 300), ...stand(310, 300, 22.2 + 3000 / 111_195), ...drive(1200, 100, 22.3)]
let mounted: VueWrapper | undefined
let asked: string[] = []

beforeEach(() => {
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  asked = []
})
afterEach(() => {
  mounted?.unmount()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function panel(status: number, steps: readonly Step[] = STEPS, reason = 'Dispatch'): Promise<VueWrapper> {
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    return Promise.resolve(new Response(JSON.stringify(track(steps)), { status }))
  })
  useTrack().reason = reason
  useTrack().open(7)
  mounted = mount(TrackPanel, { global: { plugins: [i18n] }, attachTo: document.body })
  await flushPromises()
  // The map is asked to show all of it when it has its new height.
  await new Promise((resolve) => { requestAnimationFrame(() => { requestAnimationFrame(resolve) }) })
  return mounted
}

describe('the panel of a track', () => {
  it('asks for today by itself and shows distance, speeds, stops and gaps', async () => {
    const facts = (await panel(200)).findAll('dl div').map((fact) => fact.findAll('dt, dd').map((part) => part.text()).join(' '))
    expect(facts).toEqual(['Distance 4.0 km', 'Moving 6 min 40 s', 'Mean 36 km/h', 'Fastest 36 km/h', 'Stops 1', 'No position 1'])
    for (const part of ['Track of #7', '73 positions', 'Stop of 5 min', 'No position for 9 min']) expect(mounted?.text()).toContain(part)
    const from = Number(new URL(asked[0] ?? '', 'http://x').searchParams.get('from'))
    expect(new Date(from).getHours()).toBe(0)
  })

  it('brings all of it into view', async () => {
    await panel(200)
    expect(useView().wish).toMatchObject({ kind: 'fit' })
  })

  it.each([[403, 'track.read'], [503, 'database is away'], [500, 'could not be read']])('after %i says so', async (status, words) => {
    await panel(status)
    expect(mounted?.find('[role=alert]').text()).toContain(words)
  })

  it('can be asked again after a failure', async () => {
    await panel(500)
    await mounted?.findAll('button').find((button) => button.text() === 'Try again')?.trigger('click')
    expect(asked).toHaveLength(2)
  })

  it('without a position says so, as no failure', async () => {
    await panel(200, [])
    expect(mounted?.find('[role=status]').text()).toBe('No positions in this span.')
    expect(mounted?.find('[role=alert]').exists()).toBe(false)
  })

  it('goes to a stop that is pressed', async () => {
    await panel(200)
    await mounted?.find('[data-testid=track-marks] button').trigger('click')
    const stop = useTrack().journey?.stops[0]
    expect(useTrack().time).toBe(stop?.from)
  })

  it('is moved by the keys of a slider, which says time and speed', async () => {
    await panel(200)
    const slider = mounted?.find('[role=slider]')
    const press = async (key: string, shiftKey = false): Promise<number> => {
      await slider?.trigger('keydown', { key, shiftKey })
      return (useTrack().time - EIGHT) / 1000
    }
    expect(await press('ArrowRight')).toBe(10)
    expect(await press('ArrowRight', true)).toBe(70)
    expect(await press('ArrowLeft')).toBe(60)
    expect(await press('End')).toBe(1300)
    expect(await press('Home')).toBe(0)
    expect(slider?.attributes('aria-valuetext')).toBe('08:00:00, 36 km/h')
    useTrack().seek(EIGHT + 900_000)
    await flushPromises()
    expect(slider?.attributes('aria-valuetext')).toContain('no position')
  })

  it('shows another span', async () => {
    await panel(200)
    await mounted?.find('[data-span=hour]').trigger('click')
    const search = new URL(asked[1] ?? '', 'http://x').searchParams
    expect(Number(search.get('to')) - Number(search.get('from'))).toBe(3_600_000)
    expect(mounted?.find('[data-span=hour]').attributes('aria-pressed')).toBe('true')
  })

  it('closes', async () => {
    await panel(200)
    await mounted?.find('[aria-label="Close the track"]').trigger('click')
    expect(useTrack().unit).toBeNull()
  })
})

describe('the reason to read a track', () => {
  const form = (): DOMWrapper<Element> | undefined => mounted?.find('[data-testid=track-reason-form]')

  it('is asked for before anything is read; one press is enough, and it is shown', async () => {
    await panel(200, STEPS, '')
    expect(asked).toEqual([])
    expect(form()?.text()).toContain('read personal data')
    expect(document.activeElement?.textContent).toBe('Dispatch')
    await mounted?.find('[data-reason=complaint]').trigger('click')
    await flushPromises()
    expect(new URL(asked[0] ?? '', 'http://x').searchParams.get('reason')).toBe('Complaint check')
    expect(mounted?.find('[data-testid=track-reason]').text()).toContain('Reason: Complaint check')
    expect(form()?.exists()).toBe(false)
  })

  it('can be typed, with three signs at least', async () => {
    await panel(200, STEPS, '')
    await mounted?.find('input[name=reason]').setValue(' ab ')
    await mounted?.find('form').trigger('submit')
    expect(mounted?.find('[role=alert]').text()).toBe('3 to 200 signs.')
    expect(asked).toEqual([])
    await mounted?.find('input[name=reason]').setValue('case 26-1123')
    await mounted?.find('form').trigger('submit')
    expect(useTrack().reason).toBe('case 26-1123')
    expect(asked).toHaveLength(1)
  })

  it('can be changed, and the span stays', async () => {
    await panel(200)
    const before = new URL(asked[0] ?? '', 'http://x').searchParams
    await mounted?.find('[data-testid=track-reason] button').trigger('click')
    await mounted?.find('[data-reason=handover]').trigger('click')
    await flushPromises()
    const after = new URL(asked[1] ?? '', 'http://x').searchParams
    expect([after.get('from'), after.get('reason')]).toEqual([before.get('from'), 'Handover'])
  })

  it('has nothing that a checker of accessibility knows of', async () => {
    await panel(200, STEPS, '')
    const { violations } = await axe.run(form()?.element as Element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id }) => id)).toEqual([])
  })
})

describe('the track as a file', () => {
  const button = (form: string): DOMWrapper<Element> => mounted?.find(`[data-form=${form}]`) as DOMWrapper<Element>
  const files = (): DOMWrapper<Element> => mounted?.find('[data-testid=track-files]') as DOMWrapper<Element>
  let saved: { name: string; type: string; text: Promise<string> }[] = []

  /** The next answer of the server; what the browser is told to save. */
  async function shown(answer: () => Promise<Response>): Promise<void> {
    await panel(200)
    saved = []
    let file = new Blob()
    vi.spyOn(URL, 'createObjectURL').mockImplementation((given) => { file = given as Blob; return 'blob:1' })
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) { saved.push({ name: this.download, type: file.type, text: file.text() }) })
    vi.stubGlobal('fetch', (path: string, { signal }: RequestInit) => {
      asked.push(path)
      return Promise.race([answer(), new Promise<never>((_, reject) => { signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })])
    })
  }

  it.each(['geojson', 'gpx', 'csv'])('is fetched as %s for the span and the reason of the panel, and named by both', async (form) => {
    await shown(() => Promise.resolve(new Response('all of it', { headers: { 'Content-Type': 'text/x-track' } })))
    await button(form).trigger('click')
    await flushPromises()
    const [before, after] = [asked[0], asked[1]].map((path) => new URL(path ?? '', 'http://x'))
    expect(after?.pathname).toBe('/api/v1/tracks')
    expect(Object.fromEntries(after?.searchParams ?? [])).toEqual({ unit: '7', from: before?.searchParams.get('from'), to: before?.searchParams.get('to'), format: form, reason: 'Dispatch' })
    expect(saved).toHaveLength(1)
    expect(saved[0]?.name).toMatch(new RegExp(`^#7_\\d{4}-\\d\\d-\\d\\d_0000-\\d{4}\\.${form}$`))
    expect([saved[0]?.type, await saved[0]?.text]).toEqual(['text/x-track', 'all of it'])
    expect(files().find('[role=status]').text()).toContain(`Saved: ${saved[0]?.name ?? '?'}`)
  })

  it('says how much has come, one at a time, and can be stopped', async () => {
    const stream = new ReadableStream<Uint8Array>({ start: (body) => { body.enqueue(new Uint8Array(2_500_000)) } })
    await shown(() => Promise.resolve(new Response(stream)))
    await button('csv').trigger('click')
    await flushPromises()
    expect(files().find('[role=status]').text()).toBe('CSV is coming: 2.5 MB')
    expect(button('gpx').attributes('disabled')).toBeDefined()
    await files().findAll('button').find((one) => one.text() === 'Stop')?.trigger('click')
    await flushPromises()
    expect(files().find('[role=status]').text()).toBe('')
    expect(button('gpx').attributes('disabled')).toBeUndefined()
    expect(saved).toEqual([])
  })

  it('that breaks off half way is not saved', async () => {
    const stream = new ReadableStream<Uint8Array>({ start: (body) => { body.enqueue(new Uint8Array(9)) }, pull: (body) => { body.error(new TypeError('cut')) } })
    await shown(() => Promise.resolve(new Response(stream)))
    await button('csv').trigger('click')
    await flushPromises()
    expect(files().find('[role=alert]').text()).toContain('broke off')
    expect(saved).toEqual([])
  })

  it.each([[403, {}, 'no right'], [404, {}, 'no right'], [422, { code: 'reason_needed' }, 'reason'], [503, {}, 'database is away'], [500, {}, 'could not make']])('after %i says so, and can be tried again', async (status, facts, words) => {
    await shown(() => Promise.resolve(new Response(JSON.stringify(facts), { status })))
    await button('gpx').trigger('click')
    await flushPromises()
    expect(files().find('[role=alert]').text()).toContain(words)
    expect(button('gpx').attributes('disabled')).toBeUndefined()
    expect(saved).toEqual([])
  })

  it('of a network that is down says so', async () => {
    await shown(() => Promise.reject(new TypeError('down')))
    await button('gpx').trigger('click')
    await flushPromises()
    expect(files().find('[role=alert]').text()).toContain('does not answer')
  })

  it('has nothing that a checker of accessibility knows of', async () => {
    await shown(() => Promise.resolve(new Response('', { status: 503 })))
    await button('gpx').trigger('click')
    await flushPromises()
    const { violations } = await axe.run(files().element, { rules: { 'color-contrast': { enabled: false }, 'region': { enabled: false } } })
    expect(violations.map(({ id }) => id)).toEqual([])
  })

  it.each([
    ['巡7', 90, '巡7_2026-11-23_0800-0930.gpx'],
    ['枫林 1/2', 20 * 60, '枫林-1-2_2026-11-23_0800_2026-11-24_0400.gpx'],
  ])('of %s for %i minutes is named %s', (callSign, minutes, name) => {
    expect(fileName(callSign, { from: EIGHT, to: EIGHT + minutes * 60_000 }, 'gpx')).toBe(name)
  })
})

describe('the player', () => {
  it('moves on so many times as fast, over gaps, and stops at the end', async () => {
    await panel(200)
    const frames: FrameRequestCallback[] = []
    let now = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback))
    const run = async (milliseconds: number): Promise<void> => {
      now += milliseconds
      frames.pop()?.(now)
      await flushPromises()
    }
    await mounted?.find('[data-testid=track-play]').trigger('click')
    await run(400)
    expect((useTrack().time - EIGHT) / 1000).toBe(4)
    useTrack().seek(EIGHT + 299_000)
    await run(400)
    expect((useTrack().time - EIGHT) / 1000).toBeGreaterThanOrEqual(1200)
    useTrack().seek(EIGHT + 1_299_000)
    await run(400)
    expect(mounted?.find('[data-testid=track-play]').attributes('aria-label')).toBe('Play')
  })
})
