/**
 * The outline of an area while somebody draws it: parts, each an outer ring and the holes in it. Pure; nothing is changed
 * in place, so that each step can be taken back. Places are in WGS-84.
 */
import type { MultiPolygon, Polygon, Position } from 'geojson'
import type { LonLat } from '../datum'
import { ringArea } from '../geodesy'

/** Each corner once: the last one is joined to the first. */
export type Ring = readonly LonLat[]
/** The outer ring, then its holes. */
export type Part = readonly Ring[]
export type Outline = readonly Part[]

export interface Corner {
  part: number
  ring: number
  index: number
}

export const LEAST_CORNERS = 3

export function outlineOf(shape: Polygon | MultiPolygon | null): Outline {
  if (!shape) return []
  const parts = shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates
  return parts.map((part) => part.map((ring) => ring.slice(0, -1).map(([longitude = 0, latitude = 0]): LonLat => [longitude, latitude])))
}

export function shapeOf(outline: Outline): Polygon | MultiPolygon {
  const parts = outline.map((part) => part.map((ring) => closed(withoutRepeats(ring))))
  const [only] = parts
  return only && parts.length === 1 ? { type: 'Polygon', coordinates: only } : { type: 'MultiPolygon', coordinates: parts }
}

function closed(ring: Ring): Position[] {
  return [...ring, ...ring.slice(0, 1)].map(([longitude, latitude]) => [longitude, latitude])
}

/** Two corners on one place are one. */
export function withoutRepeats(ring: Ring): Ring {
  return ring.filter((corner, index) => !same(corner, ring[(index + 1) % ring.length]))
}

function same(one: LonLat, other: LonLat | undefined): boolean {
  return other !== undefined && one[0] === other[0] && one[1] === other[1]
}

/** Square metres, without the holes. */
export function squareMetres(outline: Outline): number {
  const area = (ring: Ring): number => ringArea(ring.map(([longitude, latitude]) => ({ longitude, latitude })))
  return outline.reduce((sum, [outer = [], ...holes]) => sum + area(outer) - holes.reduce((hollow, hole) => hollow + area(hole), 0), 0)
}

/** All corners, in the order in which the keyboard walks through them. */
export function cornersOf(outline: Outline): Corner[] {
  return outline.flatMap((rings, part) => rings.flatMap((corners, ring) => corners.map((_, index) => ({ part, ring, index }))))
}

export function placeOf(outline: Outline, { part, ring, index }: Corner): LonLat | undefined {
  return outline[part]?.[ring]?.[index]
}

export function moveCorner(outline: Outline, corner: Corner, place: LonLat): Outline {
  return withRing(outline, corner, (ring) => spliced(ring, corner.index, 1, place))
}

/** Puts a corner before the one that has its index. */
export function addCorner(outline: Outline, corner: Corner, place: LonLat): Outline {
  return withRing(outline, corner, (ring) => spliced(ring, corner.index, 0, place))
}

/** Of a ring that would have less than three corners nothing is left; an outer one takes its holes along. */
export function removeCorner(outline: Outline, corner: Corner): Outline {
  const ring = outline[corner.part]?.[corner.ring]
  if (ring && ring.length > LEAST_CORNERS) return withRing(outline, corner, (corners) => spliced(corners, corner.index, 1))
  if (corner.ring === 0) return spliced(outline, corner.part, 1)
  return outline.map((part, index) => (index === corner.part ? spliced(part, corner.ring, 1) : part))
}

/** A ring that lies inside a part becomes a hole in it, any other one a part. */
export function addRing(outline: Outline, ring: Ring): Outline {
  const holder = outline.findIndex((part) => ring.every((corner) => holds(part, corner)))
  if (holder < 0) return [...outline, [ring]]
  return outline.map((part, index) => (index === holder ? [...part, ring] : part))
}

/** Whether a place lies inside the part and in none of its holes. */
export function holds(part: Part, [x, y]: LonLat): boolean {
  let inside = false
  for (const ring of part) {
    for (const [index, [toX, toY]] of ring.entries()) {
      const [fromX, fromY] = ring.at(index - 1) ?? [toX, toY]
      if ((fromY > y) !== (toY > y) && x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) inside = !inside
    }
  }
  return inside
}

function withRing(outline: Outline, { part, ring }: Corner, change: (corners: Ring) => Ring): Outline {
  return outline.map((rings, index) => (index === part ? rings.map((corners, at) => (at === ring ? change(corners) : corners)) : rings))
}

/** As the list's own `toSpliced`, which the oldest browsers that we serve lack. */
function spliced<Item>(list: readonly Item[], index: number, remove: number, ...items: Item[]): Item[] {
  return [...list.slice(0, index), ...items, ...list.slice(index + remove)]
}
