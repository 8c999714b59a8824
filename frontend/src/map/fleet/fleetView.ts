/** The units on the map, put together: from fixes to pixels, and from a pixel back to a unit. */
import type { View } from '@/live/interest'
import type { MapEngine } from '../engine'
import { Clusters } from './clusters'
import { hitBubble, hitUnit } from './hit'
import { Fleet } from './motion'
import { Painter } from './painter'
import type { Scene } from './scene'
import { Screen } from './screen'
import { Stage, type World } from './stage'
import { Trails } from './trails'

/** What is under a point: a unit, the units of a bubble, or nothing. */
export type Hit = { kind: 'unit'; unit: number } | { kind: 'bubble'; units: number[]; x: number; y: number } | null

export interface DrawnUnit {
  x: number
  y: number
  /** Inside of a bubble, and not drawn by itself: x and y are the bubble's. */
  cluster: boolean
}

export class FleetView {
  readonly scene: Scene
  readonly stage: Stage
  readonly painter: Painter

  private readonly listeners: (() => void)[] = []

  constructor(engine: MapEngine, world: World) {
    this.scene = {
      fleet: new Fleet(engine.datum),
      trails: new Trails(),
      screen: new Screen(),
      clusters: new Clusters(),
      enlarged: 1,
      frame: { ...engine.frame() },
      zoom: engine.zoom(),
      ratio: window.devicePixelRatio,
      size: 0,
      chosen: -1,
      now: world.now(),
      names: [],
      widthOf: () => 0,
    }
    this.painter = new Painter(this.scene)
    engine.overlay(this.painter.canvas)
    this.stage = new Stage(engine, this.scene, this.painter, world, () => { for (const listener of this.listeners) listener() })
  }

  /** For what hangs on a unit and is not of the canvas: called after each frame that was drawn. */
  onDrawn(listener: () => void): void {
    this.listeners.push(listener)
  }

  /** CSS pixels from the map's left and upper edge. */
  hit(left: number, top: number): Hit {
    const { scene, painter } = this
    if (!painter.shown.units) return null
    const [x, y] = [left / scene.enlarged, top / scene.enlarged]
    const slot = hitUnit(scene, x, y)
    if (slot >= 0) return { kind: 'unit', unit: scene.fleet.units[slot] ?? 0 }
    const bubble = hitBubble(scene, painter.bubbles, x, y)
    if (bubble < 0) return null
    return { kind: 'bubble', units: this.unitsOf(bubble), x: (painter.bubbles.x[bubble] ?? 0) * scene.enlarged, y: (painter.bubbles.y[bubble] ?? 0) * scene.enlarged }
  }

  /** Where that is drawn now, CSS pixels; null when it no longer is. A bubble is taken to stay where it was. */
  placeOf(hit: NonNullable<Hit>): { x: number; y: number } | null {
    if (hit.kind === 'bubble') return hit
    const { fleet, screen, enlarged } = this.scene
    const slot = fleet.slotOf(hit.unit)
    return screen.seen[slot] === 1 ? { x: (screen.x[slot] ?? 0) * enlarged, y: (screen.y[slot] ?? 0) * enlarged } : null
  }

  /** For tests: where each unit is drawn on the screen, CSS pixels. */
  drawn(): Record<number, DrawnUnit> {
    const { fleet, screen, clusters, enlarged } = this.scene
    const { bubbles } = this.painter
    const drawn: Record<number, DrawnUnit> = {}
    for (let slot = 0; slot < fleet.end; slot += 1) {
      if (fleet.present[slot] === 0) continue
      const bubble = clusters.bubbles[slot] ?? -1
      const [x, y] = bubble < 0 ? [screen.x[slot], screen.y[slot]] : [bubbles.x[bubble], bubbles.y[bubble]]
      drawn[fleet.units[slot] ?? 0] = { x: (x ?? 0) * enlarged, y: (y ?? 0) * enlarged, cluster: bubble >= 0 }
    }
    return drawn
  }

  remove(): void {
    this.stage.stop()
    this.painter.canvas.remove()
  }

  private unitsOf(bubble: number): number[] {
    const { fleet, clusters } = this.scene
    const units: number[] = []
    for (let slot = 0; slot < fleet.end; slot += 1) if (clusters.bubbles[slot] === bubble) units.push(fleet.units[slot] ?? 0)
    return units
  }
}

/** The view that holds these places, and is wide enough that one street corner does not fill the screen. */
export function viewAround(places: readonly { longitude: number; latitude: number }[]): View | null {
  if (places.length === 0) return null
  const [longitudes, latitudes] = [places.map((place) => place.longitude), places.map((place) => place.latitude)]
  const [west, east, south, north] = [Math.min(...longitudes), Math.max(...longitudes), Math.min(...latitudes), Math.max(...latitudes)]
  const [wider, higher] = [Math.max(0, LEAST_DEGREES - (east - west)) / 2, Math.max(0, LEAST_DEGREES - (north - south)) / 2]
  return { west: west - wider, south: south - higher, east: east + wider, north: north + higher }
}

/** About 300 m. */
const LEAST_DEGREES = 0.003
