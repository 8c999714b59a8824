/** The marks, drawn once for a theme, a size and a screen; a frame only copies them. Pixels of the device. */
import { AGE_STATES } from '@/live/age'
import type { Palette } from '@/look/colours'
import { penOf } from './pen'
import { drawAlarmMark, drawBadge, drawBeak, drawHalo, KINDS, REACH } from './symbols'

/** Columns of the sheet: whether there is an alarm, by state. The last row holds halo and alarm mark. */
const COLUMNS = AGE_STATES.length * 2
const HALO = 0
const ALARM_MARK = 1
/** How far from its middle a mark without alarm has something on it, as a multiple of its size. */
const BADGE_REACH = 0.78
/** Beaks are kept ready in so many directions: to turn one takes three times as long as to copy it. */
const DIRECTIONS = 72
/** From the middle of a mark to that of its beak, and how far a beak reaches from its own. */
const BEAK_AWAY = 0.82
const BEAK_REACH = 0.46

/**
 * Marks are copied with so many units of the pen to a pixel: whole numbers, which can be handed over without making an
 * object for each, and yet fine enough to glide.
 */
export const FINE = 4

export class Sprites {
  private readonly badges = document.createElement('canvas')
  private readonly beaks = document.createElement('canvas')
  /** Side of one sprite; its unit stands in the middle. */
  private readonly side: number
  /** How much of it is empty around a mark without alarm. */
  private readonly inset: number
  private readonly beakSide: number
  private readonly beakX = new Int16Array(DIRECTIONS)
  private readonly beakY = new Int16Array(DIRECTIONS)

  /** `size`: width of a mark without beak and rings; `ratio`: device pixels to one of its pixels. */
  constructor(size: number, ratio: number, colours: Palette) {
    // Even, so that the middle of a sprite falls on a whole pixel.
    this.side = 2 * Math.ceil(size * REACH * ratio)
    this.inset = Math.floor(this.side / 2 - size * BADGE_REACH * ratio)
    this.beakSide = 2 * Math.ceil(size * BEAK_REACH * ratio)
    this.makeBadges(size, ratio, colours)
    this.makeBeaks(size, ratio, colours)
  }

  /** Copies the mark of a unit so that its middle is at x, y; these, here and below, in units of the pen. */
  drawBadge(pen: CanvasRenderingContext2D, kind: number, state: number, alarm: number, x: number, y: number): void {
    // To copy what has nothing on it takes as long as to copy something.
    const inset = alarm === 1 ? 0 : this.inset
    this.copy(pen, kind, state + alarm * AGE_STATES.length, x, y, inset, inset, this.side - 2 * inset)
  }

  drawHalo(pen: CanvasRenderingContext2D, x: number, y: number): void {
    this.copy(pen, KINDS.length, HALO, x, y, 0, 0, this.side)
  }

  drawAlarmMark(pen: CanvasRenderingContext2D, x: number, y: number): void {
    this.copy(pen, KINDS.length, ALARM_MARK, x, y, this.side / 2, 0, this.side / 2)
  }

  /** The beak of the mark at x, y, towards a heading in degrees. */
  drawBeak(pen: CanvasRenderingContext2D, state: number, heading: number, x: number, y: number): void {
    const direction = Math.round((heading * DIRECTIONS) / 360) % DIRECTIONS
    const side = this.beakSide
    const left = x + ((this.beakX[direction] ?? 0) - side / 2) * FINE
    const top = y + ((this.beakY[direction] ?? 0) - side / 2) * FINE
    pen.drawImage(this.beaks, direction * side, state * side, side, side, left, top, side * FINE, side * FINE)
  }

  /** Copies a part of a sprite, `left` and `top` within it, to where it belongs when the sprite's middle is at x, y. */
  private copy(pen: CanvasRenderingContext2D, row: number, column: number, x: number, y: number, left: number, top: number, edge: number): void {
    const side = this.side
    pen.drawImage(this.badges, column * side + left, row * side + top, edge, edge, x + (left - side / 2) * FINE, y + (top - side / 2) * FINE, edge * FINE, edge * FINE)
  }

  private makeBadges(size: number, ratio: number, colours: Palette): void {
    this.badges.width = this.side * COLUMNS
    this.badges.height = this.side * (KINDS.length + 1)
    const pen = penOf(this.badges)
    const at = (row: number, column: number): void => {
      pen.setTransform(ratio, 0, 0, ratio, (column + 0.5) * this.side, (row + 0.5) * this.side)
    }
    KINDS.forEach((kind, row) => {
      AGE_STATES.forEach((state, column) => {
        at(row, column)
        drawBadge(pen, { kind, state }, size, colours)
        at(row, column + AGE_STATES.length)
        drawBadge(pen, { kind, state, alarm: true }, size, colours)
      })
    })
    at(KINDS.length, HALO)
    drawHalo(pen, size, colours)
    at(KINDS.length, ALARM_MARK)
    drawAlarmMark(pen, size, colours)
  }

  private makeBeaks(size: number, ratio: number, colours: Palette): void {
    this.beaks.width = this.beakSide * DIRECTIONS
    this.beaks.height = this.beakSide * AGE_STATES.length
    const pen = penOf(this.beaks)
    for (let direction = 0; direction < DIRECTIONS; direction += 1) {
      const angle = (direction / DIRECTIONS) * 2 * Math.PI
      const x = Math.round(Math.sin(angle) * size * BEAK_AWAY * ratio)
      const y = Math.round(-Math.cos(angle) * size * BEAK_AWAY * ratio)
      this.beakX[direction] = x
      this.beakY[direction] = y
      AGE_STATES.forEach((state, row) => {
        pen.setTransform(ratio, 0, 0, ratio, (direction + 0.5) * this.beakSide - x, (row + 0.5) * this.beakSide - y)
        pen.rotate(angle)
        drawBeak(pen, state, size, colours)
      })
    }
  }
}
