/** Boxes on the screen, in a grid: whether a place is still free is asked thousands of times at once. Pixels of the scene. */
import { grown } from './motion'
import { MARGIN } from './screen'

const CELL_WIDTH = 64
const CELL_HEIGHT = 32

export class Boxes {
  private columns = 0
  private rows = 0
  /** Of each cell: its newest entry, or -1. Of each entry: its box, and the entry before it in the same cell. */
  private heads = new Int32Array(0)
  private boxes = new Int32Array(1024)
  private before = new Int32Array(1024)
  private entries = 0
  private edges = new Float32Array(1024)
  private count = 0

  /** Empties it, for a screen of this size. */
  begin(width: number, height: number): void {
    this.columns = Math.ceil((width + 2 * MARGIN) / CELL_WIDTH)
    this.rows = Math.ceil((height + 2 * MARGIN) / CELL_HEIGHT)
    if (this.heads.length < this.columns * this.rows) this.heads = new Int32Array(this.columns * this.rows)
    this.heads.fill(-1)
    this.count = this.entries = 0
  }

  add(left: number, top: number, right: number, bottom: number): void {
    if ((this.count + 1) * 4 > this.edges.length) this.edges = grown(this.edges, new Float32Array(this.edges.length * 2))
    const at = this.count * 4
    this.edges[at] = left
    this.edges[at + 1] = top
    this.edges[at + 2] = right
    this.edges[at + 3] = bottom
    const lastColumn = this.column(right)
    const lastRow = this.row(bottom)
    for (let row = this.row(top); row <= lastRow; row += 1) {
      for (let column = this.column(left); column <= lastColumn; column += 1) this.enter(row * this.columns + column)
    }
    this.count += 1
  }

  isFree(left: number, top: number, right: number, bottom: number): boolean {
    const lastColumn = this.column(right)
    const lastRow = this.row(bottom)
    for (let row = this.row(top); row <= lastRow; row += 1) {
      for (let column = this.column(left); column <= lastColumn; column += 1) {
        if (this.isHit(row * this.columns + column, left, top, right, bottom)) return false
      }
    }
    return true
  }

  private isHit(cell: number, left: number, top: number, right: number, bottom: number): boolean {
    for (let entry = this.heads[cell] ?? -1; entry >= 0; entry = this.before[entry] ?? -1) {
      const at = (this.boxes[entry] ?? 0) * 4
      const clear = (this.edges[at] ?? 0) >= right || (this.edges[at + 2] ?? 0) <= left || (this.edges[at + 1] ?? 0) >= bottom || (this.edges[at + 3] ?? 0) <= top
      if (!clear) return true
    }
    return false
  }

  private enter(cell: number): void {
    if (this.entries >= this.boxes.length) {
      this.boxes = grown(this.boxes, new Int32Array(this.entries * 2))
      this.before = grown(this.before, new Int32Array(this.entries * 2))
    }
    this.boxes[this.entries] = this.count
    this.before[this.entries] = this.heads[cell] ?? -1
    this.heads[cell] = this.entries
    this.entries += 1
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x + MARGIN) / CELL_WIDTH)))
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y + MARGIN) / CELL_HEIGHT)))
  }
}
