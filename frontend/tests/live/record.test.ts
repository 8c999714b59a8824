import { describe, expect, it } from 'vitest'
import { decodeFrame, decodeRecord, FrameError } from '@/live/record'
import { frameBytes } from './bytes'

/** One record as it goes over the line, written down byte by byte. */
const RECORD = [
  '39300000', // unit 12345
  '0a9ccb0aa2010000', // 2026-11-23T23:44:05.642Z
  'e0fd9d47', // 120.1536480
  'b0d50a12', // 30.2699952
  '2c05', // 13.24 m/s
  '5a23', // 90.50°
  '7d00', // 12.5 m
  '0300', // 3 s
  '06', // alarm, simulated
  '02', // osmand
  '0100', // layout 1, reserved
].join('')

function bytesOf(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer
}

describe('a record', () => {
  it('is read field by field from its bytes', () => {
    expect(decodeRecord(new DataView(bytesOf(RECORD)), 0)).toEqual({
      unit: 12345,
      time: Date.parse('2026-11-23T23:44:05.642Z'),
      longitude: 120.153648,
      latitude: 30.2699952,
      speed: 13.24,
      heading: 90.5,
      accuracy: 12.5,
      age: 3,
      clockAhead: false,
      alarm: true,
      simulated: true,
      source: 2,
    })
  })

  it('makes physical sense', () => {
    const fix = decodeRecord(new DataView(bytesOf(RECORD)), 0)
    expect(fix.longitude).toBeCloseTo(120.15, 2)
    expect(fix.latitude).toBeCloseTo(30.27, 2)
    expect(new Date(fix.time).getUTCFullYear()).toBe(2026)
  })

  it('says null for what is unknown, and 0 for what is 0', () => {
    const unknown = decodeFrame(frameBytes({ records: [{ unit: 1, time: 1, longitude: 0, latitude: 0 }] })).fixes[0]
    expect(unknown).toMatchObject({ speed: null, heading: null, accuracy: null, age: null })
    const zero = decodeFrame(frameBytes({ records: [{ unit: 1, time: 1, longitude: 0, latitude: 0, speed: 0, heading: 0, accuracy: 0, age: 0 }] })).fixes[0]
    expect(zero).toMatchObject({ speed: 0, heading: 0, accuracy: 0, age: 0 })
  })

  it('has signed coordinates', () => {
    const fix = decodeFrame(frameBytes({ records: [{ unit: 1, time: 1, longitude: -179.9999999, latitude: -54.8012345 }] })).fixes[0]
    expect(fix).toMatchObject({ longitude: -179.9999999, latitude: -54.8012345 })
  })

  it('may have a unit number above 2³¹ and a time before 1970', () => {
    expect(decodeFrame(frameBytes({ records: [{ unit: 4_000_000_000, time: -5, longitude: 0, latitude: 0 }] })).fixes[0]).toMatchObject({ unit: 4_000_000_000, time: -5 })
  })

  it.each([
    [1, { clockAhead: true, alarm: false, simulated: false }],
    [2, { clockAhead: false, alarm: true, simulated: false }],
    [4, { clockAhead: false, alarm: false, simulated: true }],
    [0xf8, { clockAhead: false, alarm: false, simulated: false }],
  ])('reads the flags %i', (flags, expected) => {
    expect(decodeFrame(frameBytes({ records: [{ unit: 1, time: 1, longitude: 0, latitude: 0, flags }] })).fixes[0]).toMatchObject(expected)
  })
})

describe('a frame', () => {
  const two = [{ unit: 1, time: 1, longitude: 1, latitude: 1 }, { unit: 2, time: 2, longitude: 2, latitude: 2 }]

  it.each([[1, 'changes'], [2, 'snapshot'], [3, 'resume']])('of kind %i is %s', (kind, name) => {
    expect(decodeFrame(frameBytes({ kind, look: 65535, time: 1795437601250, records: two }))).toMatchObject({ kind: name, look: 65535, time: 1795437601250 })
  })

  it('holds its records in order', () => {
    expect(decodeFrame(frameBytes({ records: two })).fixes.map((fix) => fix.unit)).toEqual([1, 2])
  })

  it('of resume ends with the units in view', () => {
    expect(decodeFrame(frameBytes({ kind: 3, records: two, present: [1, 2, 4_000_000_000] })).present).toEqual([1, 2, 4_000_000_000])
  })

  it.each([
    ['a short header', new ArrayBuffer(15)],
    ['an unknown kind', frameBytes({ kind: 9 })],
    ['another layout', frameBytes({ version: 2 })],
    ['a record of another layout', frameBytes({ records: [{ unit: 1, time: 1, longitude: 0, latitude: 0, version: 2 }] })],
    ['fewer records than it says', frameBytes({ records: two, count: 3 })],
    ['more bytes than it says', frameBytes({ records: two, count: 1 })],
    ['unit numbers outside of a resume frame', frameBytes({ kind: 2, records: two, present: [1] })],
  ])('with %s is refused', (_, bytes) => {
    expect(() => decodeFrame(bytes)).toThrow(FrameError)
  })

  it('with a broken unit number at its end is refused', () => {
    expect(() => decodeFrame(frameBytes({ kind: 3, records: two, present: [1] }).slice(0, -1))).toThrow(FrameError)
  })
})
