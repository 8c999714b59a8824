/** Where a unit was at a moment of its journey. */
import { metresBetween } from '@/map/geodesy'
import { lastAtOrBefore } from '@/sorted'
import { shortest, stretchAt, type Journey, type Sample, type Stretch } from './journey'

/** A step shorter than this says nothing of a direction. */
const DIRECTION_METRES = 3

export interface Moment {
  longitude: number
  latitude: number
  /** Degrees clockwise from north; null where it is not known. */
  heading: number | null
  speed: number | null
  /** `gap`: no position came then; it stands at the last one before. */
  state: 'moving' | 'stop' | 'gap'
}

/** Null only for a journey without samples. Before the first position it is the first, after the last the last. */
export function momentAt(journey: Journey, time: number): Moment | null {
  const { samples } = journey
  const index = Math.max(0, lastAtOrBefore(samples, time, (sample) => sample.time))
  const [from, to] = [samples[index], samples[index + 1]]
  if (!from) return null
  if (!to || time <= from.time) return standing(from, journey, time, directionTo(samples[index - 1], from))
  const gap = stretchAt(journey.gaps, time)
  if (gap) return { ...standing(from, journey, time, null), state: 'gap' }
  return between(from, to, (time - from.time) / (to.time - from.time), stretchAt(journey.stops, time) ? 'stop' : 'moving')
}

function standing(sample: Sample, journey: Journey, time: number, direction: number | null): Moment {
  const { longitude, latitude, heading, speed } = sample
  return { longitude, latitude, heading: heading ?? direction, speed, state: stretchAt(journey.stops, time) ? 'stop' : 'moving' }
}

function between(from: Sample, to: Sample, part: number, state: 'moving' | 'stop'): Moment {
  return {
    longitude: shortest(from.longitude + shortest(to.longitude - from.longitude) * part),
    latitude: from.latitude + (to.latitude - from.latitude) * part,
    heading: turned(from.heading, to.heading, part) ?? directionTo(from, to),
    speed: from.speed === null || to.speed === null ? (from.speed ?? to.speed) : from.speed + (to.speed - from.speed) * part,
    state,
  }
}

function turned(from: number | null, to: number | null, part: number): number | null {
  if (from === null || to === null) return from ?? to
  return (from + shortest(to - from) * part + 360) % 360
}

function directionTo(from: Sample | undefined, to: Sample): number | null {
  return from && metresBetween(from, to) >= DIRECTION_METRES ? bearing(from, to) : null
}

/** Degrees clockwise from north. */
export function bearing(from: { longitude: number; latitude: number }, to: { longitude: number; latitude: number }): number {
  const radians = Math.PI / 180
  const east = shortest(to.longitude - from.longitude) * radians
  const [one, other] = [from.latitude * radians, to.latitude * radians]
  const y = Math.sin(east) * Math.cos(other)
  const x = Math.cos(one) * Math.sin(other) - Math.sin(one) * Math.cos(other) * Math.cos(east)
  return (Math.atan2(y, x) / radians + 360) % 360
}

/** Where playing goes on: past a gap, and past a stop too where nothing else is worth seeing. */
export function skip(journey: Journey, time: number, standingToo: boolean): number {
  const stretches: (Stretch | undefined)[] = [stretchAt(journey.gaps, time), standingToo ? stretchAt(journey.stops, time) : undefined]
  const end = Math.max(time, ...stretches.map((stretch) => stretch?.to ?? time))
  // A stop may begin where a gap ends.
  return end > time ? skip(journey, end, standingToo) : time
}
