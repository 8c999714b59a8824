/**
 * Where a unit is drawn between two fixes. It glides from where it is drawn now to its new fix, in the time that
 * lay between its last two fixes; so it arrives about when the next one comes. All times in milliseconds.
 */
import type { Fix } from '@/live/record'

export const LONGEST_MILLISECONDS = 10_000
export const JUMP_METRES = 1000
const METRES_PER_DEGREE = 111_320

export interface Place {
  longitude: number
  latitude: number
  heading: number | null
}

interface Course {
  from: Place
  to: Place
  start: number
  duration: number
  fixTime: number
}

export class Movement {
  private readonly courses = new Map<number, Course>()

  /** Takes a new fix. With `jump` it is drawn there at once: for units out of view, or a page that was hidden. */
  move(fix: Fix, now: number, jump = false): void {
    const known = this.courses.get(fix.unit)
    const to: Place = { longitude: fix.longitude, latitude: fix.latitude, heading: fix.heading }
    // A snapshot brings again what is known: that must not break off a glide.
    if (known && !jump && known.fixTime === fix.time && samePlace(known.to, to)) return
    const from = known ? placeOn(known, now) : to
    const interval = known ? fix.time - known.fixTime : 0
    const glides = !jump && interval > 0 && metresBetween(from, to) <= JUMP_METRES
    const duration = glides ? Math.min(interval, LONGEST_MILLISECONDS) : 0
    this.courses.set(fix.unit, { from, to, start: now, duration, fixTime: fix.time })
  }

  forget(unit: number): void {
    this.courses.delete(unit)
  }

  place(unit: number, now: number): Place | undefined {
    const course = this.courses.get(unit)
    return course && placeOn(course, now)
  }

  isMoving(unit: number, now: number): boolean {
    const course = this.courses.get(unit)
    return course !== undefined && now < course.start + course.duration
  }

  /** Puts every unit where its last fix is: after the page was hidden nobody wants to see the past replayed. */
  settle(): void {
    for (const course of this.courses.values()) course.duration = 0
  }
}

function placeOn(course: Course, now: number): Place {
  if (now >= course.start + course.duration) return course.to
  const part = Math.max(0, (now - course.start) / course.duration)
  return between(course.from, course.to, part)
}

export function between(from: Place, to: Place, part: number): Place {
  // The short way round, also over the 180th meridian.
  const east = shortest(to.longitude - from.longitude)
  const turn = from.heading === null || to.heading === null ? null : shortest(to.heading - from.heading)
  return {
    longitude: shortest(from.longitude + east * part),
    latitude: from.latitude + (to.latitude - from.latitude) * part,
    heading: turn === null || from.heading === null ? to.heading : (from.heading + turn * part + 360) % 360,
  }
}

/** Metres; flat, which is exact enough for the distances between two fixes. */
export function metresBetween(one: Place, other: Place): number {
  const north = other.latitude - one.latitude
  const east = shortest(other.longitude - one.longitude) * Math.cos((one.latitude * Math.PI) / 180)
  return Math.hypot(north, east) * METRES_PER_DEGREE
}

function samePlace(one: Place, other: Place): boolean {
  return one.longitude === other.longitude && one.latitude === other.latitude && one.heading === other.heading
}

/** An angle within −180…180. */
function shortest(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180
}
