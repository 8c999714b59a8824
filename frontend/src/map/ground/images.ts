/** The few pictures of the ground, drawn on a canvas: marks of places, arrows of one-way roads, shields of numbered roads. */
import type { ImageFit, MapEngine } from '../engine'
import type { GroundColours } from './palette'

interface Drawing {
  width: number
  height: number
  draw(pen: CanvasRenderingContext2D): void
  /** In CSS pixels; the engine wants them in those of the image. */
  fit?: ImageFit
}

const MARK = 18
const MIDDLE = MARK / 2

/** Pictures inside a mark, in a field of 18 × 18. */
const PICTOGRAMS = {
  metro: 'M5.2 12.6V5.6H6.8L9 9.2L11.2 5.6H12.8V12.6H11.2V8.4L9.5 11.2H8.5L6.8 8.4V12.6Z',
  health: 'M8 5H10V8H13V10H10V13H8V10H5V8H8Z',
  learning: 'M9 5.2L14 7.6L9 10L4 7.6ZM6 9.5L9 11L12 9.5V11.6Q9 13.6 6 11.6Z',
  authority: 'M9 4.4L13 5.8V9Q13 12 9 13.8Q5 12 5 9V5.8Z',
  market: 'M5 7.2H13L12.3 13H5.7ZM6.8 7.2Q6.8 4.6 9 4.6Q11.2 4.6 11.2 7.2H10.2Q10.2 5.6 9 5.6Q7.8 5.6 7.8 7.2Z',
  park: 'M9 4.2L12.6 8.4H11L13 11.2H9.7V13.8H8.3V11.2H5L7 8.4H5.4Z',
} as const

export type Mark = keyof typeof PICTOGRAMS

export function addGroundImages(engine: MapEngine, colours: GroundColours): void {
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio))
  for (const [name, drawing] of Object.entries(drawings(colours))) engine.addImage(name, rastered(drawing, ratio), ratio, scaled(drawing.fit, ratio))
}

export function markName(mark: Mark): string {
  return `mark-${mark}`
}

function drawings(colours: GroundColours): Record<string, Drawing> {
  const marks = (Object.keys(PICTOGRAMS) as Mark[]).map((mark) => [markName(mark), markOf(mark, colours)])
  return { ...(Object.fromEntries(marks) as Record<string, Drawing>), 'mark-point': dot(colours), 'mark-stop': stop(colours), oneway: arrow(colours), shield: shield(colours) }
}

function markOf(mark: Mark, colours: GroundColours): Drawing {
  return {
    width: MARK,
    height: MARK,
    draw(pen) {
      disc(pen, MIDDLE, colours.halo)
      disc(pen, MIDDLE - 1.25, colours[mark])
      pen.fillStyle = colours.pictogram
      pen.fill(new Path2D(PICTOGRAMS[mark]))
    },
  }
}

function dot(colours: GroundColours): Drawing {
  return {
    width: 8,
    height: 8,
    draw(pen) {
      disc(pen, 4, colours.halo, 4)
      disc(pen, 2.5, colours.point, 4)
    },
  }
}

function stop(colours: GroundColours): Drawing {
  return {
    width: 10,
    height: 10,
    draw(pen) {
      box(pen, 0.5, 9, 2.5, colours.halo)
      box(pen, 1.5, 7, 2, colours.metro)
      box(pen, 3, 4, 1, colours.pictogram)
    },
  }
}

function arrow(colours: GroundColours): Drawing {
  return {
    width: 14,
    height: 8,
    draw(pen) {
      pen.strokeStyle = colours.arrow
      pen.lineWidth = 1.2
      pen.lineCap = pen.lineJoin = 'round'
      pen.stroke(new Path2D('M1.5 4H12M8.8 1.4L12 4L8.8 6.6'))
    },
  }
}

function shield(colours: GroundColours): Drawing {
  return {
    width: 20,
    height: 16,
    fit: { stretchX: [[5, 15]], stretchY: [[5, 11]], content: [3.5, 2, 16.5, 14] },
    draw(pen) {
      pen.beginPath()
      pen.roundRect(0.75, 0.75, 18.5, 14.5, 3)
      pen.fillStyle = colours.shield
      pen.fill()
      pen.lineWidth = 1
      pen.strokeStyle = colours.shieldRim
      pen.stroke()
    },
  }
}

function disc(pen: CanvasRenderingContext2D, radius: number, colour: string, middle = MIDDLE): void {
  pen.beginPath()
  pen.arc(middle, middle, radius, 0, 2 * Math.PI)
  pen.fillStyle = colour
  pen.fill()
}

function box(pen: CanvasRenderingContext2D, edge: number, side: number, radius: number, colour: string): void {
  pen.beginPath()
  pen.roundRect(edge, edge, side, side, radius)
  pen.fillStyle = colour
  pen.fill()
}

function rastered({ width, height, draw }: Drawing, ratio: number): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = width * ratio
  canvas.height = height * ratio
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('this browser gives no 2D canvas')
  pen.scale(ratio, ratio)
  draw(pen)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

function scaled(fit: ImageFit | undefined, ratio: number): ImageFit | undefined {
  if (!fit) return undefined
  const times = (pairs: [number, number][]): [number, number][] => pairs.map(([start, end]) => [start * ratio, end * ratio])
  const [left, top, right, bottom] = fit.content
  return { stretchX: times(fit.stretchX), stretchY: times(fit.stretchY), content: [left * ratio, top * ratio, right * ratio, bottom * ratio] }
}
