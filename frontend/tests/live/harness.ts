import { vi, type Mock } from 'vitest'
import type { LineState, ServerMessage } from '@/live/messages'
import type { Frame } from '@/live/record'
import { LiveSocket } from '@/live/socket'
import { FakeSocket } from './fakeSocket'

export const INTEREST = { resolution: 7, cells: ['874103652ffffff'], whole: true }

/** A live socket on a false line, and all that it handed on. Begins fake timers; `end` ends both. */
export class Harness {
  readonly messages: ServerMessage[] = []
  readonly frames: Frame[] = []
  readonly states: LineState[] = []
  readonly sessionHolds: Mock<() => Promise<boolean>> = vi.fn(() => Promise.resolve(true))
  readonly live: LiveSocket

  constructor() {
    vi.useFakeTimers()
    FakeSocket.made.length = 0
    this.live = new LiveSocket({
      url: 'ws://test/live',
      topics: ['unit.presence'],
      handlers: {
        state: (state) => this.states.push(state),
        time: () => undefined,
        message: (message) => this.messages.push(message),
        frame: (frame) => this.frames.push(frame),
      },
      sessionHolds: this.sessionHolds,
      createSocket: (url) => new FakeSocket(url) as unknown as WebSocket,
    })
  }

  get state(): LineState | undefined {
    return this.states.at(-1)
  }

  get eventNumbers(): number[] {
    return this.messages.flatMap((message) => (message.type === 'event' ? [message.number] : []))
  }

  end(): void {
    this.live.stop()
    vi.useRealTimers()
  }
}

export function event(number: number): object {
  return { type: 'event', number, topic: 'unit.presence', kind: 'unit.online', time: 1, district: 1, squad: 1, unit: 5, payload: {} }
}

/** The line breaks, and comes back after its wait. */
export async function breakAndReturn(code = 1012, wait = 500): Promise<FakeSocket> {
  FakeSocket.last.closes(code)
  await vi.advanceTimersByTimeAsync(wait)
  FakeSocket.last.opens()
  return FakeSocket.last
}
