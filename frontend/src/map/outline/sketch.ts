/** An area while it is drawn: its outline, the ring that is not closed yet, and what can be done with both. */
import { computed, shallowRef } from 'vue'
import type { AreaShape } from '@/live/organisation'
import type { LonLat } from '@/map/datum'
import { crossingOf } from '@/map/outline/crossings'
import { addCorner, addRing, cornersOf, LEAST_CORNERS, moveCorner, outlineOf, placeOf, removeCorner, shapeOf, squareMetres, type Corner, type Outline, type Ring } from '@/map/outline/outline'
import { firstStep, goOn, stepAgain, stepBack, stepTo } from '@/map/outline/steps'

interface State {
  outline: Outline
  open: Ring | null
}

/** What it tells is reactive. */
export class Sketch {
  private readonly begun: State
  private readonly steps
  private readonly mark = shallowRef<Corner | null>(null)
  private readonly pointed = shallowRef<LonLat | null>(null)
  private readonly allCorners = computed(() => cornersOf(this.outline))
  private readonly meeting = computed(() => crossingOf(this.outline))
  private readonly area = computed(() => squareMetres(this.open && this.open.length >= LEAST_CORNERS ? addRing(this.outline, this.open) : this.outline))

  /** Begins with a shape, or with the first ring of a new one. */
  constructor(shape: AreaShape | null) {
    this.begun = { outline: outlineOf(shape), open: shape === null ? [] : null }
    this.steps = shallowRef(firstStep(this.begun))
  }

  get outline(): Outline {
    return this.steps.value.now.outline
  }

  /** The ring that is being drawn; null while none is. */
  get open(): Ring | null {
    return this.steps.value.now.open
  }

  get chosen(): Corner | null {
    return this.mark.value
  }

  get corners(): readonly Corner[] {
    return this.allCorners.value
  }

  get squareMetres(): number {
    return this.area.value
  }

  /** Where the outline crosses or touches itself. */
  get crossing(): LonLat | null {
    return this.meeting.value
  }

  get changed(): boolean {
    return this.outline !== this.begun.outline || (this.open !== null && this.open.length > 0)
  }

  /** Changed, closed, and an area. */
  get ready(): boolean {
    return this.changed && this.open === null && this.outline.length > 0 && this.crossing === null
  }

  get canUndo(): boolean {
    return this.steps.value.past.length > 0
  }

  get canRedo(): boolean {
    return this.steps.value.future.length > 0
  }

  /** Where the pointer would put a corner. */
  get next(): LonLat | null {
    return this.pointed.value
  }

  point(place: LonLat | null): void {
    this.pointed.value = place
  }

  choose(corner: Corner | null): void {
    this.mark.value = corner
  }

  /** The next or a former corner; false where there is none, and the keyboard may leave. */
  walk(steps: number): boolean {
    const at = this.corners.findIndex((corner) => isSame(corner, this.chosen))
    const wanted = this.corners[at + steps]
    if (at < 0 || !wanted) return false
    this.mark.value = wanted
    return true
  }

  /** `going`: the same move goes on, and is taken back as one. */
  move(corner: Corner, place: LonLat, going = false): void {
    this.set({ outline: moveCorner(this.outline, corner, place) }, going)
  }

  insert(corner: Corner, place: LonLat): void {
    this.set({ outline: addCorner(this.outline, corner, place) })
    this.mark.value = corner
  }

  /** Takes away the chosen corner, or the last one of the ring that is being drawn. */
  remove(): void {
    if (this.open) {
      if (this.open.length > 0) this.set({ open: this.open.slice(0, -1) })
      return
    }
    const corner = this.chosen
    if (!corner) return
    const stays = (this.outline[corner.part]?.[corner.ring]?.length ?? 0) > LEAST_CORNERS
    this.mark.value = stays ? { ...corner, index: Math.max(0, corner.index - 1) } : null
    this.set({ outline: removeCorner(this.outline, corner) })
  }

  /** Begins a ring: inside of a part it becomes a hole, else another part. */
  draw(): void {
    this.mark.value = null
    this.set({ open: [] })
  }

  add(place: LonLat): void {
    this.set({ open: [...(this.open ?? []), place] })
  }

  moveLast(place: LonLat): void {
    this.set({ open: [...(this.open ?? []).slice(0, -1), place] })
  }

  /** Closes the ring that is being drawn; with less than three corners nothing is left of it. */
  close(): void {
    this.mark.value = null
    const whole = this.open && this.open.length >= LEAST_CORNERS ? this.open : null
    this.set(whole ? { outline: addRing(this.outline, whole), open: null } : { open: null })
  }

  drop(): void {
    this.set({ open: null })
  }

  undo(): void {
    this.travel(stepBack)
  }

  redo(): void {
    this.travel(stepAgain)
  }

  shape(): AreaShape {
    return shapeOf(this.outline)
  }

  private set(state: Partial<State>, going = false): void {
    this.steps.value = (going ? goOn : stepTo)(this.steps.value, { ...this.steps.value.now, ...state })
    this.release()
  }

  private travel(step: typeof stepBack): void {
    this.steps.value = step(this.steps.value)
    this.release()
  }

  /** A corner that is there no longer is not chosen either. */
  private release(): void {
    if (this.chosen && !placeOf(this.outline, this.chosen)) this.mark.value = null
    this.pointed.value = null
  }
}

export function isSame(one: Corner, other: Corner | null): boolean {
  return other !== null && one.part === other.part && one.ring === other.ring && one.index === other.index
}
