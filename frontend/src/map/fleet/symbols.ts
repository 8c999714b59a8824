/**
 * The mark of a unit. Its form says what moves (square, diamond, circle, hexagon; a picture inside where there is
 * room), its fill says how old the position is (full, dashed rim, hollow with a question mark), a beak outside says
 * where it goes, a ring says alarm. Colour only repeats that. One drawing for map, legend and list.
 */
import type { AgeState } from '@/live/age'
import { palette, type Palette, type Theme } from '@/look/colours'
import { FONT_FAMILY } from '@/look/theme'
import { drawPictogram, KINDS, type Kind } from './pictograms'

export { KINDS, type Kind } from './pictograms'

/** Index of a kind; one that this page does not know is drawn as a car. */
export function kindIndex(kind: string | undefined): number {
  return Math.max(0, KINDS.findIndex((known) => known === kind))
}

export interface SymbolLook {
  kind: Kind
  state: AgeState
  alarm?: boolean
  selected?: boolean
  /** Degrees clockwise from north; null or left out: no beak. A lost unit has none, wherever it went then. */
  heading?: number | null
}

/** Below this the picture would be a blot; the form alone is told apart better. */
const LEAST_WITH_PICTOGRAM = 20
/** How far the whole mark reaches from its middle, as a multiple of its size: beak, rings and rim included. */
export const REACH = 1.1

/** The mark around the origin of `pen`; `size` is its width without beak and rings, in the pen's units. */
export function drawSymbol(pen: CanvasRenderingContext2D, look: SymbolLook, size: number, colours: Palette): void {
  if (look.selected) drawHalo(pen, size, colours)
  drawBadge(pen, look, size, colours)
  if (look.heading !== undefined && look.heading !== null && look.state !== 'lost') {
    pen.save()
    pen.rotate((look.heading * Math.PI) / 180)
    drawBeak(pen, look.state, size, colours)
    pen.restore()
  }
  if (look.alarm) drawAlarmMark(pen, size, colours)
}

/** A canvas with one mark, `size` as in `drawSymbol`; `ratio` is the device's pixels per CSS pixel. */
export function symbolImage(look: SymbolLook, theme: Theme, size = 24, ratio = window.devicePixelRatio): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  const side = Math.ceil(size * REACH * 2)
  canvas.width = canvas.height = Math.round(side * ratio)
  canvas.style.width = canvas.style.height = `${side}px`
  const pen = canvas.getContext('2d')
  if (pen === null) return canvas
  pen.scale(canvas.width / side, canvas.width / side)
  pen.translate(side / 2, side / 2)
  drawSymbol(pen, look, size, palette(theme))
  return canvas
}

/** Form, picture and the ring of an alarm: what does not turn. */
export function drawBadge(pen: CanvasRenderingContext2D, { kind, state, alarm = false }: SymbolLook, size: number, colours: Palette): void {
  const width = size / 12
  if (alarm) drawRing(pen, size * 0.74, width * 1.4, colours.alarm, colours)
  outline(pen, kind, size)
  // A rim in the colour of the ground parts the mark from whatever street or mark lies under it.
  pen.lineJoin = 'round'
  pen.lineWidth = width * 2
  pen.strokeStyle = colours.ground
  pen.stroke()
  pen.fillStyle = state === 'fresh' ? colours.fresh : colours.surface
  pen.fill()
  if (state === 'stale') tint(pen, colours.stale)
  drawRim(pen, kind, state, size, colours)
  const inside = state === 'fresh' ? colours.ground : colours[state]
  if (state === 'lost') drawSign(pen, '?', 0, 0, size * 0.68, inside)
  else if (size >= LEAST_WITH_PICTOGRAM) drawPictogram(pen, kind, size * (kind === 'e_bike' ? 0.56 : 0.6), inside)
}

/** Points upwards; turned by whoever draws it. */
export function drawBeak(pen: CanvasRenderingContext2D, state: AgeState, size: number, colours: Palette): void {
  pen.beginPath()
  pen.moveTo(-size * 0.33, -size * 0.65)
  pen.lineTo(0, -size * 1.02)
  pen.lineTo(size * 0.33, -size * 0.65)
  pen.quadraticCurveTo(0, -size * 0.8, -size * 0.33, -size * 0.65)
  pen.closePath()
  pen.lineJoin = 'round'
  pen.lineWidth = size / 6
  pen.strokeStyle = colours.ground
  pen.stroke()
  pen.fillStyle = colours[state]
  pen.fill()
}

/** Around the chosen unit. */
export function drawHalo(pen: CanvasRenderingContext2D, size: number, colours: Palette): void {
  pen.beginPath()
  pen.arc(0, 0, size * 0.85, 0, 2 * Math.PI)
  tint(pen, colours.accent)
  drawRing(pen, size * 0.85, size / 11, colours.accent, colours)
}

/** Fills the present path so that what lies under it still shows. */
function tint(pen: CanvasRenderingContext2D, colour: string): void {
  pen.globalAlpha = 0.25
  pen.fillStyle = colour
  pen.fill()
  pen.globalAlpha = 1
}

function drawRing(pen: CanvasRenderingContext2D, radius: number, width: number, colour: string, colours: Palette): void {
  pen.beginPath()
  pen.arc(0, 0, radius, 0, 2 * Math.PI)
  pen.lineWidth = width * 2
  pen.strokeStyle = colours.ground
  pen.stroke()
  pen.lineWidth = width
  pen.strokeStyle = colour
  pen.stroke()
}

/** The rim is whole, or broken where the position is old; the command car has a second one inside. */
function drawRim(pen: CanvasRenderingContext2D, kind: Kind, state: AgeState, size: number, colours: Palette): void {
  const width = size / 12
  pen.lineWidth = width
  pen.strokeStyle = colours[state]
  if (state === 'stale') pen.setLineDash([width * 2.2, width * 1.3])
  pen.stroke()
  pen.setLineDash([])
  if (kind !== 'command') return
  pen.lineWidth = width * 0.75
  pen.strokeStyle = state === 'fresh' ? colours.ground : colours[state]
  outline(pen, kind, size * 0.78)
  pen.stroke()
}

/** The form of a kind, each of about the same weight to the eye. */
function outline(pen: CanvasRenderingContext2D, kind: Kind, size: number): void {
  const half = size / 2
  pen.beginPath()
  if (kind === 'car') pen.roundRect(-half * 0.94, -half * 0.94, half * 1.88, half * 1.88, half * 0.36)
  else if (kind === 'foot') pen.arc(0, 0, half, 0, 2 * Math.PI)
  else if (kind === 'e_bike') corners(pen, 4, half * 1.26)
  else corners(pen, 6, half * 1.16)
}

/** A regular figure with a corner at the top. */
function corners(pen: CanvasRenderingContext2D, count: number, radius: number): void {
  for (let corner = 0; corner < count; corner += 1) {
    const angle = (corner / count) * 2 * Math.PI
    pen.lineTo(Math.sin(angle) * radius, -Math.cos(angle) * radius)
  }
  pen.closePath()
}

/** Over the beak: whichever way a unit goes, its alarm is seen. */
export function drawAlarmMark(pen: CanvasRenderingContext2D, size: number, colours: Palette): void {
  const [x, y, radius] = [size * 0.52, -size * 0.52, size * 0.29]
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.fillStyle = colours.alarm
  pen.fill()
  pen.lineWidth = size / 14
  pen.strokeStyle = colours.ground
  pen.stroke()
  drawSign(pen, '!', x, y, size * 0.48, colours.ground)
}

function drawSign(pen: CanvasRenderingContext2D, sign: string, x: number, y: number, size: number, colour: string): void {
  pen.font = `700 ${size}px ${FONT_FAMILY}`
  pen.textAlign = 'center'
  pen.textBaseline = 'alphabetic'
  pen.fillStyle = colour
  // Capital letters of the face are 0.73 of its size high.
  pen.fillText(sign, x, y + size * 0.365)
}
