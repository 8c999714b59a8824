/** Geofences and who crossed them. Moments are ms since 1970, shapes in WGS-84. */
import type { MultiPolygon, Polygon } from 'geojson'
import { read, send } from './send'

export type FenceShape = Polygon | MultiPolygon
export type Tells = 'enter' | 'leave' | 'both'

/** On these days (1 Monday to 7 Sunday) from one time of day to another; past midnight where the end comes first. */
export interface FenceHours {
  days: number[]
  from: string
  to: string
}

/** What somebody wants of a fence: whose it is, and about whom; neither bodies nor units: all beneath its body. */
export interface FenceWish {
  name: string
  body: number
  bodies: number[] | null
  units: number[] | null
  /** Null: always. */
  hours: FenceHours[] | null
  tells: Tells
  since: number | null
  until: number | null
  shape: FenceShape
}

export interface Fence extends Omit<FenceWish, 'since'> {
  id: number
  body_name: string
  body_name_en: string | null
  since: number
  by: string
  made_at: number
  square_metres: number
  /** By whoever asks. */
  changeable: boolean
  /** Crossings since midnight. */
  today: number
}

/** A body that a fence may belong to, or be about. */
export interface FenceBody {
  id: number
  parent: number | null
  kind: string
  name: string
  name_en: string | null
}

/** A row of the topic `geofence.crossing`, and what its events carry. */
export interface Crossing {
  id: number
  geofence: number
  name: string
  unit: number
  entered: boolean
  at: number
}

/** A row of the topic `unit.alarm`, and what its events carry. `alarms`: bits, of which 1 is an SOS. */
export interface UnitAlarm {
  id: number
  unit: number
  at: number
  alarms: number
}

export const readFences = (signal?: AbortSignal): Promise<Fence[]> => read<Fence[]>('/api/v1/geofences', signal)
export const readFenceBodies = (signal?: AbortSignal): Promise<FenceBody[]> => read<FenceBody[]>('/api/v1/geofences/bodies', signal)
export const addFence = (wish: FenceWish): Promise<{ id: number }> => send<{ id: number }>('POST', '/api/v1/geofences', wish)
export const changeFence = (id: number, wish: FenceWish): Promise<undefined> => send('PUT', `/api/v1/geofences/${id}`, wish)
export const deleteFence = (id: number): Promise<undefined> => send('DELETE', `/api/v1/geofences/${id}`)
