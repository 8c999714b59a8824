/** Draws a scene: trails, bubbles, marks and labels, on the canvas that lies over the map. */
import { palette, type Palette, type Theme } from '@/look/colours'
import { Bubbles } from './bubbles'
import { Labels, leftOf, topOf } from './labels'
import { drawAccuracy, drawChosenTrail, drawTrails } from './paths'
import { isImitated, penOf } from './pen'
import type { Scene } from './scene'
import { FINE, Sprites } from './sprites'
import { Texts } from './texts'

/** A wall of screens: beyond so many pixels a finer drawing costs more than it shows. */
const MOST_PIXELS = 18_000_000
/** What the page's texts are measured by where the screen is no wall. */
const REM_PIXELS = 16
/** From which zoom on a mark has which size, pixels. */
const SIZES: readonly (readonly [number, number])[] = [[15.5, 26], [13.5, 24], [12, 22], [11, 18], [10, 16]]
const LEAST_SIZE = 14
/** Lost ones at the bottom, then the others, then alarms, then the chosen one. */
const LAYERS = 4
const LOST = 2

export interface Shown {
  units: boolean
  labels: boolean
  trails: boolean
}

export class Painter {
  readonly canvas = document.createElement('canvas')
  readonly bubbles = new Bubbles()
  readonly labels = new Labels()
  readonly shown: Shown = { units: true, labels: true, trails: true }
  private readonly pen: CanvasRenderingContext2D
  private readonly plain = isImitated()
  private measuredWidth = 0
  private readonly sprites = new Map<number, Sprites>()
  private texts: Texts
  private colours: Palette = palette('dark')

  constructor(private readonly scene: Scene) {
    this.pen = penOf(this.canvas)
    this.canvas.style.width = this.canvas.style.height = '100%'
    this.canvas.setAttribute('aria-hidden', 'true')
    this.texts = new Texts(scene.ratio, this.colours)
    scene.widthOf = (slot) => this.texts.widthOf(scene.names[slot] ?? '')
  }

  setTheme(theme: Theme): void {
    this.colours = palette(theme)
    this.renew()
  }

  /** Asks how fine the screen is, and how large the page's texts are on it. */
  measure(): void {
    const { scene } = this
    if (window.innerWidth !== this.measuredWidth) {
      this.measuredWidth = window.innerWidth
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
      scene.enlarged = Math.max(1, rem / REM_PIXELS || 1)
    }
    const pixels = scene.frame.width * scene.frame.height * scene.enlarged ** 2
    const ratio = Math.min(window.devicePixelRatio, Math.sqrt(MOST_PIXELS / Math.max(1, pixels))) * scene.enlarged
    if (ratio !== scene.ratio) {
      scene.ratio = ratio
      this.renew()
    }
    scene.size = sizeAt(scene.zoom)
  }

  /** Brings the canvas in line with the map's size; that empties it. */
  fit(): void {
    const { canvas, scene } = this
    const across = Math.round(scene.frame.width * scene.ratio)
    const down = Math.round(scene.frame.height * scene.ratio)
    if (canvas.width !== across) canvas.width = across
    if (canvas.height !== down) canvas.height = down
  }

  gather(): void {
    const { clusters, fleet, zoom, chosen } = this.scene
    clusters.gather(fleet, zoom, chosen)
    this.bubbles.renew(clusters)
  }

  /** Is anything drawn that fades? */
  hasTrails(): boolean {
    return this.shown.units && (this.shown.trails || this.scene.chosen >= 0)
  }

  placeLabels(): void {
    this.labels.place(this.scene)
  }

  draw(): void {
    const { pen, scene, colours, shown } = this
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height)
    if (!shown.units) return
    if (shown.trails) drawTrails(pen, scene, colours)
    if (scene.chosen >= 0) {
      drawAccuracy(pen, scene, colours)
      drawChosenTrail(pen, scene, colours)
    }
    this.bubbles.project(scene.clusters, scene.frame)
    this.bubbles.draw(pen, scene.clusters, scene.frame, this.texts, colours)
    const sprites = this.spritesOf(scene.size)
    pen.setTransform(1 / FINE, 0, 0, 1 / FINE, 0, 0)
    for (let layer = 0; layer < LAYERS; layer += 1) this.drawLayer(sprites, layer)
    pen.setTransform(1, 0, 0, 1, 0, 0)
    if (shown.labels) this.drawLabels()
  }

  private drawLayer(sprites: Sprites, layer: number): void {
    const { fleet, screen, chosen } = this.scene
    for (let slot = 0; slot < fleet.end; slot += 1) {
      if (screen.seen[slot] === 0) continue
      const own = slot === chosen ? 3 : fleet.alarms[slot] === 1 ? 2 : fleet.states[slot] === LOST ? 0 : 1
      if (own === layer) this.drawUnit(sprites, slot)
    }
  }

  private drawUnit(sprites: Sprites, slot: number): void {
    const { pen } = this
    const { fleet, screen, ratio, chosen } = this.scene
    // What stands is drawn on whole pixels, which is crisp; what moves is drawn where it is, which is smooth, but slow
    // where the processor has to do it.
    const fine = fleet.isMoving(slot) && !this.plain ? FINE : 1
    const x = Math.round((screen.x[slot] ?? 0) * ratio * fine) * (FINE / fine)
    const y = Math.round((screen.y[slot] ?? 0) * ratio * fine) * (FINE / fine)
    const state = fleet.states[slot] ?? 0
    const heading = fleet.headings[slot] ?? Number.NaN
    if (slot === chosen) sprites.drawHalo(pen, x, y)
    const alarm = fleet.alarms[slot] ?? 0
    sprites.drawBadge(pen, fleet.kinds[slot] ?? 0, state, alarm, x, y)
    if (state !== LOST && !Number.isNaN(heading)) sprites.drawBeak(pen, state, heading, x, y)
    if (alarm === 1) sprites.drawAlarmMark(pen, x, y)
  }

  private drawLabels(): void {
    const { pen, labels, scene, texts } = this
    const { fleet, screen, ratio, names, chosen } = scene
    for (let at = 0; at < labels.count; at += 1) {
      const slot = labels.slots[at] ?? 0
      const side = labels.sides[slot] ?? -1
      if (side < 0 || screen.seen[slot] === 0) continue
      const plate = slot === chosen || fleet.alarms[slot] === 1
      texts.draw(pen, names[slot] ?? '', plate ? 'plate' : 'plain', Math.round(leftOf(scene, slot, side) * ratio), Math.round(topOf(scene, slot, side) * ratio))
    }
  }

  private spritesOf(size: number): Sprites {
    const known = this.sprites.get(size)
    if (known) return known
    const sprites = new Sprites(size, this.scene.ratio, this.colours)
    this.sprites.set(size, sprites)
    return sprites
  }

  private renew(): void {
    this.sprites.clear()
    this.texts = new Texts(this.scene.ratio, this.colours)
  }
}

/** Of a mark, pixels of the scene. No closure: it is asked with each frame. */
function sizeAt(zoom: number): number {
  for (let step = 0; step < SIZES.length; step += 1) {
    const known = SIZES[step]
    if (known !== undefined && zoom >= known[0]) return known[1]
  }
  return LEAST_SIZE
}
