/** The other windows of this page on this PC, by a channel that reaches no further than this browser. */

export const PING_MILLISECONDS = 5000
/** A hidden window's timers may stand still, but it answers a ping; so who misses two of them is gone. */
export const GONE_MILLISECONDS = 12_000

type Own = { kind: 'ping' } | { kind: 'bye' }
/** What is said, with who says it. */
export type Said<Message> = (Message | Own) & { from: string }

export interface WindowHandlers<Message> {
  heard(message: Message): void
  /** Somebody asks who is there: what is said now tells a window that came later how things stand. */
  greeting(): Message
  /** How many others there are now. */
  present(others: number): void
}

export class Windows<Message extends { kind: string }> {
  /** Not randomUUID: a wall that is opened by a bare address without HTTPS does not have it. */
  readonly name = crypto.getRandomValues(new Uint32Array(2)).join('-')
  private readonly others = new Map<string, number>()
  private channel: BroadcastChannel | null = null
  private timer: ReturnType<typeof setInterval> | undefined

  constructor(private readonly title: string, private readonly handlers: WindowHandlers<Message>) {}

  get running(): boolean {
    return this.channel !== null
  }

  start(): void {
    if (this.channel || typeof BroadcastChannel === 'undefined') return
    this.channel = new BroadcastChannel(this.title)
    this.channel.onmessage = (event: MessageEvent<Said<Message>>) => { this.hear(event.data) }
    this.timer = setInterval(() => { this.lookAround() }, PING_MILLISECONDS)
    this.post({ kind: 'ping' })
  }

  stop(): void {
    this.post({ kind: 'bye' })
    this.channel?.close()
    this.channel = null
    clearInterval(this.timer)
    this.others.clear()
    this.handlers.present(0)
  }

  say(message: Message): void {
    this.post(message)
  }

  private post(message: Message | Own): void {
    this.channel?.postMessage({ ...message, from: this.name })
  }

  private lookAround(): void {
    const now = Date.now()
    for (const [other, heard] of this.others) if (now - heard >= GONE_MILLISECONDS) this.others.delete(other)
    this.handlers.present(this.others.size)
    this.post({ kind: 'ping' })
  }

  private hear(message: Said<Message>): void {
    if (message.kind === 'bye') this.others.delete(message.from)
    else this.others.set(message.from, Date.now())
    this.handlers.present(this.others.size)
    if (message.kind === 'ping') this.post(this.handlers.greeting())
    else if (message.kind !== 'bye') this.handlers.heard(message as Message)
  }
}
