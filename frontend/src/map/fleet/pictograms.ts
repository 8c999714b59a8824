/**
 * What moves, as a small picture in a field of 24 × 24, the same for every state. Own drawings, bold enough for 14 pixels.
 */
export const KINDS = ['car', 'e_bike', 'foot', 'command'] as const
export type Kind = (typeof KINDS)[number]

interface Pictogram {
  /** Filled by the even-odd rule: what lies inside twice is left open. */
  filled: string
  /** Drawn with a round pen of `width`. */
  stroked: string
  width: number
}

const PICTOGRAMS: Readonly<Record<Kind, Pictogram>> = {
  // From the front: roof, windscreen, two lights, two wheels.
  car: {
    filled: 'M3 19.5V12.4L5.9 5.6Q6.6 4 8.4 4H15.6Q17.4 4 18.1 5.6L21 12.4V19.5Q21 21 19.5 21H18.5Q17 21 17 19.5V18.6H7V19.5Q7 21 5.5 21H4.5Q3 21 3 19.5Z'
      + 'M6.4 11.4H17.6L15.7 6.8H8.3ZM5 14.9A1.6 1.6 0 1 0 8.2 14.9A1.6 1.6 0 1 0 5 14.9ZM15.8 14.9A1.6 1.6 0 1 0 19 14.9A1.6 1.6 0 1 0 15.8 14.9Z',
    stroked: '',
    width: 0,
  },
  // From the side: two wheels, step, column and bars, saddle.
  e_bike: {
    filled: '',
    stroked: 'M2.2 17A3.3 3.3 0 1 0 8.8 17A3.3 3.3 0 1 0 2.2 17ZM15.4 17A3.3 3.3 0 1 0 22 17A3.3 3.3 0 1 0 15.4 17ZM8.8 17H13L15.6 6.2M12.6 5H16.4L18.7 13.7M4.6 10.6H9.4M7 10.6V13.6',
    width: 2.3,
  },
  // Under way on foot.
  foot: {
    filled: 'M10.6 3.6A2.5 2.5 0 1 0 15.6 3.6A2.5 2.5 0 1 0 10.6 3.6Z',
    stroked: 'M12.4 8.4L11.4 14.4L14.6 17.6L15.6 22M11.4 14.4L10 18.2L7.4 22M7.4 13V10.2L12.4 8.4L14.6 11.6L17.6 12.4',
    width: 2.5,
  },
  // A star: who is in it commands.
  command: {
    filled: 'M12 1.8L14.9 8.5L22.2 9.2L16.7 14L18.3 21.2L12 17.4L5.7 21.2L7.3 14L1.8 9.2L9.1 8.5Z',
    stroked: '',
    width: 0,
  },
}

/** Draws a kind's picture around the origin, `size` wide, in one colour. */
export function drawPictogram(pen: CanvasRenderingContext2D, kind: Kind, size: number, colour: string): void {
  const { filled, stroked, width } = PICTOGRAMS[kind]
  pen.save()
  pen.scale(size / 24, size / 24)
  pen.translate(-12, -12)
  pen.lineJoin = pen.lineCap = 'round'
  if (filled) {
    pen.fillStyle = colour
    pen.fill(new Path2D(filled), 'evenodd')
  }
  if (stroked) {
    pen.strokeStyle = colour
    pen.lineWidth = width
    pen.stroke(new Path2D(stroked))
  }
  pen.restore()
}
