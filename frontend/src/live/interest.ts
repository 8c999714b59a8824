/**
 * Which H3 cells a view of the map needs: docs/live-protocol.md, "Which cells".
 * A unit belongs to the prefix of its resolution-9 cell, and may lie up to 0.15 of an edge outside that cell;
 * so the view is grown by 0.17 of an edge, and every cell that overlaps it is taken.
 */
import { cellToLatLng, edgeLength, greatCircleDistance, latLngToCell, originToDirectedEdges, POLYGON_TO_CELLS_FLAGS, polygonToCellsExperimental, UNITS } from 'h3-js'

/** Degrees, WGS-84. `east` is greater than `west`; across the 180th meridian one of them lies beyond ±180. */
export interface View {
  west: number
  south: number
  east: number
  north: number
}

export interface Interest {
  resolution: number
  cells: string[]
  /** False when the view is too wide for 64 cells of the coarsest resolution: its rim is not covered. */
  whole: boolean
}

export const MOST_CELLS = 64
export const COARSEST = 4
const GROWTH = 0.17
const KILOMETRES_PER_DEGREE = 111.32
/** Beyond this a view cannot fit into 64 cells of resolution 4; more is not even asked of H3. */
const WIDEST_KILOMETRES = 900
/** Width of the view on the ground in km, and the resolution above it. */
const RESOLUTION_BY_WIDTH: readonly (readonly [number, number])[] = [[60, 4], [30, 5], [12, 6], [4, 7]]
const FINEST = 8

export function interestOf(view: View): Interest {
  const bounded = clip(view)
  for (let resolution = resolutionFor(widthOf(bounded)); resolution >= COARSEST; resolution -= 1) {
    const cells = cellsOverlapping(grow(bounded, edgeAt(bounded, resolution)), resolution)
    if (cells.length <= MOST_CELLS) return { resolution, cells: cells.sort(), whole: bounded === view }
  }
  const all = cellsOverlapping(bounded, COARSEST)
  return { resolution: COARSEST, cells: nearest(all, bounded, MOST_CELLS).sort(), whole: false }
}

export function resolutionFor(kilometres: number): number {
  return RESOLUTION_BY_WIDTH.find(([width]) => kilometres > width)?.[1] ?? FINEST
}

export function widthOf(view: View): number {
  return (view.east - view.west) * KILOMETRES_PER_DEGREE * cosine(middle(view).latitude)
}

/** Every cell that overlaps the view; also used to draw the grid. */
export function cellsOverlapping(view: View, resolution: number): string[] {
  const west = wrap(view.west)
  const east = wrap(view.east)
  // H3 takes a ring wider than 180° for one that crosses the 180th meridian, which is what a wrapped view is.
  const ring = [[view.south, west], [view.south, east], [view.north, east], [view.north, west]]
  return polygonToCellsExperimental(ring, resolution, POLYGON_TO_CELLS_FLAGS.containmentOverlapping)
}

/** The longest edge, in km, of the cell in the middle of the view: edges differ by a third over the globe. */
function edgeAt(view: View, resolution: number): number {
  const { latitude, longitude } = middle(view)
  const edges = originToDirectedEdges(latLngToCell(latitude, wrap(longitude), resolution))
  return Math.max(...edges.map((edge) => edgeLength(edge, UNITS.km)))
}

function grow(view: View, edgeKilometres: number): View {
  const north = (GROWTH * edgeKilometres) / KILOMETRES_PER_DEGREE
  // A degree of longitude is shortest at the side that is nearer to a pole.
  const east = north / cosine(Math.max(Math.abs(view.south), Math.abs(view.north)))
  return { west: view.west - east, south: view.south - north, east: view.east + east, north: view.north + north }
}

/** The view itself when it is of a sensible size, otherwise its middle. */
function clip(view: View): View {
  const { latitude, longitude } = middle(view)
  const highest = WIDEST_KILOMETRES / KILOMETRES_PER_DEGREE / 2
  const widest = highest / cosine(latitude)
  if (view.north - view.south <= highest * 2 && view.east - view.west <= widest * 2) return view
  return {
    west: Math.max(view.west, longitude - widest),
    south: Math.max(view.south, latitude - highest),
    east: Math.min(view.east, longitude + widest),
    north: Math.min(view.north, latitude + highest),
  }
}

function nearest(cells: string[], view: View, count: number): string[] {
  const { latitude, longitude } = middle(view)
  const centre: [number, number] = [latitude, wrap(longitude)]
  const away = new Map(cells.map((cell) => [cell, greatCircleDistance(centre, cellToLatLng(cell), UNITS.km)]))
  return cells.sort((one, other) => (away.get(one) ?? 0) - (away.get(other) ?? 0)).slice(0, count)
}

function middle(view: View): { latitude: number; longitude: number } {
  return { latitude: (view.south + view.north) / 2, longitude: (view.west + view.east) / 2 }
}

function cosine(degrees: number): number {
  return Math.max(Math.cos((degrees * Math.PI) / 180), 0.01)
}

/** Longitude within −180…180. */
export function wrap(longitude: number): number {
  return longitude >= -180 && longitude <= 180 ? longitude : ((((longitude + 180) % 360) + 360) % 360) - 180
}

/** Whether a position lies inside of a view, also where the view crosses the 180th meridian. */
export function contains(view: View, place: { longitude: number; latitude: number }): boolean {
  if (place.latitude < view.south || place.latitude > view.north) return false
  return [0, 360, -360].some((turn) => place.longitude + turn >= view.west && place.longitude + turn <= view.east)
}

export function sameInterest(one: Interest | null, other: Interest | null): boolean {
  if (one === null || other === null) return one === other
  return one.resolution === other.resolution && one.cells.length === other.cells.length && one.cells.every((cell, at) => cell === other.cells[at])
}
