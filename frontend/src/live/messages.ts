/** The JSON frames of the live socket, as docs/live-protocol.md names them. */

export const PROTOCOL_VERSION = 1

export interface PartState {
  name: string
  state: 'ok' | 'away'
  /** Milliseconds since 1970. */
  since: number
}

export interface LiveEvent {
  number: number
  topic: string
  kind: string
  time: number
  district: number | string | null
  squad: number | string | null
  unit: number | null
  payload: Record<string, unknown>
}

export interface PresenceRow {
  unit: number
  online: boolean
  since: number
}

export type ServerMessage =
  | { type: 'welcome'; version: number; time: number; tick: number; event: number; web: string; from?: number; to?: number }
  | { type: 'registry'; version: number }
  | { type: 'parts'; parts: PartState[] }
  | { type: 'topic'; topic: string; number: number; rows: unknown[] }
  | ({ type: 'event' } & LiveEvent)
  | { type: 'upto'; number: number }
  | { type: 'gap'; first: number; last: number }
  | { type: 'gone'; units: number[] }
  | { type: 'alive'; time: number; event: number }
  /** Of a replay: what time it is in it, and how it goes on. */
  | { type: 'replay'; time: number; speed: number; state: 'playing' | 'paused' | 'ended' }
  | { type: 'error'; code: string; detail: string; expected?: unknown; got?: unknown }

const TYPES: ReadonlySet<string> = new Set(['welcome', 'registry', 'parts', 'topic', 'event', 'upto', 'gap', 'gone', 'alive', 'replay', 'error'])

/** The message, or null for a type that a newer server may send: what is not known is passed over. */
export function parseMessage(text: string): ServerMessage | null {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('type' in value)) return null
  return typeof value.type === 'string' && TYPES.has(value.type) ? (value as ServerMessage) : null
}

/** How the line is, in the words that the top bar shows. */
export type LineState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** `retryAt` is in milliseconds of `performance.now()`. */
  | { kind: 'waiting'; retryAt: number }
  | { kind: 'refused'; reason: 'session' | 'protocol' }
