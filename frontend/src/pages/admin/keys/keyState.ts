import type { AccessKey } from '@/live/keys'

export type KeyState = 'revoked' | 'expired' | 'overlapping' | 'inForce'

/** What stands in the way of its use, the strongest first. */
export function keyState({ revoked_at, expires_at, former_until }: AccessKey, now: number): KeyState {
  if (revoked_at !== null) return 'revoked'
  if (expires_at !== null && expires_at <= now) return 'expired'
  return former_until !== null && former_until > now ? 'overlapping' : 'inForce'
}

/** Whether it opens anything still. */
export function opens(state: KeyState): boolean {
  return state === 'inForce' || state === 'overlapping'
}

export const STATE_COLOURS: Readonly<Record<KeyState, string>> = { inForce: 'fresh', overlapping: 'stale', expired: 'alarm', revoked: 'lost' }
