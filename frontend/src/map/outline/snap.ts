/** Draws a place onto the borders of the neighbours, so that no gap and no overlap is left between two areas. Pure. */
import type { MultiPolygon, Polygon } from 'geojson'
import type { LonLat } from '../datum'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../mercator'

/** So near, in CSS pixels, a place is drawn onto a border. */
export const SNAP_PIXELS = 8

/** A neighbour's ring in the Mercator square, with the places that its corners come from. */
export interface SnapLine {
  places: readonly LonLat[]
  x: Float64Array
  y: Float64Array
  west: number
  east: number
  north: number
  south: number
}

export function snapLines(shapes: readonly (Polygon | MultiPolygon)[]): SnapLine[] {
  const rings = shapes.flatMap((shape) => (shape.type === 'Polygon' ? shape.coordinates : shape.coordinates.flat()))
  return rings.map((ring) => {
    const places = ring.map(([longitude = 0, latitude = 0]): LonLat => [longitude, latitude])
    const [x, y] = [Float64Array.from(places, ([longitude]) => mercatorX(longitude)), Float64Array.from(places, ([, latitude]) => mercatorY(latitude))]
    return { places, x, y, west: x.reduce(least, 1), east: x.reduce(most, 0), north: y.reduce(least, 1), south: y.reduce(most, 0) }
  })
}

const least = (one: number, other: number): number => Math.min(one, other)
const most = (one: number, other: number): number => Math.max(one, other)

/** The nearest corner within reach, else the nearest point of a border; null where neither is. `scale`: CSS pixels of the whole world. */
export function snapped([longitude, latitude]: LonLat, lines: readonly SnapLine[], scale: number, pixels = SNAP_PIXELS): LonLat | null {
  const [x, y, reach] = [mercatorX(longitude), mercatorY(latitude), pixels / scale]
  const near = lines.filter((line) => x >= line.west - reach && x <= line.east + reach && y >= line.north - reach && y <= line.south + reach)
  return nearestCorner(near, x, y, reach) ?? nearestPoint(near, x, y, reach)
}

function nearestCorner(lines: readonly SnapLine[], x: number, y: number, reach: number): LonLat | null {
  let [best, found]: [number, LonLat | null] = [reach, null]
  for (const line of lines) {
    for (const [index, place] of line.places.entries()) {
      const distance = Math.hypot((line.x[index] ?? 0) - x, (line.y[index] ?? 0) - y)
      if (distance <= best) [best, found] = [distance, place]
    }
  }
  return found
}

function nearestPoint(lines: readonly SnapLine[], x: number, y: number, reach: number): LonLat | null {
  let [best, found]: [number, LonLat | null] = [reach, null]
  for (const line of lines) {
    for (let index = 1; index < line.x.length; index += 1) {
      const [fromX, fromY] = [line.x[index - 1] ?? 0, line.y[index - 1] ?? 0]
      const [east, south] = [(line.x[index] ?? 0) - fromX, (line.y[index] ?? 0) - fromY]
      const length = east * east + south * south
      const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - fromX) * east + (y - fromY) * south) / length))
      const [pointX, pointY] = [fromX + share * east, fromY + share * south]
      const distance = Math.hypot(pointX - x, pointY - y)
      if (distance <= best) [best, found] = [distance, [longitudeOf(pointX), latitudeOf(pointY)]]
    }
  }
  return found
}
