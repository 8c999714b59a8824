/** The marks of a track, drawn on a canvas. Form tells them apart: ring, square, numbered disc, arrow. */
import { palette, type Palette, type Theme } from '@/look/colours'
import type { MapEngine } from '../engine'
import { TRACK_IMAGES } from './track'

type Draw = (pen: CanvasRenderingContext2D, colours: Palette) => void

/** Width in CSS pixels; each drawing has its origin in the middle. */
const IMAGES: Readonly<Record<keyof typeof TRACK_IMAGES, readonly [number, Draw]>> = {
  arrow: [16, (pen, colours) => {
    path(pen, [[-2.5, -5], [2.5, 0], [-2.5, 5]])
    pen.lineWidth = 5
    pen.strokeStyle = colours.ground
    pen.stroke()
    pen.lineWidth = 2.2
    pen.strokeStyle = colours.text
    pen.stroke()
  }],
  start: [24, (pen, colours) => {
    disc(pen, 8, colours.ground, colours.accent)
    disc(pen, 3, colours.accent, colours.accent)
  }],
  end: [24, (pen, colours) => {
    pen.fillStyle = colours.ground
    pen.fillRect(-9, -9, 18, 18)
    pen.fillStyle = colours.accent
    pen.fillRect(-7, -7, 14, 14)
    pen.fillStyle = colours.ground
    pen.fillRect(-3, -3, 6, 6)
  }],
  stop: [26, (pen, colours) => { disc(pen, 10, colours.raised, colours.text) }],
  moment: [44, (pen, colours) => {
    path(pen, [[0, -17], [12, 13], [0, 7], [-12, 13]])
    pen.closePath()
    pen.lineWidth = 5
    pen.strokeStyle = colours.ground
    pen.stroke()
    pen.fillStyle = colours.text
    pen.fill()
    pen.lineWidth = 2.5
    pen.strokeStyle = colours.accent
    pen.stroke()
  }],
  unknown: [44, (pen, colours) => {
    pen.setLineDash([5, 3])
    disc(pen, 11, colours.ground, colours.text)
  }],
}

export function addTrackImages(engine: MapEngine, theme: Theme): void {
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio))
  for (const [name, [size, draw]] of Object.entries(IMAGES)) {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = size * ratio
    const pen = canvas.getContext('2d')
    if (!pen) return
    pen.scale(ratio, ratio)
    pen.translate(size / 2, size / 2)
    pen.lineJoin = pen.lineCap = 'round'
    draw(pen, palette(theme))
    engine.addImage(TRACK_IMAGES[name as keyof typeof TRACK_IMAGES], pen.getImageData(0, 0, canvas.width, canvas.height), ratio)
  }
}

function path(pen: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  pen.beginPath()
  for (const [x, y] of points) pen.lineTo(x, y)
}

function disc(pen: CanvasRenderingContext2D, radius: number, fill: string, rim: string): void {
  pen.beginPath()
  pen.arc(0, 0, radius, 0, 2 * Math.PI)
  pen.fillStyle = fill
  pen.fill()
  pen.lineWidth = 2.5
  pen.strokeStyle = rim
  pen.stroke()
}
