/** Lengths and areas on the globe. Pure. Degrees WGS-84 in, metres and square metres out. */
import type { MapPlace } from './engine'

/** Mean radius of the earth (IUGG). Against the ellipsoid a length is off by 0.5 % at most, an area by 1 %. */
export const EARTH_RADIUS = 6_371_008.8

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Great-circle distance in metres (haversine: exact also for a few centimetres). */
export function metresBetween(one: MapPlace, other: MapPlace): number {
  const north = Math.sin(radians(other.latitude - one.latitude) / 2)
  const east = Math.sin(radians(other.longitude - one.longitude) / 2)
  const chord = north * north + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * east * east
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** Metres of each segment; a closed line has one more, back to its first point. */
export function segmentLengths(points: readonly MapPlace[], closed = false): number[] {
  const ends = closed ? [...points.slice(1), ...points.slice(0, 1)] : points.slice(1)
  return ends.flatMap((end, index) => {
    const start = points[index]
    return start ? [metresBetween(start, end)] : []
  })
}

export function totalLength(points: readonly MapPlace[], closed = false): number {
  return segmentLengths(points, closed).reduce((sum, length) => sum + length, 0)
}

/** Square metres inside the ring, whichever way round it runs; less than three points hold nothing. */
export function ringArea(points: readonly MapPlace[]): number {
  if (points.length < 3) return 0
  // The spherical excess between each side (a great circle) and the equator.
  const excess = points.reduce((sum, from, index) => {
    const to = points[(index + 1) % points.length] ?? from
    const east = ((((to.longitude - from.longitude + 180) % 360) + 360) % 360) - 180
    const [half, one, other] = [Math.tan(radians(east) / 2), Math.tan(radians(from.latitude) / 2), Math.tan(radians(to.latitude) / 2)]
    return sum + 2 * Math.atan2(half * (one + other), 1 + one * other)
  }, 0)
  return Math.abs(excess) * EARTH_RADIUS * EARTH_RADIUS
}

/** The middle of a segment, on the map's own straight line where segments are short. */
export function middleOf(one: MapPlace, other: MapPlace): MapPlace {
  return { longitude: (one.longitude + other.longitude) / 2, latitude: (one.latitude + other.latitude) / 2 }
}

/** As people say it: 7.4 m, 845 m, 3.42 km, 128 km. */
export function lengthWords(metres: number): string {
  if (metres < 9.95) return `${metres.toFixed(1)} m`
  if (metres < 999.5) return `${Math.round(metres)} m`
  return `${(metres / 1000).toFixed(metres < 99_995 ? 2 : 0)} km`
}

/** As people say it: 845 m², 12,400 m², 1.24 km². */
export function areaWords(squareMetres: number): string {
  if (squareMetres < 100_000) return `${new Intl.NumberFormat('en').format(Math.round(squareMetres))} m²`
  return `${(squareMetres / 1e6).toFixed(squareMetres < 1e8 ? 2 : 0)} km²`
}
