/**
 * The browser's end of a replay: docs/live-protocol.md, "Replay". It does not come back by itself: each opening is a
 * read of personal data, with a row of the access log, so somebody has to want it.
 */
import type { Interest, View } from './interest'
import { parseMessage, PROTOCOL_VERSION, type ServerMessage } from './messages'
import { decodeFrame, type Frame } from './record'
import { SILENCE_MILLISECONDS } from './socket'

export const MOST_UNITS = 20
export const MOST_SQUARE_KILOMETRES = 25
export const PACES = [1, 2, 5, 10, 30, 60] as const

export type Ground = { units: number[] } | { area: View }

/** Times in milliseconds since 1970. */
export interface WantedReplay {
  from: number
  to: number
  ground: Ground
  reason: string
}

export type Mark = Extract<ServerMessage, { type: 'replay' }>

export interface ReplayHandlers {
  /** The server lets it begin. Its span may end earlier than was asked for. */
  welcome(span: { from: number; to: number }): void
  mark(mark: Mark): void
  frame(frame: Frame): void
  gone(units: number[]): void
  registry(version: number): void
  /** `code` is the server's word for a refusal; empty where the line broke. */
  ended(code: string): void
}

export interface ReplayOptions {
  url: string
  wanted: WantedReplay
  at: number
  speed: number
  interest: Interest | null
  follow: number[]
  handlers: ReplayHandlers
  createSocket?(url: string): WebSocket
}

export class ReplayLine {
  private readonly socket: WebSocket
  private look: number
  private code = ''
  private silence: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: ReplayOptions) {
    this.look = options.interest ? 1 : 0
    this.socket = (options.createSocket ?? ((url) => new WebSocket(url)))(options.url)
    this.socket.binaryType = 'arraybuffer'
    this.socket.onopen = () => { this.say(this.hello()) }
    this.socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => { this.receive(message.data) }
    this.socket.onclose = () => { this.end() }
    this.heard()
  }

  play(): void {
    this.say({ type: 'play' })
  }

  pause(): void {
    this.say({ type: 'pause' })
  }

  seek(time: number): void {
    this.say({ type: 'seek', time: Math.round(time) })
  }

  speed(speed: number): void {
    this.say({ type: 'speed', speed })
  }

  follow(units: number[]): void {
    this.say({ type: 'follow', units })
  }

  lookAt({ resolution, cells }: Interest): void {
    this.look = (this.look + 1) & 0xffff
    this.say({ type: 'look', look: this.look, resolution, cells })
  }

  /** Nothing more is handed on. */
  stop(): void {
    clearTimeout(this.silence)
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null
    this.socket.close()
  }

  private hello(): object {
    const { wanted, at, speed, interest, follow } = this.options
    const { from, to, ground, reason } = wanted
    const where = 'units' in ground ? { units: ground.units } : { area: boxWords(ground.area) }
    const look = interest && { look: this.look, resolution: interest.resolution, cells: interest.cells }
    return { type: 'hello', version: PROTOCOL_VERSION, follow, every: 200, look, replay: { from, to, reason, at, speed, ...where } }
  }

  private say(message: object): void {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(message))
  }

  private receive(data: string | ArrayBuffer): void {
    this.heard()
    if (typeof data === 'string') this.receiveMessage(parseMessage(data))
    else this.receiveFrame(decodeFrame(data))
  }

  private receiveMessage(message: ServerMessage | null): void {
    const { handlers, wanted } = this.options
    switch (message?.type) {
      case 'welcome': return handlers.welcome({ from: message.from ?? wanted.from, to: message.to ?? wanted.to })
      case 'replay': return handlers.mark(message)
      case 'gone': return handlers.gone(message.units)
      case 'registry': return handlers.registry(message.version)
      case 'error': this.code = message.code
    }
  }

  private receiveFrame(frame: Frame): void {
    if (frame.look === this.look) this.options.handlers.frame(frame)
  }

  private heard(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => { this.end() }, SILENCE_MILLISECONDS)
  }

  private end(): void {
    this.stop()
    this.options.handlers.ended(this.code)
  }
}

/** As the routes of history take a rectangle: degrees. */
export function boxWords({ west, south, east, north }: View): string {
  return [west, south, east, north].map((degrees) => degrees.toFixed(6)).join(',')
}
