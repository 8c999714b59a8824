import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LonLat } from '@/map/datum'
import { Sketch } from '@/map/outline/sketch'
import { insertAfter, pressKey, STEP_PIXELS, type Board } from '@/map/outline/sketchKeys'
import { clickAt, hoverAt, pressAt } from '@/map/outline/sketchPointer'

/** Pixels are degrees here, with y downwards; a neighbour's border is at x = 200. */
const board: Board = {
  pixelOf: ([x, y]) => ({ x, y: -y }),
  placeAt: (x, y) => [x, 0 - y],
  centre: () => [10, 10],
  snap: ([x, y]) => (Math.abs(x - 200) <= 8 ? [200, y] : [x, y]),
}
const SQUARE = { type: 'Polygon' as const, coordinates: [[[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]] }
const wishes = { save: vi.fn(), giveUp: vi.fn() }
let sketch: Sketch

beforeEach(() => {
  sketch = new Sketch(SQUARE)
  vi.clearAllMocks()
})

const ring = (): readonly LonLat[] => sketch.outline[0]?.[0] ?? []
function press(key: string, held: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey', boolean>> = {}): boolean {
  return pressKey({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held }, sketch, board, wishes)
}

describe('drawing by keyboard', () => {
  it('leaves the map’s own keys alone while no corner is chosen', () => {
    expect([press('ArrowLeft'), press('Tab'), press('x'), press('ArrowLeft', { altKey: true }), press('c', { ctrlKey: true })]).toEqual([false, false, false, false, false])
    expect(sketch.changed).toBe(false)
  })

  it('walks through the corners, and lets the focus go beyond the last one', () => {
    press('Home')
    expect(sketch.chosen).toEqual({ part: 0, ring: 0, index: 0 })
    expect([press('Tab'), sketch.chosen?.index, press('Tab', { shiftKey: true }), sketch.chosen?.index]).toEqual([true, 1, true, 0])
    expect(press('Tab', { shiftKey: true })).toBe(false)
    press('End')
    expect([sketch.chosen?.index, press('Tab')]).toEqual([3, false])
  })

  it('moves the chosen corner by a step on the screen, finely with Shift', () => {
    press('End')
    expect(press('ArrowRight')).toBe(true)
    expect(ring()[3]).toEqual([STEP_PIXELS, 100])
    press('ArrowUp', { shiftKey: true })
    expect(ring()[3]).toEqual([STEP_PIXELS, 101])
  })

  it('draws the chosen corner onto the neighbour’s border, by a key of its own', () => {
    sketch.move({ part: 0, ring: 0, index: 1 }, [195, 0])
    sketch.choose({ part: 0, ring: 0, index: 1 })
    press('s')
    expect(ring()[1]).toEqual([200, 0])
    press('ArrowRight')
    expect(ring()[1]).toEqual([208, 0])
  })

  it('adds a corner after the chosen one, and deletes it', () => {
    press('End')
    press(' ')
    expect([ring()[4], sketch.chosen?.index]).toEqual([[0, 50], 4])
    press('Delete')
    expect([ring().length, sketch.chosen?.index]).toEqual([4, 3])
    for (let time = 0; time < 2; time += 1) press('Backspace')
    expect([sketch.outline, sketch.chosen, sketch.ready]).toEqual([[], null, false])
  })

  it('undoes and does again', () => {
    press('Home')
    press('ArrowDown')
    press('ArrowDown')
    press('z', { ctrlKey: true })
    expect(ring()[0]).toEqual([0, -STEP_PIXELS])
    press('Z', { ctrlKey: true, shiftKey: true })
    expect(ring()[0]).toEqual([0, -2 * STEP_PIXELS])
    press('z', { ctrlKey: true })
    press('z', { ctrlKey: true })
    expect([sketch.changed, sketch.canUndo, sketch.canRedo]).toEqual([false, false, true])
    press('y', { ctrlKey: true })
    expect(sketch.changed).toBe(true)
  })

  it('draws a ring from the middle of the map on, and closes it', () => {
    sketch = new Sketch(null)
    press(' ')
    press(' ')
    expect(sketch.open).toEqual([[10, 10], [50, 10]])
    for (let time = 0; time < 10; time += 1) press('ArrowUp')
    press('Insert')
    expect(sketch.open).toEqual([[10, 10], [50, 90], [10, 10]])
    press('ArrowLeft')
    press('Enter')
    expect([sketch.open, sketch.outline]).toEqual([null, [[[[10, 10], [50, 90], [2, 10]]]]])
    expect([sketch.ready, wishes.save.mock.calls.length]).toEqual([true, 0])
    press('Enter')
    expect(wishes.save).toHaveBeenCalledOnce()
  })

  it('lets go of one thing after the other', () => {
    sketch.draw()
    sketch.add([200, 0])
    press('Escape')
    expect([sketch.open, sketch.outline.length]).toEqual([null, 1])
    press('Home')
    press('Escape')
    expect(sketch.chosen).toBeNull()
    press('Escape')
    expect(wishes.giveUp).toHaveBeenCalledOnce()
  })
})

describe('drawing by mouse and finger', () => {
  it('drags a corner, as one step, onto the neighbour’s border', () => {
    const drag = pressAt({ x: 97, y: -2 }, false, sketch, board)
    for (const x of [120, 160, 195]) drag?.move([x, 10])
    expect(ring()[1]).toEqual([200, 10])
    sketch.undo()
    expect(ring()[1]).toEqual([100, 0])
  })

  it('adds a corner on the side that is pressed, and drags it', () => {
    pressAt({ x: 50, y: -98 }, false, sketch, board)?.move([50, 120])
    expect(ring()).toEqual([[0, 0], [100, 0], [100, 100], [50, 120], [0, 100]])
    sketch.undo()
    expect(sketch.changed).toBe(false)
  })

  it('leaves the map to be moved elsewhere; a finger reaches farther', () => {
    expect(pressAt({ x: 50, y: -50 }, false, sketch, board)).toBeNull()
    expect(pressAt({ x: 112, y: 12 }, false, sketch, board)).toBeNull()
    expect(pressAt({ x: 112, y: 12 }, true, sketch, board)).not.toBeNull()
  })

  it('lets go of the corner by a click beside', () => {
    sketch.choose({ part: 0, ring: 0, index: 1 })
    clickAt({ x: 50, y: -50 }, sketch, board)
    expect(sketch.chosen).toBeNull()
  })

  it('draws a hole by clicks; the first corner, or the last one again, closes it', () => {
    for (const last of [{ x: 22, y: -21 }, { x: 40, y: -60 }]) {
      sketch = new Sketch(SQUARE)
      sketch.draw()
      for (const point of [{ x: 20, y: -20 }, { x: 60, y: -20 }, { x: 60, y: -20 }, { x: 40, y: -60 }]) clickAt(point, sketch, board)
      expect(sketch.open).toHaveLength(3)
      clickAt(last, sketch, board)
      expect(sketch.outline.map((part) => part.length)).toEqual([2])
    }
  })

  it('says by the cursor what would be done', () => {
    const hover = (x: number, y: number): string => hoverAt({ x, y }, sketch, board)
    expect([hover(1, 1), hover(50, -1), sketch.next, hover(50, -50), sketch.next]).toEqual(['move', 'copy', [50, 1], '', null])
    sketch.draw()
    expect([hover(196, -50), sketch.next, hoverAt(null, sketch, board), sketch.next]).toEqual(['crosshair', [200, 50], 'crosshair', null])
  })
})

describe('an area that is being drawn', () => {
  it('cannot be saved while it crosses itself, or nothing was changed', () => {
    expect([sketch.ready, sketch.crossing]).toEqual([false, null])
    sketch.move({ part: 0, ring: 0, index: 0 }, [120, 50])
    expect([sketch.ready, sketch.crossing === null]).toEqual([false, false])
    sketch.move({ part: 0, ring: 0, index: 0 }, [-20, -20])
    expect(sketch.ready).toBe(true)
  })

  it('keeps its other parts and holes to the digit', () => {
    const island = [[0.123456789, 1], [2, 1], [2, 2], [0.123456789, 1]]
    const hole = [[20, 20], [30, 20], [30, 30], [20, 20]]
    sketch = new Sketch({ type: 'MultiPolygon', coordinates: [[...SQUARE.coordinates, hole], [island]] })
    sketch.move({ part: 0, ring: 0, index: 0 }, [-1, -1])
    expect(sketch.shape()).toEqual({ type: 'MultiPolygon', coordinates: [[[[-1, -1], [100, 0], [100, 100], [0, 100], [-1, -1]], hole], [island]] })
  })

  it('has one more corner in the middle of a side, by a button too', () => {
    insertAfter({ part: 0, ring: 0, index: 3 }, sketch)
    expect(ring()[4]).toEqual([0, 50])
  })
})
