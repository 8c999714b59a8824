/** How old a position may be. The only place where these limits stand. */
export const FRESH_SECONDS = 30
export const STALE_SECONDS = 120

export type AgeState = 'fresh' | 'stale' | 'lost'
export const AGE_STATES: readonly AgeState[] = ['fresh', 'stale', 'lost']

export function ageState(seconds: number): AgeState {
  if (seconds <= FRESH_SECONDS) return 'fresh'
  return seconds <= STALE_SECONDS ? 'stale' : 'lost'
}

/** Seconds since a fix, never below zero: a device's clock may run a little ahead. */
export function ageOf(fix: { time: number }, now: number): number {
  return Math.max(0, (now - fix.time) / 1000)
}
