/** Government vehicles off duty: their terminals go on, so that it is seen where they stand. */
import { read } from './send'

export interface Parked {
  unit: number
  call_sign: string
  name: string
  name_en: string | null
  body: number
  plate: string | null
  longitude: number
  latitude: number
  /** Milliseconds since 1970. */
  time: number
}

export const readParked = (signal?: AbortSignal): Promise<Parked[]> => read<Parked[]>('/api/v1/fleet/parked', signal)
