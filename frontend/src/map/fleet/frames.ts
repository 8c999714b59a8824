/** How the screen kept up: the last intervals between frames and the times that drawing took, ms. */
const MOST = 2000

/** Copies, oldest first; `passed` and `drawn` say how many frames passed and were drawn since the map was opened. */
export interface FrameTimes {
  intervals: number[]
  draws: number[]
  passed: number
  drawn: number
}

export class Frames {
  private readonly intervals = new Float32Array(MOST)
  private readonly draws = new Float32Array(MOST)
  private intervalCount = 0
  private drawCount = 0

  noteInterval(milliseconds: number): void {
    this.intervals[this.intervalCount % MOST] = milliseconds
    this.intervalCount += 1
  }

  noteDraw(milliseconds: number): void {
    this.draws[this.drawCount % MOST] = milliseconds
    this.drawCount += 1
  }

  read(): FrameTimes {
    return { intervals: inOrder(this.intervals, this.intervalCount), draws: inOrder(this.draws, this.drawCount), passed: this.intervalCount, drawn: this.drawCount }
  }
}

function inOrder(ring: Float32Array, count: number): number[] {
  const first = count > MOST ? count % MOST : 0
  return [...ring.subarray(first, Math.min(count, MOST)), ...ring.subarray(0, first)]
}
