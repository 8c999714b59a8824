/** The few HTTP answers that the pages read. Same origin; the session is a cookie. */
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import { keepCsrf, read } from './send'

export { RequestError, send } from './send'

export interface Session {
  name: string
  /** Where the server tells it. */
  name_en?: string | null
  roles: string[]
  atoms: string[]
  /** What every changing request bears; `readSession` keeps it for them. */
  csrf: string
  demo: boolean
  map: { longitude: number; latitude: number; zoom: number }
  version: number
}

export interface Unit {
  number: number
  call_sign: string
  name: string
  name_en: string | null
  kind: string
  squad: number | string | null
  squad_name: string | null
  squad_name_en: string | null
  district: number | string | null
  district_name: string | null
  district_name_en: string | null
}

export interface Registry {
  version: number
  units: Unit[]
}

export interface Equation {
  source: string
  received: number
  stored: number
  repeat: number
  rejected: Record<string, number>
  pending: number
}

export interface HealthPart {
  name: string
  state: 'ok' | 'away'
  since: number
  detail: Record<string, unknown> | null
}

export interface Health {
  time: number
  parts: HealthPart[]
  /** Null while the database is away. */
  equation: Equation[] | null
  board: { units: number; cells: number }
  viewers: number
  event: number
  bus: { away_since: number | null; dropped: number }
  database: { away_since: number | null }
}

/** A unit with what is known of it beyond the list: its devices, where the session may read them. */
export interface UnitDetail extends Unit {
  devices?: UnitDevice[]
}

export interface UnitDevice {
  id: number
  identifier: string
  protocol: string
  simulated: boolean
  /** Words can be sent to it. */
  knows_messages: boolean
}

/** The stored positions of one unit, in time order: the n-th of each list belong together. */
export interface Track {
  unit: number
  /** Milliseconds since 1970, as all times here. */
  from: number
  to: number
  /** How many are stored; more than are given where the track was thinned. */
  stored: number
  times: number[]
  longitudes: number[]
  latitudes: number[]
  /** Metres per second. */
  speeds: (number | null)[]
  /** Degrees clockwise from north. */
  headings: (number | null)[]
}

/** A unit that was near a place: times in milliseconds since 1970, `nearest` in metres. In between it may have been elsewhere. */
export interface Nearby {
  unit: number
  call_sign: string
  name: string
  name_en: string | null
  first: number
  last: number
  nearest: number
  fixes: number
}

export interface Street {
  name: string
  name_en: string | null
  /** Metres. */
  distance: number
}

export interface AreaName {
  kind: AreaKind
  code: string
  name: string
  name_en: string | null
}

/** A place in words: its street, the nearest street that crosses it, and the areas that it lies in. */
export interface Where {
  street: Street | null
  crossing: Street | null
  areas: AreaName[]
}

export interface FoundPlace {
  name: string
  name_en: string | null
  kind: string
  longitude: number
  latitude: number
  /** Metres from where it was asked for; null without such a place. */
  distance: number | null
}

export type AreaKind = 'district' | 'squad' | 'grid'

export type Areas = FeatureCollection<Polygon | MultiPolygon, AreaProperties>

export interface AreaProperties {
  kind: AreaKind
  code: string
  name: string
  name_en: string | null
  district: string
  squad?: string
}

/** What lies under the live layers; see docs/map.md. */
export interface Ground {
  kind: 'vector' | 'raster' | 'none'
  name: string
  name_en: string | null
  tiles: string[]
  /** Edge of a tile in pixels. */
  tile_size: number
  minzoom: number
  maxzoom: number
  bounds: [number, number, number, number] | null
  attribution: string
  /** All signs of its names that are not ASCII. */
  characters: string
  datum: 'wgs84' | 'gcj02'
  coastal: boolean
}

export interface Point {
  longitude: number
  latitude: number
}

export async function readSession(): Promise<Session> {
  const session = await read<Session>('/api/v1/session')
  keepCsrf(session.csrf)
  return session
}
export const readUnits = (): Promise<Registry> => read<Registry>('/api/v1/units')
export const readUnit = (unit: number, signal?: AbortSignal): Promise<UnitDetail> => read<UnitDetail>(`/api/v1/units/${unit}`, signal)
/** Times in milliseconds since 1970, at most a day apart. It is personal data: the server writes down who read it, and why. */
export const readTrack = (unit: number, { from, to }: { from: number; to: number }, reason: string, signal?: AbortSignal): Promise<Track> =>
  read<Track>(`/api/v1/units/${unit}/track?${query({ from: Math.round(from), to: Math.round(to), reason })}`, signal)
/** Who was within so many metres of a place, whoever came first standing first. Written down like a track. */
export const readNearby = ({ longitude, latitude }: Point, metres: number, { from, to }: { from: number; to: number }, reason: string, signal?: AbortSignal): Promise<Nearby[]> =>
  read<Nearby[]>(`/api/v1/presence-at?${query({ longitude, latitude, metres, from: Math.round(from), to: Math.round(to), reason })}`, signal)
export const readWhere = ({ longitude, latitude }: Point, signal?: AbortSignal): Promise<Where> =>
  read<Where>(`/api/v1/where?${query({ longitude, latitude })}`, signal)
/** Places by name; with `near` the nearer ones come first and say how far they are. */
export const readPlaces = (words: string, near?: Point | null, limit = 10, signal?: AbortSignal): Promise<{ places: FoundPlace[] }> =>
  read<{ places: FoundPlace[] }>(`/api/v1/places?${query({ q: words, longitude: near?.longitude, latitude: near?.latitude, limit })}`, signal)
export const readGround = (signal?: AbortSignal): Promise<Ground> => read<Ground>('/api/v1/ground', signal)
export const readAreas = (kind: AreaKind, signal?: AbortSignal): Promise<Areas> => read<Areas>(`/api/v1/areas/${kind}`, signal)
export const readHealth = (signal?: AbortSignal): Promise<Health> => read<Health>('/health', signal)

function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
}
