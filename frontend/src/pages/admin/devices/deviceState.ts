import type { Device } from '@/live/devices'

export type DeviceState = 'revoked' | 'overlapping' | 'inUse'
export type DeviceMark = 'simulated' | 'personal'

export function deviceState({ revoked_at, former_until }: Device, now: number): DeviceState {
  if (revoked_at !== null) return 'revoked'
  return former_until !== null && former_until > now ? 'overlapping' : 'inUse'
}

/** What it is besides. */
export function deviceMarks(device: Device): DeviceMark[] {
  return (['simulated', 'personal'] as const).filter((mark) => device[mark])
}

export const STATE_COLOURS: Readonly<Record<DeviceState, string>> = { inUse: 'fresh', overlapping: 'stale', revoked: 'lost' }

/** Whose devices prove themselves by a token that is typed into a client; others the server asks, at their address. */
export const TYPED_PROTOCOLS = ['osmand', 'nmea', 'owntracks', 'traccar', 'field'] as const

export function hasToken({ protocol }: Device): boolean {
  return TYPED_PROTOCOLS.some((typed) => typed === protocol)
}
