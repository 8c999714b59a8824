/** Bodies, what hangs on them, and the areas that they have by time. Moments are ms since 1970, shapes in WGS-84. */
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import type { Body } from './admin'
import { read, send } from './send'

export type AreaShape = Polygon | MultiPolygon

/** From the widest to the narrowest; departments stand beside them. */
export const BODY_KINDS = ['city', 'district', 'brigade', 'street', 'squad', 'department'] as const
export type BodyKind = (typeof BODY_KINDS)[number]

/** A body with its code in the city's own register, where it has one. */
export type CodedBody = Body & { code?: string | null }

export interface NewBody {
  parent: number | null
  kind: string
  name: string
  name_en: string | null
  code: string | null
}

/** What hangs on one body, without those beneath it. */
export interface Belongings {
  people: number
  devices: number
  units: { number: number; call_sign: string; name: string; name_en: string | null; kind: string }[]
  seats: { id: number; number: number | string; name: string; name_en: string | null }[]
  vehicles: { id: number; plate: string; kind: string; name: string }[]
  cameras: { id: number; code: string; name: string; name_en: string | null; longitude: number; latitude: number; heading: number | null }[]
}

export interface JurisdictionProperties {
  area: number
  body: number
  kind: string
  code: string | null
  name: string
  name_en: string | null
  since: number
  /** Null: until another one follows. */
  until: number | null
}

export type Jurisdiction = FeatureCollection<AreaShape, JurisdictionProperties>

/** One area of a body: it holds from `since` on, until `until`. */
export interface AreaVersion {
  id: number
  since: number
  until: number | null
  square_metres: number
  by: string | null
  shape: AreaShape
}

export interface Overlap {
  body: number
  name: string
  name_en: string | null
  square_metres: number
}

export interface SavedArea {
  id: number
  square_metres: number
  overlaps: Overlap[]
}

const API = '/api/v1'

/** The areas in force at a moment; null: now. */
export const readJurisdiction = (at: number | null, signal?: AbortSignal): Promise<Jurisdiction> =>
  read<Jurisdiction>(`${API}/jurisdiction${at === null ? '' : `?at=${at}`}`, signal)
export const readBelongings = (body: number, signal?: AbortSignal): Promise<Belongings> => read<Belongings>(`${API}/bodies/${body}/belongings`, signal)
export const readBodyAreas = (body: number, signal?: AbortSignal): Promise<AreaVersion[]> => read<AreaVersion[]>(`${API}/bodies/${body}/areas`, signal)

export const addBody = (body: NewBody): Promise<{ id: number }> => send('POST', `${API}/bodies`, body)
export const changeBody = (body: number, change: Partial<Pick<NewBody, 'name' | 'name_en' | 'code'>>): Promise<undefined> => send('PATCH', `${API}/bodies/${body}`, change)
/** Without a moment it holds from now on; the one before it ends then. */
export const saveArea = (body: number, shape: AreaShape, since: number | null): Promise<SavedArea> =>
  send('PUT', `${API}/bodies/${body}/area`, { shape, ...(since === null ? {} : { since }) })
export const endArea = (area: number): Promise<undefined> => send('POST', `${API}/jurisdiction/${area}/end`, {})
