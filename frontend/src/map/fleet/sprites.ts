/** The marks, drawn once for a theme, a size and a screen; a frame only copies them. */
import { AGE_STATES } from '@/live/age'
import type { Palette } from '@/look/colours'
import { penOf } from './pen'
import { drawAlarmMark, drawBadge, drawBeak, drawHalo, KINDS, REACH } from './symbols'

/** Columns of the sheet: whether there is an alarm, by state. The last row holds beaks by state, halo and alarm mark. */
const COLUMNS = AGE_STATES.length * 2
const ROWS = KINDS.length + 1
const HALO = AGE_STATES.length
const ALARM_MARK = HALO + 1
/** How far from its middle a mark without alarm has something on it, a beak to its sides, and where that begins. */
const BADGE_REACH = 0.78
const BEAK_REACH = 0.46
const BEAK_BASE = 0.52

export class Sprites {
  readonly canvas = document.createElement('canvas')
  /** Side of one sprite in pixels of the device; its unit stands in the middle. */
  readonly side: number
  /** How much of it is empty around a mark without alarm, and beside and below a beak. */
  private readonly inset: number
  private readonly beakLeft: number
  private readonly beakHeight: number

  /** `size`: width of a mark without beak and rings; `ratio`: device pixels to one of its pixels. */
  constructor(readonly size: number, ratio: number, colours: Palette) {
    // Even, so that the middle of a sprite falls on a whole pixel.
    this.side = 2 * Math.ceil(size * REACH * ratio)
    this.inset = Math.floor(this.side / 2 - size * BADGE_REACH * ratio)
    this.beakLeft = Math.floor(this.side / 2 - size * BEAK_REACH * ratio)
    this.beakHeight = Math.ceil(this.side / 2 - size * BEAK_BASE * ratio)
    this.canvas.width = this.side * COLUMNS
    this.canvas.height = this.side * ROWS
    const pen = penOf(this.canvas)
    const at = (row: number, column: number): void => {
      pen.setTransform(ratio, 0, 0, ratio, (column + 0.5) * this.side, (row + 0.5) * this.side)
    }
    AGE_STATES.forEach((state, column) => {
      KINDS.forEach((kind, row) => {
        for (const alarm of [false, true]) {
          at(row, column + (alarm ? AGE_STATES.length : 0))
          drawBadge(pen, { kind, state, alarm }, size, colours)
        }
      })
      at(KINDS.length, column)
      drawBeak(pen, state, size, colours)
    })
    at(KINDS.length, HALO)
    drawHalo(pen, size, colours)
    at(KINDS.length, ALARM_MARK)
    drawAlarmMark(pen, size, colours)
  }

  /** Copies the mark of a unit so that its middle is at x, y; pixels of the device. */
  drawBadge(pen: CanvasRenderingContext2D, kind: number, state: number, alarm: number, x: number, y: number): void {
    // What is left out has nothing on it: to copy nothing takes as long as to copy something.
    const inset = alarm === 1 ? 0 : this.inset
    this.copy(pen, kind, state + alarm * AGE_STATES.length, x, y, inset, inset, this.side - 2 * inset)
  }

  drawHalo(pen: CanvasRenderingContext2D, x: number, y: number): void {
    this.copy(pen, KINDS.length, HALO, x, y, 0, 0, this.side)
  }

  drawAlarmMark(pen: CanvasRenderingContext2D, x: number, y: number): void {
    this.copy(pen, KINDS.length, ALARM_MARK, x, y, this.side / 2, 0, this.side / 2)
  }

  /** The beak, turned to a heading in degrees. */
  drawBeak(pen: CanvasRenderingContext2D, state: number, heading: number, x: number, y: number): void {
    const angle = (heading * Math.PI) / 180
    const cosine = Math.cos(angle)
    const sine = Math.sin(angle)
    pen.setTransform(cosine, sine, -sine, cosine, x, y)
    this.copy(pen, KINDS.length, state, 0, 0, this.beakLeft, 0, this.side - 2 * this.beakLeft, this.beakHeight)
    pen.setTransform(1, 0, 0, 1, 0, 0)
  }

  /** Copies a part of a sprite, `left` and `top` within it, to where it belongs when the sprite's middle is at x, y. */
  private copy(pen: CanvasRenderingContext2D, row: number, column: number, x: number, y: number, left: number, top: number, width: number, height = width): void {
    const side = this.side
    pen.drawImage(this.canvas, column * side + left, row * side + top, width, height, x - side / 2 + left, y - side / 2 + top, width, height)
  }
}
