/** Which corner or side of an outline is under a point of the screen. Pure: how a place stands on the screen is handed in. */
import type { LonLat } from '../datum'
import { cornersOf, placeOf, type Corner, type Outline } from './outline'

export interface Pixel {
  x: number
  y: number
}

export type PixelOf = (place: LonLat) => Pixel

export function cornerAt(outline: Outline, pixelOf: PixelOf, point: Pixel, reach: number): Corner | null {
  let [best, found]: [number, Corner | null] = [reach, null]
  for (const corner of cornersOf(outline)) {
    const place = placeOf(outline, corner)
    const pixel = place && pixelOf(place)
    const distance = pixel ? Math.hypot(pixel.x - point.x, pixel.y - point.y) : Infinity
    if (distance <= best) [best, found] = [distance, corner]
  }
  return found
}

/** The side under the point, as the corner that a new one would be put before: the index may be one beyond the last. */
export function sideAt(outline: Outline, pixelOf: PixelOf, point: Pixel, reach: number): Corner | null {
  let [best, found]: [number, Corner | null] = [reach, null]
  for (const [part, rings] of outline.entries()) {
    for (const [ring, corners] of rings.entries()) {
      const pixels = corners.map(pixelOf)
      for (const [index, from] of pixels.entries()) {
        const to = pixels[(index + 1) % pixels.length] ?? from
        const distance = distanceTo(point, from, to)
        if (distance <= best) [best, found] = [distance, { part, ring, index: index + 1 }]
      }
    }
  }
  return found
}

function distanceTo(point: Pixel, from: Pixel, to: Pixel): number {
  const [east, south] = [to.x - from.x, to.y - from.y]
  const length = east * east + south * south
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - from.x) * east + (point.y - from.y) * south) / length))
  return Math.hypot(from.x + share * east - point.x, from.y + share * south - point.y)
}
