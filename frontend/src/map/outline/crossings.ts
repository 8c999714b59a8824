/** Where an outline is no area: it crosses or touches itself. Pure; reckoned on the flat map, as the store does it. */
import type { LonLat } from '../datum'
import { withoutRepeats, type Outline } from './outline'

interface Side {
  from: LonLat
  to: LonLat
  /** Which ring, and which of how many of its sides. */
  ring: number
  index: number
  count: number
  west: number
  east: number
}

/** The first place found where sides of the outline meet that must not; null where there is none. */
export function crossingOf(outline: Outline): LonLat | null {
  const sides = sidesOf(outline).sort((one, other) => one.west - other.west)
  for (const [index, side] of sides.entries()) {
    for (let next = index + 1; next < sides.length; next += 1) {
      const other = sides[next]
      if (!other || other.west > side.east) break
      const place = meeting(side, other)
      if (place) return place
    }
  }
  return null
}

function sidesOf(outline: Outline): Side[] {
  return outline.flat().flatMap((corners, ring) => {
    const kept = withoutRepeats(corners)
    return kept.flatMap((from, index): Side[] => {
      const to = kept[(index + 1) % kept.length]
      return to ? [{ from, to, ring, index, count: kept.length, west: Math.min(from[0], to[0]), east: Math.max(from[0], to[0]) }] : []
    })
  })
}

/** Rings may touch each other in a corner, but not run along each other; a ring must not touch itself at all. */
function meeting(one: Side, other: Side): LonLat | null {
  const apart = Math.max(one.from[1], one.to[1]) < Math.min(other.from[1], other.to[1]) || Math.max(other.from[1], other.to[1]) < Math.min(one.from[1], one.to[1])
  if (apart) return null
  const turns = [turn(other.from, other.to, one.from), turn(other.from, other.to, one.to), turn(one.from, one.to, other.from), turn(one.from, one.to, other.to)] as const
  if (turns.every((value) => value === 0)) return alongEachOther(one, other)
  if (turns[0] * turns[1] < 0 && turns[2] * turns[3] < 0) return crossed(one, turns[0], turns[1])
  return one.ring !== other.ring || areNeighbours(one, other) ? null : touched(one, other, turns)
}

function areNeighbours(one: Side, other: Side): boolean {
  const steps = Math.abs(one.index - other.index)
  return one.ring === other.ring && (steps === 1 || steps === one.count - 1)
}

/** On one line: the middle of what they share, where that is more than a point, or of one ring and no joint. */
function alongEachOther(one: Side, other: Side): LonLat | null {
  const axis = Math.abs(one.to[0] - one.from[0]) > Math.abs(one.to[1] - one.from[1]) ? 0 : 1
  const ends = [one.from, one.to, other.from, other.to].sort((a, b) => a[axis] - b[axis])
  const [, low, high] = ends
  const begin = Math.max(Math.min(one.from[axis], one.to[axis]), Math.min(other.from[axis], other.to[axis]))
  const end = Math.min(Math.max(one.from[axis], one.to[axis]), Math.max(other.from[axis], other.to[axis]))
  if (!low || !high || end < begin) return null
  if (end === begin && (one.ring !== other.ring || areNeighbours(one, other))) return null
  return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2]
}

function touched(one: Side, other: Side, turns: readonly [number, number, number, number]): LonLat | null {
  const pairs = [[turns[0], one.from, other], [turns[1], one.to, other], [turns[2], other.from, one], [turns[3], other.to, one]] as const
  return pairs.find(([value, place, side]) => value === 0 && isWithin(place, side))?.[1] ?? null
}

function isWithin([x, y]: LonLat, { from, to, west, east }: Side): boolean {
  return x >= west && x <= east && y >= Math.min(from[1], to[1]) && y <= Math.max(from[1], to[1])
}

function crossed({ from, to }: Side, before: number, after: number): LonLat {
  const share = before / (before - after)
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
}

/** Positive where `place` lies left of the way, negative right of it, 0 on it. */
function turn(from: LonLat, to: LonLat, place: LonLat): number {
  return (to[0] - from[0]) * (place[1] - from[1]) - (to[1] - from[1]) * (place[0] - from[0])
}
