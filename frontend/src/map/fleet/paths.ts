/** What is drawn under the marks: where units came from in the last minutes, and how exact the chosen one's place is. */
import type { Palette } from '@/look/colours'
import { metresAround, shortWay } from '../mercator'
import type { Scene } from './scene'
import { TRAIL_MILLISECONDS } from './trails'

export const MOST_TRAILS = 300
/** A trail fades in so many steps: one path for all units in each, since pens are slow and paths are not. */
const BANDS = 5
const BAND_MILLISECONDS = TRAIL_MILLISECONDS / BANDS

type PathScene = Pick<Scene, 'fleet' | 'screen' | 'trails' | 'frame' | 'ratio' | 'size' | 'chosen' | 'now'>

/** The trails of the units in view; the chosen one's is drawn apart. */
export function drawTrails(pen: CanvasRenderingContext2D, scene: PathScene, colours: Palette): void {
  const { fleet, screen } = scene
  pen.strokeStyle = colours.text
  pen.lineWidth = 1.5 * scene.ratio
  for (let band = 0; band < BANDS; band += 1) {
    let drawn = 0
    pen.beginPath()
    for (let slot = 0; slot < fleet.end && drawn < MOST_TRAILS; slot += 1) {
      if (screen.seen[slot] === 0 || slot === scene.chosen) continue
      traceBand(pen, scene, slot, band)
      drawn += 1
    }
    pen.globalAlpha = 0.55 * (1 - band / BANDS)
    pen.stroke()
  }
  pen.globalAlpha = 1
}

export function drawChosenTrail(pen: CanvasRenderingContext2D, scene: PathScene, colours: Palette): void {
  for (let band = 0; band < BANDS; band += 1) {
    pen.beginPath()
    traceBand(pen, scene, scene.chosen, band)
    pen.globalAlpha = 0.3 * (1 - band / BANDS)
    pen.lineWidth = 6 * scene.ratio
    pen.strokeStyle = colours.ground
    pen.stroke()
    pen.globalAlpha = 1 - (band / BANDS) * 0.8
    pen.lineWidth = 3 * scene.ratio
    pen.strokeStyle = colours.accent
    pen.stroke()
  }
  pen.globalAlpha = 1
}

/** Adds to the path what a unit travelled so long ago; band 0 is the newest and ends at the unit itself. */
function traceBand(pen: CanvasRenderingContext2D, scene: PathScene, slot: number, band: number): void {
  const { fleet, screen, trails, frame, ratio, now } = scene
  // While a unit is under way to its last fix, that place lies before it and not behind.
  const count = trails.count(slot) - (fleet.isMoving(slot) ? 1 : 0)
  const oldest = now - (band + 1) * BAND_MILLISECONDS
  let x = (screen.x[slot] ?? 0) * ratio
  let y = (screen.y[slot] ?? 0) * ratio
  let open = false
  for (let place = count - 1; place >= 0; place -= 1) {
    const nextX = (shortWay(trails.xOf(slot, place) - frame.x) * frame.scale + frame.width / 2) * ratio
    const nextY = ((trails.yOf(slot, place) - frame.y) * frame.scale + frame.height / 2) * ratio
    const time = trails.timeOf(slot, place)
    // A stretch belongs to the band in which it ended; one that lasted through several is drawn in one of them.
    const end = place === count - 1 ? now : trails.timeOf(slot, place + 1)
    if (end <= oldest || now - time > TRAIL_MILLISECONDS) return
    if (end <= oldest + BAND_MILLISECONDS) {
      if (!open) pen.moveTo(x, y)
      open = true
      pen.lineTo(nextX, nextY)
    }
    x = nextX
    y = nextY
  }
}

/** A circle on the ground, where it is larger than the mark. */
export function drawAccuracy(pen: CanvasRenderingContext2D, { fleet, screen, frame, ratio, size, chosen }: PathScene, colours: Palette): void {
  const metres = fleet.accuracies[chosen] ?? Number.NaN
  const radius = (metres / metresAround(fleet.y[chosen] ?? 0)) * frame.scale
  if (!(radius > size / 2)) return
  pen.beginPath()
  pen.arc((screen.x[chosen] ?? 0) * ratio, (screen.y[chosen] ?? 0) * ratio, radius * ratio, 0, 2 * Math.PI)
  pen.fillStyle = pen.strokeStyle = colours.accent
  pen.globalAlpha = 0.1
  pen.fill()
  pen.globalAlpha = 0.5
  pen.lineWidth = ratio
  pen.stroke()
  pen.globalAlpha = 1
}
