/** The last places that were looked up on this PC, newest first. */
import type { FoundPlace } from '@/live/api'
import { isRecord, recall, remember } from '@/stores/storage'

const KEY = 'liandong.places'
export const MOST_RECENT = 5

export function recentPlaces(): FoundPlace[] {
  const kept = recall(KEY)
  return Array.isArray(kept) ? kept.flatMap((place: unknown) => placeOf(place) ?? []).slice(0, MOST_RECENT) : []
}

export function rememberPlace(place: FoundPlace): void {
  const others = recentPlaces().filter((other) => other.name !== place.name || other.kind !== place.kind)
  // How far it was then says nothing later.
  remember(KEY, [{ ...place, distance: null }, ...others].slice(0, MOST_RECENT))
}

export function forgetPlaces(): void {
  remember(KEY, [])
}

function placeOf(kept: unknown): FoundPlace | null {
  if (!isRecord(kept)) return null
  const { name, name_en, kind, longitude, latitude } = kept
  if (typeof name !== 'string' || typeof kind !== 'string' || typeof longitude !== 'number' || typeof latitude !== 'number') return null
  return { name, name_en: typeof name_en === 'string' ? name_en : null, kind, longitude, latitude, distance: null }
}
