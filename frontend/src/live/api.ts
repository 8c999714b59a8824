/** The few HTTP answers that the pages read. Same origin; the session is a cookie. */

/** Thrown for an answer that is not 2xx; `status` 0 means that no answer came. */
export class RequestError extends Error {
  override name = 'RequestError'
  constructor(readonly status: number, message: string) {
    super(message)
  }
}

export interface Session {
  name: string
  atoms: string[]
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

export const readSession = (): Promise<Session> => read<Session>('/api/v1/session')
export const readUnits = (): Promise<Registry> => read<Registry>('/api/v1/units')
export const readHealth = (signal?: AbortSignal): Promise<Health> => read<Health>('/health', signal)

async function read<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  let response: Response
  try {
    // /health has a page and a JSON at one address: a cached page must not be taken for the JSON.
    response = await fetch(path, { headers: { Accept: 'application/json' }, cache: 'no-store', credentials: 'same-origin', signal: signal ?? null })
  } catch (error) {
    throw new RequestError(0, String(error))
  }
  if (!response.ok) throw new RequestError(response.status, `${path}: ${response.status}`)
  return (await response.json()) as Answer
}
