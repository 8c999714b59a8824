/** How long positions live, what is kept of them, and what is held back from deletion. Moments are ms since 1970. */
import { read, send } from './send'

export interface Hold {
  id: number
  kind: 'legal' | 'case'
  subject: string
  units: { number: number; call_sign: string }[]
  from: number
  /** Null: of a case that is open. */
  to: number | null
  reason: string
  by: string | null
  made_at: number
  ended_at: number | null
}

export interface Retention {
  /** So many days raw positions live. */
  raw_days: number
  oldest_raw: number | null
  /** Days of raw positions that are there. */
  raw_days_kept: number
  /** Positions kept because of a hold. */
  kept_fixes: number
  /** Rows of the thinned past. */
  coarse_rows: number
  last_run: number | null
  holds: Hold[]
}

export interface NewHold {
  subject: string
  units: number[]
  from: number
  to: number
  reason: string
}

export const readRetention = (signal?: AbortSignal): Promise<Retention> => read<Retention>('/api/v1/retention', signal)
export const addHold = (hold: NewHold): Promise<{ id: number }> => send('POST', '/api/v1/holds', hold)
