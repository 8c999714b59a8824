/**
 * Where each unit was in the last minutes: a ring of places per unit, of fixed length, so that a day of fixes takes
 * no more room than an hour. A place that comes too soon after the one before takes the place of the newest.
 */
import { grown } from './motion'

export const TRAIL_MILLISECONDS = 300_000
export const TRAIL_PLACES = 96
/** With one place each so often the ring reaches back over the whole time. */
const LEAST_MILLISECONDS = TRAIL_MILLISECONDS / (TRAIL_PLACES - 4)

export class Trails {
  private times = new Float64Array(0)
  private xs = new Float64Array(0)
  private ys = new Float64Array(0)
  /** How many places a ring holds, and where its oldest one lies. */
  private counts = new Uint8Array(0)
  private firsts = new Uint8Array(0)

  /** Takes a place of a unit; older ones than its newest are passed over. Time in ms since 1970. */
  add(slot: number, time: number, x: number, y: number): void {
    this.reserve(slot)
    const count = this.counts[slot] ?? 0
    const newest = count > 0 ? this.timeOf(slot, count - 1) : Number.NEGATIVE_INFINITY
    if (time <= newest) return
    const before = count > 1 ? this.timeOf(slot, count - 2) : Number.NEGATIVE_INFINITY
    if (newest - before < LEAST_MILLISECONDS) return this.put(this.index(slot, count - 1), time, x, y)
    if (count < TRAIL_PLACES) this.counts[slot] = count + 1
    else this.firsts[slot] = ((this.firsts[slot] ?? 0) + 1) % TRAIL_PLACES
    this.put(this.index(slot, Math.min(count, TRAIL_PLACES - 1)), time, x, y)
  }

  /** Puts what the server has stored before what came since: `times` ascending, as long as the other two. */
  seed(slot: number, times: readonly number[], xs: readonly number[], ys: readonly number[]): void {
    const [count, since] = [this.count(slot), [] as number[]]
    for (let place = 0; place < count; place += 1) since.push(this.timeOf(slot, place), this.xOf(slot, place), this.yOf(slot, place))
    const first = since[0] ?? Number.POSITIVE_INFINITY
    this.clear(slot)
    times.forEach((time, at) => { if (time < first) this.add(slot, time, xs[at] ?? 0, ys[at] ?? 0) })
    for (let at = 0; at < since.length; at += 3) this.add(slot, since[at] ?? 0, since[at + 1] ?? 0, since[at + 2] ?? 0)
  }

  clearAll(): void {
    this.counts.fill(0)
  }

  clear(slot: number): void {
    if (slot < this.counts.length) this.counts[slot] = this.firsts[slot] = 0
  }

  count(slot: number): number {
    return this.counts[slot] ?? 0
  }

  /** Of the places of a unit, 0 is the oldest. */
  timeOf(slot: number, place: number): number {
    return this.times[this.index(slot, place)] ?? 0
  }

  xOf(slot: number, place: number): number {
    return this.xs[this.index(slot, place)] ?? 0
  }

  yOf(slot: number, place: number): number {
    return this.ys[this.index(slot, place)] ?? 0
  }

  private index(slot: number, place: number): number {
    return slot * TRAIL_PLACES + (((this.firsts[slot] ?? 0) + place) % TRAIL_PLACES)
  }

  private put(index: number, time: number, x: number, y: number): void {
    this.times[index] = time
    this.xs[index] = x
    this.ys[index] = y
  }

  private reserve(slot: number): void {
    if (slot < this.counts.length) return
    const capacity = Math.max(256, this.counts.length * 2, slot + 1)
    this.times = grown(this.times, new Float64Array(capacity * TRAIL_PLACES))
    this.xs = grown(this.xs, new Float64Array(capacity * TRAIL_PLACES))
    this.ys = grown(this.ys, new Float64Array(capacity * TRAIL_PLACES))
    this.counts = grown(this.counts, new Uint8Array(capacity))
    this.firsts = grown(this.firsts, new Uint8Array(capacity))
  }
}
