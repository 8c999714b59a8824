/**
 * Which units bear their call sign, and on which side of them. Where units crowd, labels give way: first comes the
 * chosen unit, then alarms, then what has a label already, then the freshest. A label keeps its side as long as
 * nothing is in its way: what jumps about cannot be read. Pixels of the scene.
 */
import { AGE_STATES } from '@/live/age'
import { Boxes } from './boxes'
import { grown } from './motion'
import type { Scene } from './scene'
import { TEXT_HEIGHT } from './texts'

/** Farther out only the chosen unit and those in alarm have labels. */
export const LABEL_ZOOM = 11.5
export const MOST_LABELS = 400
export const NO_LABEL = -1
/** Right, below, above, left. */
export const SIDES = 4
/** From north clockwise: above, right, below, left. */
const SIDES_BY_QUARTER: readonly number[] = [2, 0, 1, 3]
const LOST = AGE_STATES.indexOf('lost')
/** Air that a new label needs around it; one that is there may come nearer before it gives way. */
const AIR = 4
const GIVE = 3
/** Ranks below this one are urgent: the chosen unit, and alarms. */
const URGENT = 2
const RANKS = URGENT + AGE_STATES.length * 2
/** From the middle of a mark to its label, as a multiple of the mark's size: the text's own padding comes on top. */
const DISTANCE = 0.62
/** The chosen unit has a halo, and one in alarm a ring. */
const CHOSEN_DISTANCE = 0.98
const ALARM_DISTANCE = 0.84

type LabelScene = Pick<Scene, 'fleet' | 'screen' | 'frame' | 'zoom' | 'size' | 'chosen' | 'widthOf'>

export class Labels {
  /** Of each slot: its label's side, or NO_LABEL. */
  sides = new Int8Array(0)
  /** The slots that have one: the first `count` of these. */
  readonly slots = new Int32Array(MOST_LABELS)
  count = 0
  private before = new Int8Array(0)
  private readonly boxes = new Boxes()

  /** Finds a place for the labels anew. */
  place(scene: LabelScene): void {
    const { fleet, screen } = scene
    if (this.sides.length < fleet.capacity) this.grow(fleet.capacity)
    this.before.set(this.sides)
    this.sides.fill(NO_LABEL)
    this.count = 0
    this.boxes.begin(scene.frame.width, scene.frame.height)
    // A little less than what a label keeps from its own mark, which must not push it away.
    const half = Math.floor(scene.size * DISTANCE - AIR - 0.5)
    for (let slot = 0; slot < fleet.end; slot += 1) {
      if (screen.seen[slot] === 0) continue
      const x = Math.round(screen.x[slot] ?? 0)
      const y = Math.round(screen.y[slot] ?? 0)
      this.boxes.add(x - half, y - half, x + half, y + half)
    }
    const most = mostLabels(scene.zoom)
    for (let rank = 0; rank < RANKS; rank += 1) this.placeRank(scene, rank, rank < URGENT ? MOST_LABELS : most)
  }

  /** The slot is another unit's from now on. */
  forget(slot: number): void {
    if (slot < this.sides.length) this.sides[slot] = NO_LABEL
  }

  private placeRank(scene: LabelScene, rank: number, most: number): void {
    for (let slot = 0; slot < scene.fleet.end && this.count < most; slot += 1) {
      if (scene.screen.seen[slot] === 0 || this.rankOf(scene, slot) !== rank) continue
      const side = this.findSide(scene, slot, rank < URGENT)
      if (side === NO_LABEL) continue
      this.sides[slot] = side
      this.slots[this.count] = slot
      this.count += 1
      const left = Math.round(leftOf(scene, slot, side))
      const top = Math.round(topOf(scene, slot, side))
      this.boxes.add(left, top, left + scene.widthOf(slot), top + TEXT_HEIGHT)
    }
  }

  private rankOf({ fleet, chosen }: LabelScene, slot: number): number {
    if (slot === chosen) return 0
    if (fleet.alarms[slot] === 1) return 1
    const has = (this.before[slot] ?? NO_LABEL) !== NO_LABEL
    return URGENT + (fleet.states[slot] ?? 0) + (has ? 0 : AGE_STATES.length)
  }

  /** The side that it has, else the first one that is free, rather not before the beak; an urgent one is never left out. */
  private findSide(scene: LabelScene, slot: number, urgent: boolean): number {
    const kept = this.before[slot] ?? NO_LABEL
    const ahead = sideAhead(scene, slot)
    if (kept !== NO_LABEL && kept !== ahead && this.isFree(scene, slot, kept, -GIVE)) return kept
    for (let side = 0; side < SIDES; side += 1) {
      if (side !== kept && side !== ahead && this.isFree(scene, slot, side, AIR)) return side
    }
    if (ahead !== NO_LABEL && this.isFree(scene, slot, ahead, kept === ahead ? -GIVE : AIR)) return ahead
    if (!urgent) return NO_LABEL
    return kept === NO_LABEL ? 0 : kept
  }

  private isFree(scene: LabelScene, slot: number, side: number, air: number): boolean {
    // Whole numbers are handed on without making an object for each.
    const left = Math.round(leftOf(scene, slot, side))
    const top = Math.round(topOf(scene, slot, side))
    return this.boxes.isFree(left - air, top - air, left + scene.widthOf(slot) + air, top + TEXT_HEIGHT + air)
  }

  private grow(capacity: number): void {
    this.sides = grown(this.sides, new Int8Array(capacity).fill(NO_LABEL))
    this.before = new Int8Array(capacity)
  }
}

/** The side that the beak points to, where a label is put only if there is no other room. */
function sideAhead({ fleet }: LabelScene, slot: number): number {
  const heading = fleet.headings[slot] ?? Number.NaN
  if (Number.isNaN(heading) || (fleet.states[slot] ?? 0) === LOST) return NO_LABEL
  return SIDES_BY_QUARTER[Math.round(heading / 90) % SIDES] ?? NO_LABEL
}

/** The nearer, the more: a whole city of call signs is a carpet. */
export function mostLabels(zoom: number): number {
  return zoom < LABEL_ZOOM ? 0 : Math.min(MOST_LABELS, Math.round(80 + (zoom - LABEL_ZOOM) * 160))
}

/** The left edge of a label's box. */
export function leftOf(scene: LabelScene, slot: number, side: number): number {
  const x = scene.screen.x[slot] ?? 0
  if (side === 0) return x + distanceOf(scene, slot)
  return side === 3 ? x - distanceOf(scene, slot) - scene.widthOf(slot) : x - scene.widthOf(slot) / 2
}

/** Its upper edge. */
export function topOf(scene: LabelScene, slot: number, side: number): number {
  const y = scene.screen.y[slot] ?? 0
  if (side === 1) return y + distanceOf(scene, slot)
  return side === 2 ? y - distanceOf(scene, slot) - TEXT_HEIGHT : y - TEXT_HEIGHT / 2
}

function distanceOf({ fleet, size, chosen }: LabelScene, slot: number): number {
  return Math.round(size * (slot === chosen ? CHOSEN_DISTANCE : fleet.alarms[slot] === 1 ? ALARM_DISTANCE : DISTANCE))
}
