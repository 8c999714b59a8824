import axe from 'axe-core'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/i18n'
import WhoWasHere from '@/pages/wall/tools/WhoWasHere.vue'
import { usePreferences } from '@/stores/preferences'
import { useTools } from '@/stores/tools'
import { useTrack } from '@/stores/track'
import { useView } from '@/stores/view'

const FOUND = { unit: 7, call_sign: '巡7', name: '巡逻车 7 号', name_en: 'Patrol car 7', body: 1, first: 1_000_000, last: 1_060_000, nearest: 12.4, fixes: 9 }
let mounted: VueWrapper | undefined
let asked: URL[] = []

beforeEach(() => {
  setActivePinia(createPinia())
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  useView().camera = { longitude: 113.5, latitude: 22.2, zoom: 14 }
  asked = []
})
afterEach(() => {
  mounted?.unmount()
  vi.unstubAllGlobals()
})

async function panel(status = 200, answer: object = [FOUND], reason = 'Dispatch'): Promise<void> {
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(new URL(path, 'http://x'))
    return Promise.resolve(new Response(JSON.stringify(answer), { status }))
  })
  useTrack().reason = reason
  mounted = mount(WhoWasHere, { global: { plugins: [i18n] }, attachTo: document.body })
  await flushPromises()
}

async function search(): Promise<void> {
  await mounted?.find('[data-testid=who-search]').trigger('click')
  await flushPromises()
}

const words = (): string | undefined => mounted?.find('[data-testid=who-words]').text()

describe('who was here', () => {
  it('asks around the map’s centre, or the place that was marked, in the span that was chosen', async () => {
    await panel()
    await search()
    useTools().pin = { place: { longitude: 113.6, latitude: 22.3 }, label: 'x' }
    await search()
    const [centre, marked] = asked.map((url) => Object.fromEntries(url.searchParams))
    expect(centre).toMatchObject({ longitude: '113.5', latitude: '22.2', metres: '100', reason: 'Dispatch' })
    expect(Number(centre?.['to']) - Number(centre?.['from'])).toBe(3_600_000)
    expect(marked).toMatchObject({ longitude: '113.6', latitude: '22.3' })
  })

  it('lists who was there, how near, and opens the track of that span', async () => {
    await panel()
    await search()
    const row = mounted?.find('[data-unit="7"]')
    for (const part of ['巡7', 'Patrol car 7', 'nearest 12 m']) expect(row?.text()).toContain(part)
    expect(words()).toBe('Units that were here: 1')
    await row?.trigger('click')
    expect([useView().selected, useTrack().unit]).toEqual([7, 7])
    expect((useTrack().span?.to ?? 0) - (useTrack().span?.from ?? 0)).toBe(3_600_000)
  })

  it('asks for a reason first, and keeps it', async () => {
    await panel(200, [], '')
    await search()
    expect(asked).toHaveLength(0)
    await mounted?.find('[data-reason=complaint]').trigger('click')
    await flushPromises()
    expect(asked[0]?.searchParams.get('reason')).toBe('Complaint check')
    expect(words()).toContain('No unit was here')
  })

  it.each([[403, 'track.read'], [503, 'database is away'], [500, 'Try again']])('after %i says so', async (status, said) => {
    await panel(status, {})
    await search()
    expect(words()).toContain(said)
    expect(mounted?.find('[role=alert]').exists()).toBe(true)
  })

  it('asks for another reason where that was refused', async () => {
    await panel(422, { code: 'reason_needed' })
    await search()
    expect(mounted?.find('[role=alert]').text()).toContain('say more')
  })

  it('can be used without sight', async () => {
    await panel()
    await search()
    const { violations } = await axe.run(mounted?.element ?? document.body, { rules: { 'color-contrast': { enabled: false } } })
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })
})
