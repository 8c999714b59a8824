/** A WebSocket that a test holds the other end of. */
export class FakeSocket {
  static readonly made: FakeSocket[] = []

  static get last(): FakeSocket {
    const socket = FakeSocket.made.at(-1)
    if (!socket) throw new Error('no socket was made')
    return socket
  }

  binaryType = 'blob'
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: Record<string, unknown>[] = []
  closedByClient = false

  constructor(readonly url: string) {
    FakeSocket.made.push(this)
  }

  send(text: string): void {
    if (this.readyState !== 1) throw new Error('sent on a socket that is not open')
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  close(): void {
    this.readyState = 3
    this.closedByClient = true
  }

  // What the server does:

  opens(): void {
    this.readyState = 1
    this.onopen?.()
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  shows(frame: ArrayBuffer): void {
    this.onmessage?.({ data: frame })
  }

  welcomes(event = 0): void {
    this.opens()
    this.says({ type: 'welcome', version: 1, time: 1_000_000, tick: 200, event, web: 'web-1' })
  }

  closes(code: number): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
}
