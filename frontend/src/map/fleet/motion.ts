/**
 * Where the units are drawn. Between two fixes a unit glides from where it is drawn now to its new fix, in the time
 * that lay between its last two fixes; so it arrives about when the next one comes. Each unit has a slot in arrays of
 * plain numbers: sixty times a second thousands of units are moved, and nothing is left for the garbage collector.
 * Places are mercator's, of the ground's own datum; times in milliseconds, headings in degrees, NaN where unknown.
 */
import { AGE_STATES, ageState } from '@/live/age'
import type { Fix } from '@/live/record'
import { WGS84, type Datum } from '../datum'
import { mercatorX, mercatorY, metresAround, shortWay } from '../mercator'

export const LONGEST_MILLISECONDS = 10_000
export const JUMP_METRES = 1000
const FIRST_CAPACITY = 256

export class Fleet {
  capacity = FIRST_CAPACITY
  /** Slots from 0 to below `end` have been used; a free one among them has `present` 0. */
  end = 0
  present = new Uint8Array(FIRST_CAPACITY)
  units = new Uint32Array(FIRST_CAPACITY)
  /** Where the unit is drawn, as of the last `advance`. */
  x = new Float64Array(FIRST_CAPACITY)
  y = new Float64Array(FIRST_CAPACITY)
  headings = new Float32Array(FIRST_CAPACITY)
  /** Of its last fix. */
  times = new Float64Array(FIRST_CAPACITY)
  accuracies = new Float32Array(FIRST_CAPACITY)
  alarms = new Uint8Array(FIRST_CAPACITY)
  /** Index into AGE_STATES. */
  states = new Uint8Array(FIRST_CAPACITY)
  /** Index into KINDS; written by whoever knows the registry. */
  kinds = new Uint8Array(FIRST_CAPACITY)

  private fromX = new Float64Array(FIRST_CAPACITY)
  private fromY = new Float64Array(FIRST_CAPACITY)
  private fromHeadings = new Float32Array(FIRST_CAPACITY)
  private toX = new Float64Array(FIRST_CAPACITY)
  private toY = new Float64Array(FIRST_CAPACITY)
  private toHeadings = new Float32Array(FIRST_CAPACITY)
  private starts = new Float64Array(FIRST_CAPACITY)
  /** 0 for a unit that stands. */
  private durations = new Float64Array(FIRST_CAPACITY)
  private readonly slots = new Map<number, number>()
  private readonly free: number[] = []

  constructor(private datum: Datum = WGS84) {}

  get size(): number {
    return this.slots.size
  }

  /** The slot of a unit, or -1. */
  slotOf(unit: number): number {
    return this.slots.get(unit) ?? -1
  }

  /** Takes a new fix; with `jump` the unit is drawn there at once. `pace`: how many times as fast time passes. Returns its slot. */
  move(fix: Fix, now: number, jump = false, pace = 1): number {
    const [longitude, latitude] = this.datum.forward(fix.longitude, fix.latitude)
    const [x, y, heading] = [mercatorX(longitude), mercatorY(latitude), fix.heading ?? Number.NaN]
    const known = this.slots.get(fix.unit)
    const slot = known ?? this.open(fix.unit)
    const interval = fix.time - (this.times[slot] ?? 0)
    if (known === undefined) this.stand(slot, x, y, heading)
    // A snapshot brings again what is known: that must not break off a glide.
    else if (jump || interval !== 0 || !this.isAimedAt(slot, x, y, heading)) this.aim(slot, x, y, heading, now, jump ? 0 : interval / pace)
    this.times[slot] = fix.time
    this.accuracies[slot] = fix.accuracy ?? Number.NaN
    this.alarms[slot] = fix.alarm ? 1 : 0
    return slot
  }

  /** Returns the slot that is free now, or -1. */
  forget(unit: number): number {
    const slot = this.slotOf(unit)
    if (slot < 0) return slot
    this.slots.delete(unit)
    this.present[slot] = this.durations[slot] = 0
    this.free.push(slot)
    return slot
  }

  /** Forgets all; what comes now is drawn in this datum. */
  clear(datum: Datum): void {
    this.datum = datum
    this.slots.clear()
    this.free.length = this.end = 0
    this.present.fill(0)
    this.durations.fill(0)
  }

  /** Brings every unit to where it is at this moment. Returns how many are under way. */
  advance(now: number): number {
    let underWay = 0
    for (let slot = 0; slot < this.end; slot += 1) {
      if ((this.durations[slot] ?? 0) === 0) continue
      this.bring(slot, now)
      if ((this.durations[slot] ?? 0) > 0) underWay += 1
    }
    return underWay
  }

  /** Puts every unit where its last fix is: after the page was hidden nobody wants to see the past replayed. */
  settle(): void {
    this.advance(Number.POSITIVE_INFINITY)
  }

  /** Where it goes: the place of its last fix. */
  targetX(slot: number): number {
    return this.toX[slot] ?? 0
  }

  targetY(slot: number): number {
    return this.toY[slot] ?? 0
  }

  isMoving(slot: number): boolean {
    return (this.durations[slot] ?? 0) > 0
  }

  /** Counts the ages anew, by the server's time. Returns whether a state has changed. */
  age(serverNow: number): boolean {
    let changed = false
    for (let slot = 0; slot < this.end; slot += 1) {
      if (this.present[slot] === 1 && this.ageOne(slot, serverNow)) changed = true
    }
    return changed
  }

  ageOne(slot: number, serverNow: number): boolean {
    const state = AGE_STATES.indexOf(ageState((serverNow - (this.times[slot] ?? 0)) / 1000))
    if (this.states[slot] === state) return false
    this.states[slot] = state
    return true
  }

  private isAimedAt(slot: number, x: number, y: number, heading: number): boolean {
    return shortWay((this.toX[slot] ?? 0) - x) === 0 && this.toY[slot] === y && Object.is(this.toHeadings[slot], Math.fround(heading))
  }

  private aim(slot: number, x: number, y: number, heading: number, now: number, interval: number): void {
    // From where it is now, not from where it was when the last frame was drawn.
    if (this.isMoving(slot)) this.bring(slot, now)
    const [fromX, fromY] = [this.x[slot] ?? 0, this.y[slot] ?? 0]
    const east = shortWay(x - fromX)
    const metres = Math.hypot(east, y - fromY) * metresAround(y)
    if (interval <= 0 || metres > JUMP_METRES) return this.stand(slot, x, y, heading)
    this.fromX[slot] = fromX
    this.fromY[slot] = fromY
    this.fromHeadings[slot] = this.headings[slot] ?? Number.NaN
    this.toX[slot] = fromX + east
    this.toY[slot] = y
    this.toHeadings[slot] = heading
    this.starts[slot] = now
    this.durations[slot] = Math.min(interval, LONGEST_MILLISECONDS)
  }

  private bring(slot: number, now: number): void {
    const part = (now - (this.starts[slot] ?? 0)) / (this.durations[slot] ?? 0)
    const toX = this.toX[slot] ?? 0
    const toY = this.toY[slot] ?? 0
    const toHeading = this.toHeadings[slot] ?? Number.NaN
    if (part >= 1) return this.stand(slot, toX, toY, toHeading)
    const way = Math.max(0, part)
    const fromX = this.fromX[slot] ?? 0
    const fromY = this.fromY[slot] ?? 0
    this.x[slot] = fromX + (toX - fromX) * way
    this.y[slot] = fromY + (toY - fromY) * way
    this.headings[slot] = headingBetween(this.fromHeadings[slot] ?? Number.NaN, toHeading, way)
  }

  private stand(slot: number, x: number, y: number, heading: number): void {
    this.x[slot] = this.toX[slot] = x
    this.y[slot] = this.toY[slot] = y
    this.headings[slot] = this.toHeadings[slot] = heading
    this.durations[slot] = 0
  }

  private open(unit: number): number {
    const slot = this.free.pop() ?? this.end
    if (slot === this.end) this.end += 1
    if (slot === this.capacity) this.grow()
    this.slots.set(unit, slot)
    this.units[slot] = unit
    this.present[slot] = 1
    this.states[slot] = this.kinds[slot] = 0
    return slot
  }

  private grow(): void {
    this.capacity *= 2
    const capacity = this.capacity
    this.present = grown(this.present, new Uint8Array(capacity))
    this.units = grown(this.units, new Uint32Array(capacity))
    this.x = grown(this.x, new Float64Array(capacity))
    this.y = grown(this.y, new Float64Array(capacity))
    this.headings = grown(this.headings, new Float32Array(capacity))
    this.times = grown(this.times, new Float64Array(capacity))
    this.accuracies = grown(this.accuracies, new Float32Array(capacity))
    this.alarms = grown(this.alarms, new Uint8Array(capacity))
    this.states = grown(this.states, new Uint8Array(capacity))
    this.kinds = grown(this.kinds, new Uint8Array(capacity))
    this.fromX = grown(this.fromX, new Float64Array(capacity))
    this.fromY = grown(this.fromY, new Float64Array(capacity))
    this.fromHeadings = grown(this.fromHeadings, new Float32Array(capacity))
    this.toX = grown(this.toX, new Float64Array(capacity))
    this.toY = grown(this.toY, new Float64Array(capacity))
    this.toHeadings = grown(this.toHeadings, new Float32Array(capacity))
    this.starts = grown(this.starts, new Float64Array(capacity))
    this.durations = grown(this.durations, new Float64Array(capacity))
  }
}

/** The values of an array in a larger one. */
export function grown<Column extends Uint8Array | Uint32Array | Int8Array | Int32Array | Float32Array | Float64Array>(from: Column, larger: Column): Column {
  larger.set(from)
  return larger
}

/** Turns the short way round; where one of the two is unknown the new one counts. */
export function headingBetween(from: number, to: number, part: number): number {
  if (Number.isNaN(from) || Number.isNaN(to)) return to
  const turn = ((((to - from + 180) % 360) + 360) % 360) - 180
  return (from + turn * part + 360) % 360
}
