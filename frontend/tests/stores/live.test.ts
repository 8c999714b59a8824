import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useEvents } from '@/stores/events'
import { useLive } from '@/stores/live'
import { useParts } from '@/stores/parts'
import { usePositions } from '@/stores/positions'
import { useSession } from '@/stores/session'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { frameBytes } from '../live/bytes'
import { FakeSocket } from '../live/fakeSocket'
import { sessionOf } from '../server'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  FakeSocket.made.length = 0
  setActivePinia(createPinia())
  useLive().start()
  FakeSocket.last.welcomes()
})

afterEach(() => {
  useLive().stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const presence = (number: number, kind: string, payload: object = {}): object => ({ type: 'event', number, topic: 'unit.presence', kind, time: 77, district: 1, squad: 1, unit: 5, payload })

describe('the live line', () => {
  it('is asked for by the page’s own address', () => {
    expect(FakeSocket.last.url).toBe(`ws://${window.location.host}/live`)
    expect(useLive().state.kind).toBe('live')
  })

  it('brings parts, events and presence to their stores', () => {
    FakeSocket.last.says({ type: 'parts', parts: [{ name: 'bus', state: 'away', since: 1 }] })
    FakeSocket.last.says({ type: 'topic', topic: 'unit.presence', number: 10, rows: [{ unit: 5, online: false, since: 1 }] })
    FakeSocket.last.says(presence(11, 'unit.online', { since: 42 }))
    expect(useParts().away.map((part) => part.name)).toEqual(['bus'])
    expect(useUnits().presence.get(5)).toEqual({ unit: 5, online: true, since: 42 })
    expect(useEvents().list.map((event) => event.number)).toEqual([11])
  })

  it('does not let an event change what the snapshot of its topic holds already', () => {
    FakeSocket.last.says({ type: 'topic', topic: 'unit.presence', number: 20, rows: [{ unit: 5, online: true, since: 1 }] })
    FakeSocket.last.says(presence(19, 'unit.offline'))
    expect(useUnits().presence.get(5)?.online).toBe(true)
    FakeSocket.last.says(presence(21, 'unit.offline'))
    expect(useUnits().presence.get(5)).toEqual({ unit: 5, online: false, since: 77 })
  })

  it('brings positions, and drops those that are gone', () => {
    FakeSocket.last.shows(frameBytes({ kind: 2, records: [{ unit: 5, time: 1, longitude: 113, latitude: 22 }, { unit: 6, time: 1, longitude: 113, latitude: 22 }] }))
    FakeSocket.last.says({ type: 'gone', units: [5] })
    expect([...usePositions().newest.keys()]).toEqual([6])
  })

  it('asks again when a resume names a unit that it lacks', () => {
    useLive().lookAt({ resolution: 7, cells: ['874103652ffffff'], whole: true })
    FakeSocket.last.shows(frameBytes({ kind: 3, look: 1, records: [], present: [8] }))
    expect(FakeSocket.last.sent.at(-1)).toMatchObject({ type: 'look', look: 2 })
  })

  it('tells the server of a new view only when other cells are needed', () => {
    const said = FakeSocket.last.sent.length
    useLive().lookAt({ resolution: 7, cells: ['874103652ffffff'], whole: true })
    useLive().lookAt({ resolution: 7, cells: ['874103652ffffff'], whole: false })
    expect(FakeSocket.last.sent.length - said).toBe(1)
    expect(useView().whole).toBe(false)
  })

  it('sends its look again on a new line, also when the view is the old one', () => {
    const look = { resolution: 7, cells: ['874103652ffffff'], whole: true }
    useLive().lookAt(look)
    useLive().stop()
    useLive().start()
    FakeSocket.last.welcomes()
    useLive().lookAt(look)
    expect(FakeSocket.last.sent.map((message) => message['type'])).toEqual(['hello', 'look'])
  })

  it('tells the server whom to follow, and that nobody is followed', async () => {
    useView().follow(5)
    await nextTick()
    useView().release()
    await nextTick()
    expect(FakeSocket.last.sent.slice(1)).toEqual([{ type: 'follow', units: [5] }, { type: 'follow', units: [] }])
  })

  it('says what the server did not understand, and which events are lost', () => {
    FakeSocket.last.says({ type: 'error', code: 'bad_look', detail: 'too many cells' })
    FakeSocket.last.says({ type: 'gap', first: 3, last: 9 })
    expect(useLive().problem).toBe('bad_look: too many cells')
    expect(useEvents().missed).toEqual({ first: 3, last: 9 })
  })

  it('asks for messages to terminals only for who may send them', () => {
    const topicsOf = (socket: FakeSocket): unknown => socket.sent[0]?.['topics']
    expect(topicsOf(FakeSocket.last)).not.toContain('device.command')
    useLive().stop()
    useSession().session = sessionOf({ atoms: ['wall.open', 'device.command'] })
    useLive().start()
    FakeSocket.last.welcomes()
    expect(topicsOf(FakeSocket.last)).toContain('device.command')
  })

  it('with an ended session closes the page', () => {
    FakeSocket.last.closes(4401)
    expect(useSession().status).toBe('refused')
  })
})
