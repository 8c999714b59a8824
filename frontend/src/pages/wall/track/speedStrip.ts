/** The speed of a journey over its time, in columns that can be drawn. */
import { metresBetween } from '@/map/geodesy'
import type { Journey, Sample } from '@/track/journey'

/**
 * The highest speed in each of so many equal parts of the journey's time, in metres per second; null where no
 * position was. A column that lies between two samples of one piece has the speed of the step between them.
 */
export function speedColumns({ samples, pieces }: Journey, count: number): (number | null)[] {
  const columns = new Array<number | null>(count).fill(null)
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.time === first.time) return columns
  const columnOf = (time: number): number => Math.min(count - 1, Math.floor(((time - first.time) / (last.time - first.time)) * count))
  for (const piece of pieces) {
    for (const [index, sample] of piece.entries()) {
      const next = piece[index + 1]
      const speed = speedFrom(sample, next)
      const start = columnOf(sample.time)
      const end = next ? Math.max(start + 1, columnOf(next.time)) : start + 1
      for (let column = start; column < end; column += 1) columns[column] = Math.max(columns[column] ?? 0, speed)
    }
  }
  return columns
}

function speedFrom(sample: Sample, next: Sample | undefined): number {
  if (sample.speed !== null) return sample.speed
  return next ? metresBetween(sample, next) / ((next.time - sample.time) / 1000) : 0
}

/** The columns as the path of an SVG that is as wide as there are columns and 100 high; gaps stay open. */
export function stripPath(columns: readonly (number | null)[], top: number): string {
  const height = (speed: number): string => (100 - (Math.min(speed, top) / top) * 100).toFixed(1)
  let path = ''
  columns.forEach((speed, column) => {
    if (speed === null) return
    const [begins, ends] = [(columns[column - 1] ?? null) === null, (columns[column + 1] ?? null) === null]
    path += `${begins ? `M${column} 100` : ''}L${column} ${height(speed)}L${column + 1} ${height(speed)}${ends ? `L${column + 1} 100Z` : ''}`
  })
  return path
}

/** The top of the scale in metres per second: the next 10 km/h above the fastest, and at least 10 km/h. */
export function scaleTop(fastest: number | null): number {
  return (Math.max(1, Math.ceil(((fastest ?? 0) * 3.6) / 10)) * 10) / 3.6
}
