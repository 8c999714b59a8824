/** The units' symbols, drawn once on a canvas. The state is told by colour and by fill, for eyes that see no green. */
import { AGE_STATES, type AgeState } from '@/live/age'
import { colours } from '@/look/colours'
import type { MapEngine } from './engine'

export interface UnitSymbol {
  shape: 'arrow' | 'round'
  state: AgeState
  alarm: boolean
  selected: boolean
}

const SIZE = 40
const MIDDLE = SIZE / 2
const TRUTH: readonly boolean[] = [false, true]

export function symbolName({ shape, state, alarm, selected }: UnitSymbol): string {
  return `${shape}-${state}${alarm ? '-alarm' : ''}${selected ? '-selected' : ''}`
}

export function allSymbols(): UnitSymbol[] {
  const shapes = ['arrow', 'round'] as const
  return shapes.flatMap((shape) =>
    AGE_STATES.flatMap((state) => TRUTH.flatMap((alarm) => TRUTH.map((selected) => ({ shape, state, alarm, selected })))))
}

export function addSymbols(engine: MapEngine): void {
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio))
  for (const symbol of allSymbols()) engine.addImage(symbolName(symbol), draw(symbol, ratio), ratio)
}

function draw(symbol: UnitSymbol, ratio: number): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE * ratio
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('this browser gives no 2D canvas')
  pen.scale(ratio, ratio)
  if (symbol.alarm) ring(pen, 17, colours.alarm, 3)
  if (symbol.selected) ring(pen, symbol.alarm ? 13.5 : 16, colours.accent, 2)
  body(pen, symbol)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

function body(pen: CanvasRenderingContext2D, { shape, state }: UnitSymbol): void {
  pen.beginPath()
  if (shape === 'arrow') {
    pen.moveTo(MIDDLE, MIDDLE - 11)
    pen.lineTo(MIDDLE + 8, MIDDLE + 9)
    pen.lineTo(MIDDLE, MIDDLE + 5)
    pen.lineTo(MIDDLE - 8, MIDDLE + 9)
    pen.closePath()
  } else {
    pen.arc(MIDDLE, MIDDLE, 7, 0, 2 * Math.PI)
  }
  pen.lineJoin = 'round'
  // A dark rim parts the symbol from whatever street or symbol lies under it.
  pen.lineWidth = 4
  pen.strokeStyle = colours.ground
  pen.stroke()
  pen.fillStyle = state === 'lost' ? colours.ground : colours[state]
  pen.fill()
  pen.lineWidth = 1.75
  pen.strokeStyle = colours[state]
  pen.stroke()
}

function ring(pen: CanvasRenderingContext2D, radius: number, colour: string, width: number): void {
  pen.beginPath()
  pen.arc(MIDDLE, MIDDLE, radius, 0, 2 * Math.PI)
  pen.lineWidth = width
  pen.strokeStyle = colour
  pen.stroke()
}
