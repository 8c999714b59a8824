/**
 * Where the units stand on the screen, and whether what is drawn there is still true enough. Pixels of the scene.
 * Holds no more than numbers: it is asked with each frame of the screen.
 */
import type { MapFrame } from '../engine'
import type { Clusters } from './clusters'
import { shortWay } from '../mercator'
import type { Fleet } from './motion'

/** Less than this, in pixels of the device, nobody sees. */
const LEAST_DEVICE_PIXELS = 0.5
const LEAST_DEGREES = 3
/** A unit this far outside may reach into the view with its mark or its label. */
export const MARGIN = 64

export class Screen {
  x = new Float32Array(0)
  y = new Float32Array(0)
  /** 1 for a unit that is drawn by itself, in or next to the view. */
  seen = new Uint8Array(0)
  private drawnX = new Float32Array(0)
  private drawnY = new Float32Array(0)
  private drawnHeadings = new Float32Array(0)
  private drawnSeen = new Uint8Array(0)
  private readonly drawn: MapFrame = { x: 0, y: 0, scale: 0, width: 0, height: 0 }

  /** Puts every unit where it belongs in a frame of the map. */
  project(fleet: Fleet, clusters: Clusters, frame: Readonly<MapFrame>): void {
    if (this.x.length < fleet.capacity) this.grow(fleet.capacity)
    const right = frame.width + MARGIN
    const bottom = frame.height + MARGIN
    for (let slot = 0; slot < fleet.end; slot += 1) {
      const x = shortWay((fleet.x[slot] ?? 0) - frame.x) * frame.scale + frame.width / 2
      const y = ((fleet.y[slot] ?? 0) - frame.y) * frame.scale + frame.height / 2
      this.x[slot] = x
      this.y[slot] = y
      const inside = x > -MARGIN && x < right && y > -MARGIN && y < bottom
      this.seen[slot] = inside && fleet.present[slot] === 1 && !clusters.holds(slot) ? 1 : 0
    }
  }

  /** Has anything that is or was to be seen moved enough since it was drawn? `ratio`: device pixels per CSS pixel. */
  hasMoved(fleet: Fleet, ratio: number): boolean {
    const least = LEAST_DEVICE_PIXELS / ratio
    for (let slot = 0; slot < fleet.end; slot += 1) {
      const seen = this.seen[slot] ?? 0
      if (seen !== (this.drawnSeen[slot] ?? 0)) return true
      if (seen === 0) continue
      if (Math.abs((this.x[slot] ?? 0) - (this.drawnX[slot] ?? 0)) >= least) return true
      if (Math.abs((this.y[slot] ?? 0) - (this.drawnY[slot] ?? 0)) >= least) return true
      if (Math.abs((fleet.headings[slot] ?? 0) - (this.drawnHeadings[slot] ?? 0)) >= LEAST_DEGREES) return true
    }
    return false
  }

  /** Was the last frame drawn for another section of the map than this one? */
  isOther(frame: Readonly<MapFrame>): boolean {
    const drawn = this.drawn
    return drawn.x !== frame.x || drawn.y !== frame.y || drawn.scale !== frame.scale || drawn.width !== frame.width || drawn.height !== frame.height
  }

  /** Notes that what was last projected has been drawn. */
  keep(fleet: Fleet, frame: Readonly<MapFrame>): void {
    this.drawnX.set(this.x)
    this.drawnY.set(this.y)
    this.drawnSeen.set(this.seen)
    this.drawnHeadings.set(fleet.headings)
    this.drawn.x = frame.x
    this.drawn.y = frame.y
    this.drawn.scale = frame.scale
    this.drawn.width = frame.width
    this.drawn.height = frame.height
  }

  private grow(capacity: number): void {
    this.x = new Float32Array(capacity)
    this.y = new Float32Array(capacity)
    this.seen = new Uint8Array(capacity)
    this.drawnX = new Float32Array(capacity)
    this.drawnY = new Float32Array(capacity)
    this.drawnHeadings = new Float32Array(capacity)
    this.drawnSeen = new Uint8Array(capacity)
  }
}
