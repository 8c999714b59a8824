/**
 * Brings positions onto the map: at most ten times a second, and only when something has changed or moves.
 * Units that nobody can see are not animated.
 */
import type { Fix } from '@/live/record'
import { contains, type View } from '@/live/interest'
import type { PositionChange } from '@/stores/positions'
import type { MapEngine } from './engine'
import { accuracyCircle } from './layers/accuracy'
import { unitFeatures } from './layers/units'
import { Movement } from './movement'

const TICK_MILLISECONDS = 100
/** Above this many units one update keeps the worker busy for more than a tick (measured). */
const MANY_UNITS = 2000
const SLOW_TICK_MILLISECONDS = 500
/** So many of the screen's own frames lie between two updates: a PC without a graphics card gets fewer of them. */
const FRAMES_PER_TICK = 3
const LONGEST_FRAME_MILLISECONDS = 500
const NEAR_ZOOM = 14

export interface DrawingWorld {
  positions: ReadonlyMap<number, Fix>
  now(): number
  label(unit: number): string
  selected(): number | null
  following(): number | null
}

export class Drawing {
  private readonly movement = new Movement()
  private readonly reduced = window.matchMedia('(prefers-reduced-motion: reduce)')
  private view: View
  private dirty = true
  private animated = false
  private drawnAt = 0
  private tickedAt = 0
  /** How long a frame of the screen takes here, smoothed. */
  private frameLength = 16
  private frame = 0
  /** The followed unit that the map has flown to. */
  private arrivedAt: number | null = null

  constructor(private readonly engine: MapEngine, private readonly world: DrawingWorld) {
    this.view = engine.view()
    const now = performance.now()
    for (const fix of world.positions.values()) this.movement.move(fix, now, true)
    document.addEventListener('visibilitychange', this.settle)
    this.frame = requestAnimationFrame(this.tick)
  }

  stop(): void {
    cancelAnimationFrame(this.frame)
    document.removeEventListener('visibilitychange', this.settle)
  }

  change({ moved, gone }: PositionChange): void {
    const now = performance.now()
    const still = document.visibilityState === 'hidden' || this.reduced.matches
    for (const fix of moved) this.movement.move(fix, now, still || !this.isSeen(fix, now))
    for (const unit of gone) this.movement.forget(unit)
    this.dirty = true
  }

  /** Something but the positions has changed: a state, a label, the choice. */
  touch(): void {
    this.dirty = true
  }

  viewChanged(view: View): void {
    this.view = view
    // A unit that was not animated out of view may have to be drawn under way now.
    this.dirty = true
  }

  private readonly settle = (): void => {
    this.movement.settle()
    this.dirty = true
  }

  private readonly tick = (now: number): void => {
    this.frame = requestAnimationFrame(this.tick)
    this.frameLength += (Math.min(now - this.tickedAt, LONGEST_FRAME_MILLISECONDS) - this.frameLength) * 0.1
    this.tickedAt = now
    if ((!this.dirty && !this.animated) || now - this.drawnAt < this.pause()) return
    this.drawnAt = now
    this.dirty = false
    this.draw(now)
    this.keepFollowed(now)
  }

  private pause(): number {
    const least = this.world.positions.size > MANY_UNITS ? SLOW_TICK_MILLISECONDS : TICK_MILLISECONDS
    return Math.max(least, this.frameLength * FRAMES_PER_TICK)
  }

  private draw(now: number): void {
    const selected = this.world.selected()
    const marks = [...this.world.positions.values()].flatMap((fix) => {
      const place = this.movement.place(fix.unit, now)
      return place ? [{ fix, place, label: this.world.label(fix.unit), selected: fix.unit === selected }] : []
    })
    this.animated = marks.some(({ fix, place }) => this.movement.isMoving(fix.unit, now) && contains(this.view, place))
    this.engine.setData('units', unitFeatures(marks, this.world.now()))
    const chosen = marks.find((mark) => mark.selected)
    this.engine.setData('accuracy', accuracyCircle(chosen?.place, chosen?.fix.accuracy))
  }

  private keepFollowed(now: number): void {
    const unit = this.world.following()
    if (unit === null) this.arrivedAt = null
    const place = unit === null ? undefined : this.movement.place(unit, now)
    if (!place || this.engine.isMoving()) return
    // The first time the map flies there, near enough to see streets; after that it only stays with the unit.
    if (this.arrivedAt === unit) this.engine.centreOn(place)
    else this.engine.flyTo(place, NEAR_ZOOM)
    this.arrivedAt = unit
  }

  private isSeen(fix: Fix, now: number): boolean {
    const drawn = this.movement.place(fix.unit, now)
    return contains(this.view, fix) || (drawn !== undefined && contains(this.view, drawn))
  }
}
