/**
 * The datum of the ground. Inside everything is WGS-84; some Chinese map services draw in GCJ-02, some hundred metres
 * off. The engine turns what goes in and out, so that nobody else has to know.
 * GCJ-02 is known from its published reconstruction only: promise no better than a metre or two.
 */

import type { FeatureCollection, Geometry } from 'geojson'
import type { View } from '@/live/interest'

/** Longitude and latitude, degrees. */
export type LonLat = [number, number]

export interface Datum {
  /** From WGS-84 to the ground's own. */
  forward(longitude: number, latitude: number): LonLat
  /** From the ground's own to WGS-84. */
  inverse(longitude: number, latitude: number): LonLat
}

/** The ellipsoid of Krassowsky: half axis in metres, eccentricity squared. */
const HALF_AXIS = 6378245
const ECCENTRICITY = 0.00669342162296594323
/** After two rounds the inverse is right to 0.2 mm everywhere in China (measured). */
const ROUNDS = 2

export const WGS84: Datum = { forward: (longitude, latitude) => [longitude, latitude], inverse: (longitude, latitude) => [longitude, latitude] }
export const GCJ02: Datum = { forward, inverse }

function forward(longitude: number, latitude: number): LonLat {
  const [east, north] = offset(longitude - 105, latitude - 35)
  const angle = (latitude * Math.PI) / 180
  const root = 1 - ECCENTRICITY * Math.sin(angle) ** 2
  const metresNorth = (HALF_AXIS * (1 - ECCENTRICITY)) / (root * Math.sqrt(root))
  const metresEast = (HALF_AXIS / Math.sqrt(root)) * Math.cos(angle)
  return [longitude + ((east / metresEast) * 180) / Math.PI, latitude + ((north / metresNorth) * 180) / Math.PI]
}

function inverse(longitude: number, latitude: number): LonLat {
  let [east, north] = [longitude, latitude]
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [drawnEast, drawnNorth] = forward(east, north)
    east += longitude - drawnEast
    north += latitude - drawnNorth
  }
  return [east, north]
}

/** Metres to east and north, for degrees from 105° E, 35° N. */
function offset(x: number, y: number): [number, number] {
  const wave = (angle: number, part: number, strength: number): number => strength * Math.sin((angle * Math.PI) / part)
  const short = wave(6 * x, 1, 20) + wave(2 * x, 1, 20)
  const root = Math.sqrt(Math.abs(x))
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    + ((short + wave(x, 1, 20) + wave(x, 3, 40) + wave(x, 12, 150) + wave(x, 30, 300)) * 2) / 3
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    + ((short + wave(y, 1, 20) + wave(y, 3, 40) + wave(y, 12, 160) + wave(y, 30, 320)) * 2) / 3
  return [east, north]
}

/** A view's corners in another datum: `turn` is the way there. */
export function viewIn(turn: Datum['forward'], view: View): View {
  const [west, south] = turn(view.west, view.south)
  const [east, north] = turn(view.east, view.north)
  return { west, south, east, north }
}

/** Features in the ground's datum; the same object where nothing has to be turned. */
export function featuresIn(datum: Datum, data: FeatureCollection): FeatureCollection {
  if (datum === WGS84) return data
  return { ...data, features: data.features.map((feature) => ({ ...feature, geometry: geometryIn(datum, feature.geometry) })) }
}

function geometryIn(datum: Datum, geometry: Geometry): Geometry {
  if (geometry.type === 'GeometryCollection') return { ...geometry, geometries: geometry.geometries.map((part) => geometryIn(datum, part)) }
  return { ...geometry, coordinates: coordinatesIn(datum, geometry.coordinates) } as Geometry
}

type Coordinates = number[] | Coordinates[]

function coordinatesIn(datum: Datum, coordinates: Coordinates): Coordinates {
  if (typeof coordinates[0] === 'number') return datum.forward(coordinates[0], coordinates[1] as number)
  return (coordinates as Coordinates[]).map((part) => coordinatesIn(datum, part))
}
