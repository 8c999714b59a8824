/** Frames made by hand, byte by byte as docs/live-protocol.md draws them: nothing of the decoder is used. */

export interface RawRecord {
  unit: number
  time: number
  longitude: number
  latitude: number
  speed?: number
  heading?: number
  accuracy?: number
  age?: number
  flags?: number
  source?: number
  version?: number
}

export interface RawFrame {
  kind?: number
  version?: number
  look?: number
  count?: number
  time?: number
  records?: RawRecord[]
  present?: number[]
}

export function frameBytes({ kind = 1, version = 1, look = 0, count, time = 0, records = [], present = [] }: RawFrame): ArrayBuffer {
  const buffer = new ArrayBuffer(16 + records.length * 32 + present.length * 4)
  const view = new DataView(buffer)
  view.setUint8(0, kind)
  view.setUint8(1, version)
  view.setUint16(2, look, true)
  view.setUint32(4, count ?? records.length, true)
  view.setBigInt64(8, BigInt(time), true)
  records.forEach((record, index) => { writeRecord(view, 16 + index * 32, record) })
  present.forEach((unit, index) => { view.setUint32(16 + records.length * 32 + index * 4, unit, true) })
  return buffer
}

function writeRecord(view: DataView, at: number, record: RawRecord): void {
  view.setUint32(at, record.unit, true)
  view.setBigInt64(at + 4, BigInt(record.time), true)
  view.setInt32(at + 12, Math.round(record.longitude * 1e7), true)
  view.setInt32(at + 16, Math.round(record.latitude * 1e7), true)
  view.setUint16(at + 20, record.speed ?? 0xffff, true)
  view.setUint16(at + 22, record.heading ?? 0xffff, true)
  view.setUint16(at + 24, record.accuracy ?? 0xffff, true)
  view.setUint16(at + 26, record.age ?? 0xffff, true)
  view.setUint8(at + 28, record.flags ?? 0)
  view.setUint8(at + 29, record.source ?? 1)
  view.setUint8(at + 30, record.version ?? 1)
}
