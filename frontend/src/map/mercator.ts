/**
 * Web Mercator as the map engine counts it: 0…1 from west to east and from north to south of the whole world.
 * A place's pixel is ((x - frame.x) × frame.scale + frame.width / 2, …): there is no turning and no tilting.
 */
import { EARTH_RADIUS } from './geodesy'

const EQUATOR_METRES = 2 * Math.PI * EARTH_RADIUS
/** The engine counts zoom in tiles of so many pixels: at zoom 0 the world is one of them. */
export const WORLD_PIXELS = 512
/** The engine shows nothing beyond this latitude either. */
const HIGHEST_LATITUDE = 85.051129

export const mercatorX = (longitude: number): number => (180 + longitude) / 360

export function mercatorY(latitude: number): number {
  const bounded = Math.min(HIGHEST_LATITUDE, Math.max(-HIGHEST_LATITUDE, latitude))
  return (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (bounded * Math.PI) / 360))) / 360
}

export const longitudeOf = (x: number): number => (x - Math.floor(x)) * 360 - 180

export const latitudeOf = (y: number): number => (360 / Math.PI) * Math.atan(Math.exp(((180 - y * 360) * Math.PI) / 180)) - 90

/** Metres on the ground for the whole width of the world at this height of the map. */
export const metresAround = (y: number): number => EQUATOR_METRES / Math.cosh(Math.PI * (1 - 2 * y))

/** How many metres of ground one pixel of the map covers at a latitude. */
export const metresPerPixel = (latitude: number, zoom: number): number => metresAround(mercatorY(latitude)) / (WORLD_PIXELS * 2 ** zoom)

/** The short way between two x, also over the 180th meridian: within -0.5…0.5. */
export const shortWay = (x: number): number => x - Math.round(x)

