/**
 * Far out, units that lie close together are drawn as one bubble with their number. The cells of the grid belong to
 * the ground and to a whole zoom level, not to the screen: so bubbles do not swim while the map is moved.
 */
import { AGE_STATES } from '@/live/age'
import { WORLD_PIXELS } from '../mercator'
import { grown, type Fleet } from './motion'

/** From this zoom on every unit is drawn by itself. */
export const CLUSTER_ZOOM = 12
export const CELL_PIXELS = 56
export const FEWEST = 3
/** More columns than the world has at the last zoom level that is clustered. */
const COLUMNS = 2 ** 20

export class Clusters {
  /** How many bubbles there are. */
  count = 0
  /** Of each bubble (one with `sizes` 0 is not drawn): the middle of its units, how many there are, and how many of each state. */
  x = new Float64Array(64)
  y = new Float64Array(64)
  sizes = new Uint32Array(64)
  states = new Uint32Array(64 * AGE_STATES.length)
  /** Of each slot of the fleet: its bubble, or -1. */
  bubbles = new Int32Array(0)
  private readonly cells = new Map<number, number>()

  /** Gathers anew. A unit in alarm and the `chosen` slot always stay by themselves. */
  gather(fleet: Fleet, zoom: number, chosen: number): void {
    if (this.bubbles.length < fleet.end) this.bubbles = new Int32Array(fleet.capacity)
    this.bubbles.fill(-1)
    this.count = 0
    if (zoom >= CLUSTER_ZOOM) return
    this.cells.clear()
    const perCell = (WORLD_PIXELS * 2 ** Math.floor(zoom)) / CELL_PIXELS
    for (let slot = 0; slot < fleet.end; slot += 1) {
      if (fleet.present[slot] === 0 || fleet.alarms[slot] === 1 || slot === chosen) continue
      const cell = Math.floor((fleet.y[slot] ?? 0) * perCell) * COLUMNS + Math.floor((fleet.x[slot] ?? 0) * perCell)
      let bubble = this.cells.get(cell)
      if (bubble === undefined) this.cells.set(cell, (bubble = this.open()))
      this.take(bubble, slot, fleet)
    }
    this.finish(fleet)
  }

  /** The slot is another unit's from now on. */
  forget(slot: number): void {
    if (slot < this.bubbles.length) this.bubbles[slot] = -1
  }

  /** Is the unit drawn as a part of a bubble? */
  holds(slot: number): boolean {
    return (this.bubbles[slot] ?? -1) >= 0
  }

  private open(): number {
    const bubble = this.count
    this.count += 1
    if (bubble >= this.sizes.length) this.grow()
    this.x[bubble] = this.y[bubble] = this.sizes[bubble] = 0
    this.states.fill(0, bubble * AGE_STATES.length, (bubble + 1) * AGE_STATES.length)
    return bubble
  }

  private take(bubble: number, slot: number, fleet: Fleet): void {
    this.bubbles[slot] = bubble
    this.x[bubble] = (this.x[bubble] ?? 0) + (fleet.x[slot] ?? 0)
    this.y[bubble] = (this.y[bubble] ?? 0) + (fleet.y[slot] ?? 0)
    this.sizes[bubble] = (this.sizes[bubble] ?? 0) + 1
    const state = bubble * AGE_STATES.length + (fleet.states[slot] ?? 0)
    this.states[state] = (this.states[state] ?? 0) + 1
  }

  /** Lets go of those with too few units, and turns sums into means. */
  private finish(fleet: Fleet): void {
    for (let slot = 0; slot < fleet.end; slot += 1) {
      const bubble = this.bubbles[slot] ?? -1
      if (bubble >= 0 && (this.sizes[bubble] ?? 0) < FEWEST) this.bubbles[slot] = -1
    }
    for (let bubble = 0; bubble < this.count; bubble += 1) {
      const size = this.sizes[bubble] ?? 0
      this.x[bubble] = (this.x[bubble] ?? 0) / size
      this.y[bubble] = (this.y[bubble] ?? 0) / size
      if (size < FEWEST) this.sizes[bubble] = 0
    }
  }

  private grow(): void {
    const capacity = this.sizes.length * 2
    this.x = grown(this.x, new Float64Array(capacity))
    this.y = grown(this.y, new Float64Array(capacity))
    this.sizes = grown(this.sizes, new Uint32Array(capacity))
    this.states = grown(this.states, new Uint32Array(capacity * AGE_STATES.length))
  }
}
