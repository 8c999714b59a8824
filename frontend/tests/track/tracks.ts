import type { Track } from '@/live/api'

export interface Step {
  /** Seconds. */
  at: number
  longitude?: number
  latitude?: number
  speed?: number | null
  heading?: number | null
}

/** 2026-11-23 08:00 in the zone of the machine. */
export const EIGHT = new Date(2026, 10, 23, 8).getTime()

export function track(steps: readonly Step[], rest: Partial<Track> = {}): Track {
  return {
    unit: 1,
    from: EIGHT,
    to: EIGHT + 3_600_000,
    stored: steps.length,
    times: steps.map((step) => EIGHT + step.at * 1000),
    longitudes: steps.map((step) => step.longitude ?? 113.5),
    latitudes: steps.map((step) => step.latitude ?? 22.2),
    speeds: steps.map((step) => step.speed ?? null),
    headings: steps.map((step) => step.heading ?? null),
    ...rest,
  }
}

/** One degree of latitude on the sphere of the mean radius. */
export const METRES_PER_DEGREE = 111_195.08

/** Northwards from a latitude at 10 m/s, a position each ten seconds. */
export function drive(from: number, seconds: number, latitude = 22.2): Step[] {
  return Array.from({ length: seconds / 10 + 1 }, (_, index) => ({ at: from + index * 10, latitude: latitude + (index * 100) / METRES_PER_DEGREE, speed: 10, heading: 0 }))
}

/** At one place, wandering by some metres. */
export function stand(from: number, seconds: number, latitude = 22.2): Step[] {
  return Array.from({ length: seconds / 10 + 1 }, (_, index) => ({ at: from + index * 10, latitude: latitude + ((index % 3) * 4) / METRES_PER_DEGREE, speed: 0 }))
}
