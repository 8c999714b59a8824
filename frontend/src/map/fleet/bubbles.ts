/** Bubbles: how many units lie there, and in a ring around the number which share of them is fresh, stale and lost. */
import { AGE_STATES } from '@/live/age'
import type { Palette } from '@/look/colours'
import type { MapFrame } from '../engine'
import type { Clusters } from './clusters'
import { shortWay } from '../mercator'
import { TEXT_HEIGHT, type Texts } from './texts'

const TOP = -Math.PI / 2
/** Between two shares of the ring, radians: so they are told apart without colour. */
const GAP = 0.14

/** Pixels of the scene. */
export function bubbleRadius(size: number): number {
  return size < 10 ? 14 : size < 50 ? 17 : size < 200 ? 20 : 24
}

export class Bubbles {
  /** The middle of each bubble on the screen, pixels of the scene. */
  x = new Float32Array(64)
  y = new Float32Array(64)
  private numbers: string[] = []

  /** After the clusters were gathered anew. */
  renew(clusters: Clusters): void {
    if (this.x.length < clusters.count) {
      this.x = new Float32Array(clusters.sizes.length)
      this.y = new Float32Array(clusters.sizes.length)
    }
    this.numbers.length = clusters.count
    for (let bubble = 0; bubble < clusters.count; bubble += 1) this.numbers[bubble] = String(clusters.sizes[bubble])
  }

  project(clusters: Clusters, frame: Readonly<MapFrame>): void {
    for (let bubble = 0; bubble < clusters.count; bubble += 1) {
      this.x[bubble] = shortWay((clusters.x[bubble] ?? 0) - frame.x) * frame.scale + frame.width / 2
      this.y[bubble] = ((clusters.y[bubble] ?? 0) - frame.y) * frame.scale + frame.height / 2
    }
  }

  draw(pen: CanvasRenderingContext2D, clusters: Clusters, frame: Readonly<MapFrame>, texts: Texts, colours: Palette): void {
    for (let bubble = 0; bubble < clusters.count; bubble += 1) {
      const size = clusters.sizes[bubble] ?? 0
      const radius = bubbleRadius(size)
      const x = this.x[bubble] ?? 0
      const y = this.y[bubble] ?? 0
      if (size === 0 || x < -radius || x > frame.width + radius || y < -radius || y > frame.height + radius) continue
      const ratio = texts.ratio
      drawDisc(pen, x * ratio, y * ratio, radius * ratio, colours)
      drawShares(pen, clusters, bubble, x * ratio, y * ratio, (radius - 2.5) * ratio, ratio, colours)
      const number = this.numbers[bubble] ?? ''
      texts.draw(pen, number, 'count', Math.round((x - texts.widthOf(number) / 2) * ratio), Math.round((y - TEXT_HEIGHT / 2) * ratio))
    }
  }
}

function drawDisc(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, colours: Palette): void {
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.fillStyle = colours.surface
  pen.fill()
}

/** Fresh is a broad arc, stale a thinner one, lost a hair: so the ring is read without colour too. */
function drawShares(pen: CanvasRenderingContext2D, clusters: Clusters, bubble: number, x: number, y: number, radius: number, ratio: number, colours: Palette): void {
  const size = clusters.sizes[bubble] ?? 1
  let from = TOP
  for (let state = 0; state < AGE_STATES.length; state += 1) {
    const share = clusters.states[bubble * AGE_STATES.length + state] ?? 0
    if (share === 0) continue
    const to = from + (share / size) * 2 * Math.PI
    const gap = share === size ? 0 : GAP
    pen.beginPath()
    pen.arc(x, y, radius, from + gap / 2, Math.max(to - gap / 2, from + gap / 2 + 0.05))
    pen.lineWidth = (3 - state) * ratio
    pen.strokeStyle = colours[AGE_STATES[state] ?? 'fresh']
    pen.stroke()
    from = to
  }
}
