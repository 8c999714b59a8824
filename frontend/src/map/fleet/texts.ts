/**
 * Texts, drawn once each and copied with every frame. One sheet of fixed size: when it is full it is wiped, and the
 * texts that are still wanted are drawn again; so a day of call signs takes no more room than a minute.
 */
import type { Palette } from '@/look/colours'
import { FONT_FAMILY } from '@/look/theme'
import { penOf } from './pen'

export type TextStyle = 'plain' | 'plate' | 'count'

/** Where a text stands on the sheet, whole pixels of the device. */
interface Cell {
  x: number
  y: number
  width: number
}

export const TEXT_HEIGHT = 18
const SHEET_SIDE = 1024
const FONT_PIXELS = 12.5
/** Room for halo or plate at either side. */
const PADDING = 5
const MOST_WIDTHS = 20_000

export class Texts {
  readonly canvas = document.createElement('canvas')
  private readonly pen: CanvasRenderingContext2D
  private readonly cells: Readonly<Record<TextStyle, Map<string, Cell>>> = { plain: new Map(), plate: new Map(), count: new Map() }
  private readonly widths = new Map<string, number>()
  /** Of each text, whole pixels of the device. */
  private readonly height: number
  private nextX = 0
  private nextY = 0

  constructor(readonly ratio: number, private readonly colours: Palette) {
    this.canvas.width = this.canvas.height = Math.ceil(SHEET_SIDE * ratio)
    this.height = Math.ceil(TEXT_HEIGHT * ratio)
    this.pen = penOf(this.canvas)
  }

  /** How wide a text is with its halo, in pixels of the scene. */
  widthOf(text: string): number {
    const known = this.widths.get(text)
    if (known !== undefined) return known
    if (this.widths.size >= MOST_WIDTHS) this.widths.clear()
    this.pen.font = font('plain')
    const width = Math.ceil(this.pen.measureText(text).width) + PADDING * 2
    this.widths.set(text, width)
    return width
  }

  /** Copies a text with its upper left corner at x, y; pixels of the device. */
  draw(pen: CanvasRenderingContext2D, text: string, style: TextStyle, x: number, y: number): void {
    const cell = this.cells[style].get(text) ?? this.make(text, style)
    pen.drawImage(this.canvas, cell.x, cell.y, cell.width, this.height, x, y, cell.width, this.height)
  }

  private make(text: string, style: TextStyle): Cell {
    const side = this.canvas.width
    const width = Math.min(Math.ceil(this.widthOf(text) * this.ratio), side)
    if (this.nextX + width > side) {
      this.nextX = 0
      this.nextY += this.height
    }
    if (this.nextY + this.height > side) this.wipe()
    const cell = { x: this.nextX, y: this.nextY, width }
    this.nextX += width
    this.cells[style].set(text, cell)
    this.paint(cell, text, style)
    return cell
  }

  private wipe(): void {
    for (const cells of Object.values(this.cells)) cells.clear()
    this.nextX = this.nextY = 0
    this.pen.setTransform(1, 0, 0, 1, 0, 0)
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  private paint({ x, y, width: across }: Cell, text: string, style: TextStyle): void {
    const { pen, colours, ratio } = this
    const width = across / ratio
    pen.setTransform(ratio, 0, 0, ratio, x, y)
    pen.font = font(style)
    pen.textAlign = 'center'
    pen.textBaseline = 'alphabetic'
    pen.lineJoin = 'round'
    if (style === 'plate') {
      pen.beginPath()
      pen.roundRect(0.5, 0.5, width - 1, TEXT_HEIGHT - 1, 3)
      pen.fillStyle = colours.raised
      pen.fill()
      pen.lineWidth = 1
      pen.strokeStyle = colours.accent
      pen.stroke()
    } else if (style === 'plain') {
      pen.lineWidth = 3
      pen.strokeStyle = colours.ground
      pen.strokeText(text, width / 2, 13.5)
    }
    pen.fillStyle = colours.text
    pen.fillText(text, width / 2, 13.5)
  }
}

function font(style: TextStyle): string {
  return `${style === 'plain' ? 500 : 600} ${FONT_PIXELS}px ${FONT_FAMILY}`
}
