/** Drawing an area by keyboard. The map has the focus; what is not taken here is the map's own, as moving it by arrows. */
import type { LonLat } from '@/map/datum'
import type { Pixel } from '@/map/outline/hits'
import { placeOf, type Corner } from '@/map/outline/outline'
import type { Sketch } from './sketch'

/** What a sketch lies on: where its places stand on the screen, in CSS pixels. */
export interface Board {
  pixelOf(place: LonLat): Pixel
  placeAt(x: number, y: number): LonLat
  centre(): LonLat
  /** The place, or the neighbour's border where that is near. */
  snap(place: LonLat): LonLat
}

/** What is not of the sketch itself. */
export interface Wishes {
  save(): void
  giveUp(): void
}

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** CSS pixels of one arrow key; with Shift, and how far beside the last corner the next one begins. */
export const STEP_PIXELS = 8
const FINE_PIXELS = 1
const BESIDE_PIXELS = 40
const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** Whether the key was taken. */
export function pressKey(pressed: Pressed, sketch: Sketch, board: Board, wishes: Wishes): boolean {
  const { key, shiftKey } = pressed
  if (pressed.altKey) return false
  if (pressed.ctrlKey || pressed.metaKey) return travel(key.toLowerCase(), shiftKey, sketch)
  const arrow = ARROWS[key]
  if (arrow) return push(arrow, shiftKey ? FINE_PIXELS : STEP_PIXELS, sketch, board)
  switch (key) {
    case 'Tab': return sketch.walk(shiftKey ? -1 : 1)
    case 'Home': case 'End': return done(() => { sketch.choose(sketch.corners.at(key === 'Home' ? 0 : -1) ?? null) })
    case ' ': case 'Insert': return done(() => { put(sketch, board) })
    case 'Delete': case 'Backspace': return done(() => { sketch.remove() })
    case 's': case 'S': return done(() => { pull(sketch, board) })
    case 'Enter': return done(() => { if (sketch.open) sketch.close(); else wishes.save() })
    case 'Escape': return done(() => { leave(sketch, wishes) })
    default: return false
  }
}

function done(act: () => void): true {
  act()
  return true
}

function travel(key: string, again: boolean, sketch: Sketch): boolean {
  if (key !== 'z' && key !== 'y') return false
  if (key === 'y' || again) sketch.redo()
  else sketch.undo()
  return true
}

/** The corner that the arrows move: the chosen one, or the last one of the ring that is being drawn. */
function held({ outline, open, chosen }: Sketch): LonLat | undefined {
  return open ? open.at(-1) : (chosen && placeOf(outline, chosen)) ?? undefined
}

function moveHeld(sketch: Sketch, place: LonLat): void {
  if (sketch.open) sketch.moveLast(place)
  else if (sketch.chosen) sketch.move(sketch.chosen, place)
}

/** Not drawn onto a border: from there no step would lead away. */
function push([east, south]: readonly [number, number], pixels: number, sketch: Sketch, board: Board): boolean {
  const place = held(sketch)
  if (!place) return false
  const { x, y } = board.pixelOf(place)
  moveHeld(sketch, board.placeAt(x + east * pixels, y + south * pixels))
  return true
}

function pull(sketch: Sketch, board: Board): void {
  const place = held(sketch)
  if (place) moveHeld(sketch, board.snap(place))
}

/** While a ring is drawn: its next corner, in the middle of the map or beside the last one. Else one after the chosen one. */
function put(sketch: Sketch, board: Board): void {
  const last = sketch.open?.at(-1)
  if (sketch.open) {
    const [centre, before] = [board.pixelOf(board.centre()), last && board.pixelOf(last)]
    const beside = before && Math.hypot(centre.x - before.x, centre.y - before.y) < BESIDE_PIXELS
    return sketch.add(beside ? board.placeAt(before.x + BESIDE_PIXELS, before.y) : board.centre())
  }
  if (sketch.chosen) insertAfter(sketch.chosen, sketch)
}

/** A corner in the middle of the side that begins at this one. */
export function insertAfter(corner: Corner, sketch: Sketch): void {
  const ring = sketch.outline[corner.part]?.[corner.ring] ?? []
  const [from, to] = [ring[corner.index], ring[(corner.index + 1) % ring.length]]
  if (from && to) sketch.insert({ ...corner, index: corner.index + 1 }, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2])
}

/** One thing after the other: the ring, the chosen corner, all of it. */
function leave(sketch: Sketch, wishes: Wishes): void {
  if (sketch.open && sketch.outline.length > 0) sketch.drop()
  else if (sketch.chosen) sketch.choose(null)
  else wishes.giveUp()
}
