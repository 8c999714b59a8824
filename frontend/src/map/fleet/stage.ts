/**
 * When the units are drawn. The map is not drawn anew because a unit moved; and their own canvas is drawn anew only
 * when something on it moved by half a pixel, when the map itself was drawn (in the same task, so that the two never
 * part), or when something else about a unit has changed. While nothing moves nothing runs.
 */
import type { Fix } from '@/live/record'
import type { PositionChange } from '@/stores/positions'
import type { Datum } from '../datum'
import type { MapFrame } from '../engine'
import { WORLD_PIXELS } from '../mercator'
import { CLUSTER_ZOOM } from './clusters'
import { Frames } from './frames'
import type { Painter } from './painter'
import type { Scene } from './scene'
import { kindIndex } from './symbols'

const LABEL_MILLISECONDS = 250
const CLUSTER_MILLISECONDS = 500
/** While the map is under way, what it draws brings the units with it: they are not drawn twice in a frame. */
const MAP_DRAWS_MILLISECONDS = 50
/** A drawing that holds up the screen for longer than this shows a PC without a graphics card. */
const SLOW_MILLISECONDS = 32
const LONGEST_MILLISECONDS = 500

export interface World {
  positions: ReadonlyMap<number, Fix>
  /** The server's time, ms since 1970. */
  now(): number
  label(unit: number): string
  /** As the registry names it; undefined where it is not known yet. */
  kind(unit: number): string | undefined
  selected(): number | null
  /** How many times as fast as it was, where the past is shown; else 1. */
  pace?(): number
}

/** What a stage needs of the map. */
export interface StageMap {
  readonly datum: Datum
  frame(): Readonly<MapFrame>
  onRender(listener: () => void): void
}

export class Stage {
  readonly frames = new Frames()
  private readonly reduced = window.matchMedia('(prefers-reduced-motion: reduce)')
  private datum: Datum
  private request = 0
  private tickedAt = 0
  private mapDrewAt = Number.NEGATIVE_INFINITY
  private dirty = true
  private gatherNow = true
  private gatheredAt = Number.NEGATIVE_INFINITY
  private gatheredLevel = Number.NaN
  private placedAt = Number.NEGATIVE_INFINITY
  private labelsDue = true
  private stopped = false
  /** How long the screen takes for a frame in which the units are drawn, smoothed; and when they may be drawn next. */
  private cost = 0
  private drew = false
  private restUntil = 0

  /** `drawn` is called after each frame that was drawn: for what hangs on a unit and is not of the canvas. */
  constructor(private readonly map: StageMap, private readonly scene: Scene, private readonly painter: Painter, private readonly world: World, private readonly drawn: () => void) {
    this.datum = map.datum
    this.fill()
    map.onRender(this.mapDrew)
    document.addEventListener('visibilitychange', this.settle)
    this.touch()
  }

  stop(): void {
    this.stopped = true
    cancelAnimationFrame(this.request)
    document.removeEventListener('visibilitychange', this.settle)
  }

  change({ moved, gone }: PositionChange): void {
    const now = performance.now()
    const jump = document.visibilityState === 'hidden' || this.reduced.matches
    for (const fix of moved) this.take(fix, now, jump)
    for (const unit of gone) this.forget(unit)
    this.wake()
  }

  /** Another second has passed: units grow old, and trails fade. */
  age(): void {
    if (this.scene.fleet.age(this.world.now()) || this.painter.hasTrails()) this.touch()
  }

  /** Something but the positions has changed: a state, a name, the choice, what is shown. */
  touch(): void {
    this.dirty = this.gatherNow = true
    this.wake()
  }

  /** The registry has changed: names and kinds are asked for anew. */
  rename(): void {
    const { fleet } = this.scene
    for (let slot = 0; slot < fleet.end; slot += 1) this.name(slot, fleet.units[slot] ?? 0)
    this.touch()
  }

  private take(fix: Fix, now: number, jump: boolean): void {
    const { fleet, trails } = this.scene
    const known = fleet.slotOf(fix.unit)
    const alarmed = known >= 0 && fleet.alarms[known] === 1
    const slot = fleet.move(fix, now, jump, this.world.pace?.())
    if (known < 0) this.name(slot, fix.unit)
    // It may be out of view, and be followed all the same.
    if (known < 0 && fix.unit === this.world.selected()) this.dirty = true
    if (fleet.ageOne(slot, this.world.now())) this.dirty = true
    // Out of a bubble at once, and not when bubbles are gathered next.
    if (alarmed !== fix.alarm) this.dirty = this.gatherNow = true
    trails.add(slot, fix.time, fleet.targetX(slot), fleet.targetY(slot))
  }

  private name(slot: number, unit: number): void {
    this.scene.names[slot] = this.world.label(unit)
    this.scene.fleet.kinds[slot] = kindIndex(this.world.kind(unit))
  }

  private forget(unit: number): void {
    const { fleet, trails, clusters } = this.scene
    const slot = fleet.forget(unit)
    if (slot < 0) return
    trails.clear(slot)
    clusters.forget(slot)
    this.painter.labels.forget(slot)
  }

  /** All units anew: at the start, and when the ground has got another datum. */
  private fill(): void {
    this.datum = this.map.datum
    this.scene.fleet.clear(this.datum)
    this.scene.trails.clearAll()
    const now = performance.now()
    for (const fix of this.world.positions.values()) this.take(fix, now, true)
  }

  private readonly settle = (): void => {
    this.scene.fleet.settle()
    this.touch()
  }

  private wake(): void {
    if (this.request === 0 && !this.stopped) this.request = requestAnimationFrame(this.tick)
  }

  private readonly tick = (now: number): void => {
    this.request = 0
    if (this.tickedAt > 0) this.noteInterval(now - this.tickedAt)
    const underWay = this.scene.fleet.advance(now)
    const waits = now - this.mapDrewAt <= MAP_DRAWS_MILLISECONDS || (now < this.restUntil && !this.dirty)
    this.drew = !waits && this.update(now)
    // A PC without a graphics card draws less often, so that it has time left for the person's hand.
    if (this.drew) this.restUntil = this.cost > SLOW_MILLISECONDS ? now + 2 * this.cost : 0
    const goesOn = waits || underWay > 0 || this.dirty || this.labelsDue
    this.tickedAt = goesOn ? now : 0
    if (goesOn) this.wake()
  }

  private noteInterval(milliseconds: number): void {
    this.frames.noteInterval(milliseconds)
    if (this.drew) this.cost += (Math.min(milliseconds, LONGEST_MILLISECONDS) - this.cost) * 0.2
  }

  private readonly mapDrew = (): void => {
    if (this.stopped) return
    this.look()
    if (!this.scene.screen.isOther(this.scene.frame)) return
    const now = performance.now()
    this.mapDrewAt = now
    this.scene.fleet.advance(now)
    this.update(now)
    this.wake()
  }

  /** Draws if there is need; returns whether there was. */
  private update(now: number): boolean {
    const { scene, painter } = this
    if (this.map.datum !== this.datum) this.fill()
    this.look()
    scene.now = this.world.now()
    scene.chosen = scene.fleet.slotOf(this.world.selected() ?? -1)
    const gathered = this.gatherIfDue(now)
    scene.screen.project(scene.fleet, scene.clusters, scene.frame)
    const changed = this.dirty || gathered || scene.screen.isOther(scene.frame) || (painter.shown.units && scene.screen.hasMoved(scene.fleet, scene.ratio))
    if (changed) this.labelsDue = true
    if (!this.placeIfDue(now) && !changed) return false
    const began = performance.now()
    painter.fit()
    painter.draw()
    this.frames.noteDraw(performance.now() - began)
    scene.screen.keep(scene.fleet, scene.frame)
    this.dirty = false
    this.drawn()
    return true
  }

  /** Takes over which section the map shows, in the scene's pixels. */
  private look(): void {
    const { scene, painter } = this
    painter.measure()
    const { enlarged, frame } = scene
    const shown = this.map.frame()
    scene.zoom = Math.log2(shown.scale / WORLD_PIXELS)
    frame.x = shown.x
    frame.y = shown.y
    frame.scale = shown.scale / enlarged
    frame.width = shown.width / enlarged
    frame.height = shown.height / enlarged
  }

  private gatherIfDue(now: number): boolean {
    const level = Math.min(CLUSTER_ZOOM, Math.floor(this.scene.zoom))
    const old = level < CLUSTER_ZOOM && now - this.gatheredAt >= CLUSTER_MILLISECONDS
    if (!old && !this.gatherNow && level === this.gatheredLevel) return false
    this.painter.gather()
    this.gatheredAt = now
    this.gatheredLevel = level
    this.gatherNow = false
    return true
  }

  private placeIfDue(now: number): boolean {
    if (!this.labelsDue || now - this.placedAt < LABEL_MILLISECONDS) return false
    this.painter.placeLabels()
    this.placedAt = now
    this.labelsDue = false
    return true
  }
}
