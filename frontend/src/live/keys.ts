/** What the page of administration asks and tells of the keys of partner systems. Moments are ms since 1970. */
import type { GrantScope } from './admin'
import { read, send } from './send'

export interface AccessKey {
  id: number
  name: string
  atoms: string[]
  /** Null where its atoms hold in different places. */
  scope: GrantScope | null
  made_at: number
  expires_at: number | null
  /** So long the key from before the last one works on; may be over already. */
  former_until: number | null
  revoked_at: number | null
  used_at: number | null
}

export interface NewKey {
  name: string
  atoms: string[]
  scope: GrantScope
  expires_at?: number
}

const KEYS = '/api/v1/keys'

export const readKeys = (signal?: AbortSignal): Promise<AccessKey[]> => read<AccessKey[]>(KEYS, signal)
/** The key is told this once. */
export const addKey = (key: NewKey): Promise<{ id: number; name: string; key: string }> => send('POST', KEYS, key)
/** `hours`: so long the former one works on; 0 ends it at once. */
export const rotateKey = (key: number, hours: number): Promise<{ key: string; former_until: number | null }> => send('POST', `${KEYS}/${key}/rotate`, { overlap_hours: hours })
export const revokeKey = (key: number): Promise<undefined> => send('POST', `${KEYS}/${key}/revoke`)
