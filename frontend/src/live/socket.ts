/**
 * The browser's end of the live socket: docs/live-protocol.md.
 * It keeps the line up and the order right; what the messages mean is the business of the stores.
 */
import { RetryDelay } from './delay'
import { parseMessage, PROTOCOL_VERSION, type LineState, type ServerMessage } from './messages'
import { decodeFrame, type Frame } from './record'
import type { Interest } from './interest'

export const SILENCE_MILLISECONDS = 12_000
const CLOSED_NO_HELLO = 4400
const CLOSED_SESSION_ENDED = 4401

export interface LiveHandlers {
  state(state: LineState): void
  /** The server's time, as often as it is heard. */
  time(serverTime: number): void
  message(message: ServerMessage): void
  frame(frame: Frame): void
}

export interface LiveOptions {
  url: string
  topics: string[]
  handlers: LiveHandlers
  /** A refused handshake looks to a browser like a dead server; this asks by HTTP which of the two it is. */
  sessionHolds(): Promise<boolean>
  createSocket?(url: string): WebSocket
}

/** Where a socket of this page's own server is. */
export function socketAddress(path: string): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${path}`
}

interface Look {
  look: number
  resolution: number
  cells: string[]
}

export class LiveSocket {
  private socket: WebSocket | null = null
  private state: LineState = { kind: 'connecting' }
  private look: Look | null = null
  private follow: number[] = []
  private milliseconds = 200
  /** The last event that we have; null until `event`, `upto` or `alive` said one. */
  private lastEvent: number | null = null
  /** Topics whose snapshot is due: while there are any, events after our number are not enough to be right. */
  private readonly dueTopics: Set<string>
  private lastFrameTime: number | null = null
  private heardAt = 0
  private greeted = false
  private readonly delay = new RetryDelay()
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private silenceTimer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: LiveOptions) {
    this.dueTopics = new Set(options.topics)
  }

  start(): void {
    window.addEventListener('online', this.wake)
    window.addEventListener('focus', this.wake)
    document.addEventListener('visibilitychange', this.wake)
    this.open()
  }

  stop(): void {
    window.removeEventListener('online', this.wake)
    window.removeEventListener('focus', this.wake)
    document.removeEventListener('visibilitychange', this.wake)
    this.letGo()
  }

  /** What the map looks at. The answer is one snapshot that bears this look's number. */
  lookAt(interest: Interest): void {
    const { resolution, cells } = interest
    this.look = { look: ((this.look?.look ?? 0) + 1) & 0xffff, resolution, cells }
    this.send({ type: 'look', ...this.look })
  }

  /** Asks for a whole snapshot of the same view: for a resume frame that named units which we do not have. */
  lookAgain(): void {
    if (this.look) this.lookAt({ resolution: this.look.resolution, cells: this.look.cells, whole: true })
  }

  followUnits(units: number[]): void {
    this.follow = units
    this.send({ type: 'follow', units })
  }

  every(milliseconds: 200 | 1000 | 5000): void {
    if (milliseconds === this.milliseconds) return
    this.milliseconds = milliseconds
    this.send({ type: 'every', milliseconds })
  }

  private open(): void {
    this.letGo()
    this.become({ kind: 'connecting' })
    const socket = (this.options.createSocket ?? ((url) => new WebSocket(url)))(this.options.url)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => this.hello(socket)
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => this.receive(message.data)
    socket.onclose = (event) => void this.closed(event.code)
    this.socket = socket
    this.greeted = false
    this.heard()
  }

  private hello(socket: WebSocket): void {
    const event = this.dueTopics.size > 0 ? null : this.lastEvent
    const frame = this.lastFrameTime
    const resume = event === null && frame === null ? null : { event, frame }
    const { follow, look, milliseconds } = this
    socket.send(JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION, topics: this.options.topics, follow, every: milliseconds, look, resume }))
    this.greeted = true
  }

  private send(message: object): void {
    // Before `hello` nothing may be said; `hello` itself carries what was wanted until then.
    if (this.greeted && this.socket?.readyState === 1) this.socket.send(JSON.stringify(message))
  }

  private receive(data: string | ArrayBuffer): void {
    this.heard()
    try {
      if (typeof data === 'string') this.receiveMessage(parseMessage(data))
      else this.receiveFrame(decodeFrame(data))
    } catch (error) {
      // Bytes that cannot be read are another version's: coming back would bring the same bytes.
      this.refuse('protocol')
      throw error
    }
  }

  private receiveMessage(message: ServerMessage | null): void {
    if (message === null) return
    switch (message.type) {
      case 'welcome':
        if (message.version !== PROTOCOL_VERSION) return this.refuse('protocol')
        this.options.handlers.time(message.time)
        this.become({ kind: 'live' })
        break
      case 'event':
        if (this.lastEvent !== null && message.number <= this.lastEvent) return
        this.lastEvent = message.number
        break
      case 'topic':
        this.dueTopics.delete(message.topic)
        break
      case 'gap':
        // Also when it lies behind what we have: then the server's store was restored, and its numbers count.
        this.lastEvent = message.last
        for (const topic of this.options.topics) this.dueTopics.add(topic)
        break
      case 'upto':
        this.haveUpTo(message.number)
        break
      case 'alive':
        this.options.handlers.time(message.time)
        this.haveUpTo(message.event)
        // Only a line that lasted is a good line; one that dies after each welcome must not be tried twice a second.
        this.delay.reset()
    }
    this.options.handlers.message(message)
  }

  private receiveFrame(frame: Frame): void {
    this.options.handlers.time(frame.time)
    // Looks are counted here and by nobody else, so one that is not the present one is an older one.
    if (frame.look !== (this.look?.look ?? 0)) return
    this.lastFrameTime = frame.time
    this.options.handlers.frame(frame)
  }

  private haveUpTo(number: number): void {
    this.lastEvent = Math.max(this.lastEvent ?? 0, number)
  }

  private heard(): void {
    this.heardAt = performance.now()
    clearTimeout(this.silenceTimer)
    this.silenceTimer = setTimeout(() => this.retry(), SILENCE_MILLISECONDS)
  }

  private async closed(code: number): Promise<void> {
    const wasGreeted = this.greeted
    this.letGo()
    if (code === CLOSED_SESSION_ENDED) return this.refuse('session')
    if (code === CLOSED_NO_HELLO) return this.refuse('protocol')
    this.retry()
    if (!wasGreeted && !(await this.options.sessionHolds())) this.refuse('session')
  }

  private retry(): void {
    this.letGo()
    const wait = this.delay.next()
    this.become({ kind: 'waiting', retryAt: performance.now() + wait })
    this.retryTimer = setTimeout(() => this.open(), wait)
  }

  /** The network or the person is back: do not let them wait for a timer, which a hidden tab may have slept through. */
  private readonly wake = (): void => {
    if (document.visibilityState === 'hidden') return
    const silent = performance.now() - this.heardAt > SILENCE_MILLISECONDS
    if (this.state.kind === 'waiting' || (this.state.kind !== 'refused' && silent)) this.open()
  }

  private refuse(reason: 'session' | 'protocol'): void {
    this.letGo()
    this.become({ kind: 'refused', reason })
  }

  private letGo(): void {
    clearTimeout(this.retryTimer)
    clearTimeout(this.silenceTimer)
    const socket = this.socket
    this.socket = null
    this.greeted = false
    if (socket === null) return
    // The old socket's last words must not be taken for those of the new one.
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private become(state: LineState): void {
    this.state = state
    this.options.handlers.state(state)
  }
}
