import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { frameBytes } from './bytes'
import { FakeSocket } from './fakeSocket'
import { breakAndReturn, event, Harness, INTEREST } from './harness'

const TOPIC = { type: 'topic', topic: 'unit.presence', number: 0, rows: [] }

let harness: Harness

beforeEach(() => { harness = new Harness() })
afterEach(() => { harness.end() })

describe('hello', () => {
  it('is the first word, said once the line is open, without resume on a first visit', () => {
    harness.live.lookAt(INTEREST)
    harness.live.followUnits([7])
    harness.live.start()
    expect(FakeSocket.last.sent).toEqual([])
    FakeSocket.last.opens()
    expect(FakeSocket.last.sent).toEqual([
      { type: 'hello', version: 1, topics: ['unit.presence'], follow: [7], every: 200, look: { look: 1, resolution: 7, cells: INTEREST.cells }, resume: null },
    ])
    expect(FakeSocket.last.binaryType).toBe('arraybuffer')
  })

  it('has no look where there is no map yet', () => {
    harness.live.start()
    FakeSocket.last.opens()
    expect(FakeSocket.last.sent[0]).toMatchObject({ look: null })
  })

  it('makes the line live when it is answered, not before', () => {
    harness.live.start()
    FakeSocket.last.opens()
    expect(harness.state).toEqual({ kind: 'connecting' })
    FakeSocket.last.says({ type: 'welcome', version: 1, time: 1, tick: 200, event: 0, web: 'w' })
    expect(harness.state).toEqual({ kind: 'live' })
  })

  it('answered by another version of the protocol ends it', () => {
    harness.live.start()
    FakeSocket.last.opens()
    FakeSocket.last.says({ type: 'welcome', version: 2, time: 1, tick: 200, event: 0, web: 'w' })
    expect(harness.state).toEqual({ kind: 'refused', reason: 'protocol' })
  })
})

describe('resume', () => {
  it.each([
    ['event', event(41), 41],
    ['upto', { type: 'upto', number: 42 }, 42],
    ['alive', { type: 'alive', time: 5, event: 43 }, 43],
  ])('names the last number that %s said', async (_, message, number) => {
    harness.live.start()
    FakeSocket.last.welcomes(99)
    FakeSocket.last.says(TOPIC)
    FakeSocket.last.says(message)
    const socket = await breakAndReturn()
    expect(socket.sent[0]).toMatchObject({ resume: { event: number, frame: null } })
  })

  it('is not claimed before the topics have come, whatever numbers were told', async () => {
    harness.live.start()
    FakeSocket.last.welcomes(99)
    FakeSocket.last.says({ type: 'upto', number: 99 })
    expect((await breakAndReturn()).sent[0]).toMatchObject({ resume: null })
  })

  it('names the time of the last frame that was taken, with the look and the followed units of now', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    harness.live.lookAt(INTEREST)
    harness.live.followUnits([9])
    FakeSocket.last.says(TOPIC)
    FakeSocket.last.says(event(1))
    FakeSocket.last.shows(frameBytes({ kind: 2, look: 1, time: 5000 }))
    FakeSocket.last.shows(frameBytes({ kind: 2, look: 0, time: 6000 }))
    const socket = await breakAndReturn()
    expect(socket.sent[0]).toMatchObject({ follow: [9], look: { look: 1 }, resume: { event: 1, frame: 5000 } })
  })

  it('names no event after a gap until the topics have come: from a number they would never be sent', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.says(TOPIC)
    FakeSocket.last.says(event(10))
    FakeSocket.last.shows(frameBytes({ kind: 2, look: 0, time: 5000 }))
    const second = await breakAndReturn()
    second.says({ type: 'gap', first: 11, last: 500 })
    second.says({ type: 'upto', number: 500 })
    const third = await breakAndReturn(1012, 1000)
    expect(third.sent[0]).toMatchObject({ resume: { event: null, frame: 5000 } })
    third.says(TOPIC)
    third.says(event(501))
    expect((await breakAndReturn(1012, 2000)).sent[0]).toMatchObject({ resume: { event: 501 } })
    expect(harness.messages).toContainEqual({ type: 'gap', first: 11, last: 500 })
  })
})

describe('events', () => {
  it('count from where a restored server stands, after its gap', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.says(event(500))
    FakeSocket.last.says({ type: 'gap', first: 41, last: 40 })
    FakeSocket.last.says(event(41))
    expect(harness.eventNumbers).toEqual([500, 41])
  })

  it('are handed on once and in order; what was had is passed over', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    for (const number of [3, 4, 4, 2, 7]) FakeSocket.last.says(event(number))
    expect(harness.eventNumbers).toEqual([3, 4, 7])
  })

  it('that upto or alive has covered are passed over', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.says({ type: 'upto', number: 20 })
    FakeSocket.last.says(event(20))
    FakeSocket.last.says({ type: 'alive', time: 1, event: 30 })
    FakeSocket.last.says({ type: 'alive', time: 1, event: 25 })
    FakeSocket.last.says(event(29))
    FakeSocket.last.says(event(31))
    expect(harness.eventNumbers).toEqual([31])
  })

  it('that come twice over two lines are handed on once', async () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.says(event(1))
    const socket = await breakAndReturn()
    socket.says(event(1))
    socket.says(event(2))
    expect(harness.eventNumbers).toEqual([1, 2])
  })

  it('of a type that is not known yet disturb nothing', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    FakeSocket.last.says({ type: 'weather' })
    expect(harness.state).toEqual({ kind: 'live' })
  })
})

describe('looks', () => {
  it('are numbered, and frames of an older look are dropped', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    harness.live.lookAt(INTEREST)
    harness.live.lookAt({ ...INTEREST, resolution: 6 })
    FakeSocket.last.shows(frameBytes({ kind: 2, look: 1, time: 1 }))
    FakeSocket.last.shows(frameBytes({ kind: 2, look: 2, time: 2 }))
    expect(FakeSocket.last.sent.slice(1).map((message) => message['look'])).toEqual([1, 2])
    expect(harness.frames.map((frame) => frame.look)).toEqual([2])
  })

  it('begin again at 0 after 65535', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    for (let count = 0; count < 65536; count += 1) harness.live.lookAt(INTEREST)
    expect(FakeSocket.last.sent.at(-1)).toMatchObject({ look: 0 })
    FakeSocket.last.shows(frameBytes({ look: 65535 }))
    FakeSocket.last.shows(frameBytes({ look: 0 }))
    expect(harness.frames.map((frame) => frame.look)).toEqual([0])
  })

  it('can be asked for again', () => {
    harness.live.start()
    FakeSocket.last.welcomes()
    harness.live.lookAt(INTEREST)
    harness.live.lookAgain()
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'look', look: 2, resolution: 7, cells: INTEREST.cells })
  })
})
