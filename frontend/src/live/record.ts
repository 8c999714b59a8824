/**
 * Binary frames of the live socket: docs/live-protocol.md, "Server → client, binary".
 * Little-endian. Header of 16 bytes, records of 32 bytes, and in a resume frame unit numbers of 4 bytes.
 */

export const HEADER_BYTES = 16
export const RECORD_BYTES = 32
const LAYOUT_VERSION = 1
const UNKNOWN = 0xffff
const FLAG_CLOCK_AHEAD = 1
const FLAG_ALARM = 2
const FLAG_SIMULATED = 4

/** One position of one unit. Metres, metres per second, degrees clockwise from north; null is unknown. */
export interface Fix {
  unit: number
  /** Milliseconds since 1970, by the device (by receipt where `clockAhead`). */
  time: number
  longitude: number
  latitude: number
  speed: number | null
  heading: number | null
  accuracy: number | null
  /** Age in seconds when the server received it. */
  age: number | null
  clockAhead: boolean
  alarm: boolean
  simulated: boolean
  /** Number of the protocol that it came by. */
  source: number
}

export type FrameKind = 'changes' | 'snapshot' | 'resume'

export interface Frame {
  kind: FrameKind
  /** The `look` that this frame answers. */
  look: number
  /** The server's time, ms since 1970. */
  time: number
  fixes: Fix[]
  /** In a resume frame: every unit that is in view now. */
  present: number[]
}

const KINDS: Readonly<Record<number, FrameKind>> = { 1: 'changes', 2: 'snapshot', 3: 'resume' }

/** A frame that does not hold to the protocol; its message says what was expected and what came. */
export class FrameError extends Error {
  override name = 'FrameError'
}

export function decodeFrame(buffer: ArrayBuffer): Frame {
  const view = new DataView(buffer)
  if (buffer.byteLength < HEADER_BYTES) throw new FrameError(`header of ${HEADER_BYTES} bytes expected, got ${buffer.byteLength}`)
  const kind = KINDS[view.getUint8(0)]
  if (kind === undefined) throw new FrameError(`kind 1, 2 or 3 expected, got ${view.getUint8(0)}`)
  checkVersion(view.getUint8(1))
  const count = view.getUint32(4, true)
  const recordsEnd = HEADER_BYTES + count * RECORD_BYTES
  const tail = buffer.byteLength - recordsEnd
  const tailFits = kind === 'resume' ? tail >= 0 && tail % 4 === 0 : tail === 0
  if (!tailFits) throw new FrameError(`${count} records end at ${recordsEnd}, the frame at ${buffer.byteLength}`)
  return {
    kind,
    look: view.getUint16(2, true),
    time: Number(view.getBigInt64(8, true)),
    fixes: Array.from({ length: count }, (_, index) => decodeRecord(view, HEADER_BYTES + index * RECORD_BYTES)),
    present: Array.from({ length: tail / 4 }, (_, index) => view.getUint32(recordsEnd + index * 4, true)),
  }
}

export function decodeRecord(view: DataView, at: number): Fix {
  checkVersion(view.getUint8(at + 30))
  const flags = view.getUint8(at + 28)
  return {
    unit: view.getUint32(at, true),
    time: Number(view.getBigInt64(at + 4, true)),
    longitude: view.getInt32(at + 12, true) / 1e7,
    latitude: view.getInt32(at + 16, true) / 1e7,
    speed: known(view.getUint16(at + 20, true), 100),
    heading: known(view.getUint16(at + 22, true), 100),
    accuracy: known(view.getUint16(at + 24, true), 10),
    age: known(view.getUint16(at + 26, true), 1),
    clockAhead: (flags & FLAG_CLOCK_AHEAD) !== 0,
    alarm: (flags & FLAG_ALARM) !== 0,
    simulated: (flags & FLAG_SIMULATED) !== 0,
    source: view.getUint8(at + 29),
  }
}

function known(raw: number, perUnit: number): number | null {
  return raw === UNKNOWN ? null : raw / perUnit
}

function checkVersion(version: number): void {
  if (version !== LAYOUT_VERSION) throw new FrameError(`layout version ${LAYOUT_VERSION} expected, got ${version}`)
}
