/** Drawing an area by mouse and finger. */
import type { LonLat } from '@/map/datum'
import { cornerAt, sideAt, type Pixel } from '@/map/outline/hits'
import { LEAST_CORNERS, type Corner } from '@/map/outline/outline'
import type { Sketch } from './sketch'
import type { Board } from './sketchKeys'

/** So near, in CSS pixels, a corner or side is meant. */
const REACH_PIXELS = 9
const SIDE_REACH_PIXELS = 6
const FINGER_PIXELS = 20

export interface SketchDrag {
  move(place: LonLat): void
}

/** What is pressed is taken along: a corner, or a new one on the side that was pressed. Null: the map may be moved. */
export function pressAt(point: Pixel, byTouch: boolean, sketch: Sketch, board: Board): SketchDrag | null {
  if (sketch.open) return null
  const corner = cornerAt(sketch.outline, board.pixelOf, point, byTouch ? FINGER_PIXELS : REACH_PIXELS)
  if (corner) {
    sketch.choose(corner)
    return drag(corner, sketch, board, false)
  }
  const side = sideAt(sketch.outline, board.pixelOf, point, byTouch ? FINGER_PIXELS : SIDE_REACH_PIXELS)
  if (!side) return null
  sketch.insert(side, board.snap(board.placeAt(point.x, point.y)))
  return drag(side, sketch, board, true)
}

function drag(corner: Corner, sketch: Sketch, board: Board, begun: boolean): SketchDrag {
  let going = begun
  return {
    move: (place) => {
      sketch.move(corner, board.snap(place), going)
      going = true
    },
  }
}

/** A click where nothing was pressed: the next corner of the ring that is being drawn; its first or last one closes it. */
export function clickAt(point: Pixel, sketch: Sketch, board: Board): void {
  const { open } = sketch
  if (!open) return sketch.choose(null)
  const [first, last] = [open[0], open.at(-1)]
  const near = (place: LonLat | undefined): boolean => {
    const pixel = place && board.pixelOf(place)
    return pixel !== undefined && Math.hypot(pixel.x - point.x, pixel.y - point.y) <= REACH_PIXELS
  }
  if (open.length >= LEAST_CORNERS && (near(first) || near(last))) sketch.close()
  else if (!near(last)) sketch.add(board.snap(board.placeAt(point.x, point.y)))
}

/** What the pointer would do here, as the cursor shows it. */
export function hoverAt(point: Pixel | null, sketch: Sketch, board: Board): 'crosshair' | 'move' | 'copy' | '' {
  sketch.point(null)
  if (!point) return sketch.open ? 'crosshair' : ''
  if (sketch.open) {
    sketch.point(board.snap(board.placeAt(point.x, point.y)))
    return 'crosshair'
  }
  if (cornerAt(sketch.outline, board.pixelOf, point, REACH_PIXELS)) return 'move'
  if (!sideAt(sketch.outline, board.pixelOf, point, SIDE_REACH_PIXELS)) return ''
  sketch.point(board.snap(board.placeAt(point.x, point.y)))
  return 'copy'
}
