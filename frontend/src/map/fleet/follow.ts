/** Keeps the followed unit in the middle of the map. */
import type { MapFrame, MapPlace } from '../engine'
import type { Datum } from '../datum'
import { latitudeOf, longitudeOf } from '../mercator'
import type { Scene } from './scene'

/** Near enough to see streets. */
const NEAR_ZOOM = 15
/** So far from the middle, in pixels, a unit may stray: to move the map for less would draw it for nothing. */
const STRAY_PIXELS = 0.5

export interface FollowMap {
  readonly datum: Datum
  frame(): Readonly<MapFrame>
  isMoving(): boolean
  flyTo(place: MapPlace, nearest: number): void
  centreOn(place: MapPlace): void
}

export class Follower {
  /** The unit that the map has flown to. */
  private arrivedAt: number | null = null

  constructor(private readonly map: FollowMap, private readonly scene: Scene) {}

  /** The first time the map flies to the unit; after that it only stays with it. */
  keep(unit: number | null): void {
    if (unit === null) this.arrivedAt = null
    const slot = unit === null ? -1 : this.scene.fleet.slotOf(unit)
    if (slot < 0 || this.map.isMoving()) return
    if (this.arrivedAt !== unit) this.map.flyTo(this.placeOf(slot), NEAR_ZOOM)
    else if (this.isAstray(slot)) this.map.centreOn(this.placeOf(slot))
    this.arrivedAt = unit
  }

  private isAstray(slot: number): boolean {
    const { screen, frame } = this.scene
    return Math.abs((screen.x[slot] ?? 0) - frame.width / 2) >= STRAY_PIXELS || Math.abs((screen.y[slot] ?? 0) - frame.height / 2) >= STRAY_PIXELS
  }

  private placeOf(slot: number): MapPlace {
    const { fleet } = this.scene
    const [longitude, latitude] = this.map.datum.inverse(longitudeOf(fleet.x[slot] ?? 0), latitudeOf(fleet.y[slot] ?? 0))
    return { longitude, latitude }
  }
}
