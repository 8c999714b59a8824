/**
 * What a track tells: pieces that were driven, stops, stretches without a position, how far and how fast.
 * Pure. Times in milliseconds since 1970, lengths in metres, speeds in metres per second, angles in degrees.
 */
import type { Track } from '@/live/api'
import type { View } from '@/live/interest'
import { metresBetween } from '@/map/geodesy'
import { lastAtOrBefore } from '@/sorted'

/** Longer without a position, nobody knows what the unit did: such ends are never joined as if it had been driven. */
export const GAP_MILLISECONDS = 120_000
export const STOP_MILLISECONDS = 120_000
export const STOP_METRES = 30
/** Slower than this is the wandering of a position that stands still. */
const MOVING_SPEED = 0.5

export interface Sample {
  time: number
  longitude: number
  latitude: number
  speed: number | null
  heading: number | null
}

export interface Stretch {
  from: number
  to: number
}

export interface Stop extends Stretch {
  longitude: number
  latitude: number
}

export interface Journey {
  samples: Sample[]
  /** Samples that belong together, without a gap inside. */
  pieces: Sample[][]
  gaps: Stretch[]
  stops: Stop[]
  /** On the way: without stops, gaps, and the wandering of a position that stands still. */
  distance: number
  movingMilliseconds: number
  meanSpeed: number | null
  maxSpeed: number | null
}

/** Null for a track without a position. */
export function journeyOf(track: Track): Journey | null {
  const samples = samplesOf(track)
  if (samples.length === 0) return null
  const pieces = piecesOf(samples)
  const stops = pieces.flatMap(stopsOf)
  return { samples, pieces, gaps: gapsBetween(pieces), stops, ...movementOf(pieces, stops), maxSpeed: fastest(pieces) }
}

/** In time order, one for each time: of two the later one in the list holds. */
export function samplesOf({ times, longitudes, latitudes, speeds, headings }: Track): Sample[] {
  const byTime = new Map<number, Sample>()
  for (const [index, time] of times.entries()) {
    const [longitude, latitude] = [longitudes[index], latitudes[index]]
    if (longitude === undefined || latitude === undefined) continue
    byTime.set(time, { time, longitude, latitude, speed: speeds[index] ?? null, heading: headings[index] ?? null })
  }
  return [...byTime.values()].sort((one, other) => one.time - other.time)
}

export function piecesOf(samples: readonly Sample[]): Sample[][] {
  const pieces: Sample[][] = []
  let last: Sample | undefined
  for (const sample of samples) {
    if (last && sample.time - last.time <= GAP_MILLISECONDS) pieces.at(-1)?.push(sample)
    else pieces.push([sample])
    last = sample
  }
  return pieces
}

function gapsBetween(pieces: readonly Sample[][]): Stretch[] {
  return pieces.slice(1).flatMap((piece, index) => {
    const [before, after] = [pieces[index]?.at(-1), piece[0]]
    return before && after ? [{ from: before.time, to: after.time }] : []
  })
}

/** Where the unit stayed within 30 m of one place for two minutes or more. */
export function stopsOf(piece: readonly Sample[]): Stop[] {
  const stops: Stop[] = []
  let index = 0
  while (index < piece.length) {
    const end = endOfStay(piece, index)
    const [first, last] = [piece[index], piece[end - 1]]
    const stands = first && last && last.time - first.time >= STOP_MILLISECONDS
    if (stands) stops.push(stopOf(piece.slice(index, end), first, last))
    index = stands ? end : index + 1
  }
  return stops
}

/** Index of the first sample, after the one at `start`, that is farther from it than a unit that stands still wanders. */
function endOfStay(piece: readonly Sample[], start: number): number {
  const anchor = piece[start]
  let end = start + 1
  for (let sample = piece[end]; anchor && sample && metresBetween(anchor, sample) <= STOP_METRES; sample = piece[end]) end += 1
  return end
}

function stopOf(stay: readonly Sample[], first: Sample, last: Sample): Stop {
  const mean = (value: (sample: Sample) => number): number => stay.reduce((sum, sample) => sum + value(sample), 0) / stay.length
  return {
    from: first.time,
    to: last.time,
    // From the first one on: the 180th meridian may lie between them.
    longitude: shortest(first.longitude + mean((sample) => shortest(sample.longitude - first.longitude))),
    latitude: mean((sample) => sample.latitude),
  }
}

function movementOf(pieces: readonly Sample[][], stops: readonly Stop[]): Pick<Journey, 'distance' | 'movingMilliseconds' | 'meanSpeed'> {
  let distance = 0
  let movingMilliseconds = 0
  for (const [from, to] of pieces.flatMap(steps)) {
    if (stretchAt(stops, from.time) && stretchAt(stops, to.time)) continue
    const metres = metresBetween(from, to)
    if (metres / ((to.time - from.time) / 1000) < MOVING_SPEED) continue
    distance += metres
    movingMilliseconds += to.time - from.time
  }
  return { distance, movingMilliseconds, meanSpeed: movingMilliseconds > 0 ? distance / (movingMilliseconds / 1000) : null }
}

function steps(piece: readonly Sample[]): [Sample, Sample][] {
  return piece.slice(1).flatMap((to, index): [Sample, Sample][] => {
    const from = piece[index]
    return from ? [[from, to]] : []
  })
}

/** As the device says; only where it never says so, from the way between two positions. */
function fastest(pieces: readonly Sample[][]): number | null {
  const said = highest(pieces.flat().flatMap(({ speed }) => (speed === null ? [] : [speed])))
  return said ?? highest(pieces.flatMap(steps).map(([from, to]) => metresBetween(from, to) / ((to.time - from.time) / 1000)))
}

/** Not `Math.max(...values)`: a day has more values than a call may have arguments. */
export function highest(values: readonly number[]): number | null {
  return values.reduce<number | null>((most, value) => (most === null || value > most ? value : most), null)
}

/** The stretch (stop, gap) that a time lies in, ends included. They do not overlap and are in time order. */
export function stretchAt<Kind extends Stretch>(stretches: readonly Kind[], time: number): Kind | undefined {
  const index = lastAtOrBefore(stretches, time, (stretch) => stretch.from)
  const stretch = stretches[index]
  return stretch && time <= stretch.to ? stretch : undefined
}

/** An angle within −180…180: the short way round. */
export function shortest(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180
}

/** A journey of one place, too, is shown with something around it. */
const LEAST_DEGREES = 0.002

/** All of a journey; `east` lies beyond 180 where it crosses that meridian, as in every view. */
export function boundsOf({ samples }: Journey): View | null {
  const first = samples[0]
  if (!first) return null
  const view: View = { west: first.longitude, south: first.latitude, east: first.longitude, north: first.latitude }
  for (const { longitude, latitude } of samples) {
    const unwrapped = first.longitude + shortest(longitude - first.longitude)
    view.west = Math.min(view.west, unwrapped)
    view.east = Math.max(view.east, unwrapped)
    view.south = Math.min(view.south, latitude)
    view.north = Math.max(view.north, latitude)
  }
  const around = (low: number, high: number): number => Math.max(0, LEAST_DEGREES - (high - low)) / 2
  const [wide, high] = [around(view.west, view.east), around(view.south, view.north)]
  return { west: view.west - wide, south: view.south - high, east: view.east + wide, north: view.north + high }
}
