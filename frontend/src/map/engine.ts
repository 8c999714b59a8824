/**
 * The map engine: the one file that knows MapLibre. Everything else speaks of places, sources and layers.
 * Labels are drawn by the engine in this browser's faces: no glyph files, no sprite, no request to anywhere.
 * Places go in and out in WGS-84; the ground may be drawn in another datum, and what is drawn is turned into it here.
 */
import { Map as MapLibreMap, ScaleControl, setWorkerUrl, type GeoJSONSource, type LayerSpecification, type LngLat, type MapMouseEvent, type MapTouchEvent, type SourceSpecification, type StyleSpecification } from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
// Vite does not emit MapLibre's worker by itself: without this address the built page waits for it for ever.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import type { FeatureCollection } from 'geojson'
import type { View } from '@/live/interest'
import { featuresIn, viewIn, type Datum } from './datum'
import { tellFault } from './faults'
import { mercatorX, mercatorY, WORLD_PIXELS } from './mercator'

export type { ExpressionSpecification as Expression, LayerSpecification as Layer, SourceSpecification as Source } from 'maplibre-gl'

export interface MapPlace {
  longitude: number
  latitude: number
}

/** What lies under the live layers; of these, some come between its surface and its names. */
export interface MapGround {
  sources: Record<string, SourceSpecification>
  layers: LayerSpecification[]
  names: LayerSpecification[]
  datum: Datum
}

export interface MapOptions {
  container: HTMLElement
  ground: MapGround
  centre: MapPlace
  zoom: number
  /** The face for Chinese, which the engine draws apart from the others. */
  ideographFace: string
}

/** Where an image may be stretched around a text, and where that text stands; pixels of the image. */
export interface ImageFit {
  stretchX: [number, number][]
  stretchY: [number, number][]
  content: [number, number, number, number]
}

/**
 * Where a drawn frame stands, in the ground's own datum: x and y of the middle from 0 to 1 in the Mercator square,
 * its side in CSS pixels (`scale`), and the map's own size in CSS pixels.
 */
export interface MapFrame {
  x: number
  y: number
  scale: number
  width: number
  height: number
}

export interface MapClick {
  place: MapPlace
  /** CSS pixels from the map's left and upper edge. */
  x: number
  y: number
}

/** What is done with the pointer, or the finger, from where it was pressed until it is let go. */
export interface Drag {
  move(at: MapClick): void
  end(): void
}

type LayoutName = Parameters<MapLibreMap['setLayoutProperty']>[1]
type PaintName = Parameters<MapLibreMap['setPaintProperty']>[1]

/** Farther out the live socket's 64 cells would cover a part of the view only. */
const FARTHEST_ZOOM = 5
const NEAREST_ZOOM = 19
const ENDS = ['mouseup', 'touchend', 'touchcancel', 'blur'] as const
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

setWorkerUrl(workerUrl)

export class MapEngine {
  private readonly map: MapLibreMap
  private readonly box: MapFrame = { x: 0.5, y: 0.5, scale: WORLD_PIXELS, width: 0, height: 0 }
  /** What each live source was last given, in WGS-84: a ground with another datum needs it anew. */
  private readonly given = new Map<string, FeatureCollection>()
  /** The live layers that lie beneath the ground's names. */
  private readonly beneath = new Set<string>()
  private ground: MapGround

  constructor(options: MapOptions) {
    this.ground = options.ground
    this.map = new MapLibreMap({
      container: options.container,
      style: styleOf(options.ground),
      center: this.datum.forward(options.centre.longitude, options.centre.latitude),
      zoom: options.zoom,
      minZoom: FARTHEST_ZOOM,
      maxZoom: NEAREST_ZOOM,
      localIdeographFontFamily: options.ideographFace,
      attributionControl: false,
      // North is up: a dispatcher reads a turned symbol as a heading.
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
    })
    this.map.touchZoomRotate.disableRotation()
    this.map.keyboard.disableRotation()
    this.map.addControl(new ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-left')
    for (const event of ['move', 'resize'] as const) this.map.on(event, this.measure)
    this.map.on('error', tellFault)
    this.measure()
  }

  get datum(): Datum {
    return this.ground.datum
  }

  whenReady(): Promise<void> {
    return new Promise((resolve) => { this.map.once('style.load', () => resolve()) })
  }

  /**
   * Lays another ground under the live layers: they keep their data, images and place, and so does the camera.
   * Only what differs is changed, so that a change of theme or language does not flash.
   */
  setGround(ground: MapGround): void {
    const before = this.ground
    const place = this.centre()
    const own = new Set([before, ground].flatMap(({ layers, names }) => [...layers, ...names]).map((layer) => layer.id))
    const ownSources = new Set([before, ground].flatMap(({ sources }) => Object.keys(sources)))
    this.ground = ground
    this.map.setStyle(styleOf(ground), {
      transformStyle: (drawn, next) => {
        const live = (drawn?.layers ?? []).filter((layer) => !own.has(layer.id))
        const liveSources = Object.entries(drawn?.sources ?? {}).filter(([name]) => !ownSources.has(name))
        const [under, over] = [live.filter((layer) => this.beneath.has(layer.id)), live.filter((layer) => !this.beneath.has(layer.id))]
        return { ...next, sources: { ...Object.fromEntries(liveSources), ...next.sources }, layers: [...ground.layers, ...under, ...ground.names, ...over] }
      },
    })
    if (ground.datum === before.datum) return
    this.centreOn(place)
    for (const [source, data] of this.given) this.setData(source, data)
  }

  /** Takes an image, or a new drawing of a known one. */
  addImage(name: string, image: ImageData, pixelRatio: number, fit?: ImageFit): void {
    if (this.map.hasImage(name)) this.map.updateImage(name, image)
    else this.map.addImage(name, image, { pixelRatio, ...fit })
  }

  /**
   * Adds a live layer on top of all, or of those beneath the ground's names; or takes a new look for the one that has
   * its name. Its source is made if there is none.
   */
  addLayer(layer: LayerSpecification, beneathNames = false): void {
    if (this.map.getLayer(layer.id)) {
      for (const [name, value] of Object.entries(layer.layout ?? {})) this.map.setLayoutProperty(layer.id, name as LayoutName, value)
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name as PaintName, value)
      return
    }
    if ('source' in layer && !this.map.getSource(layer.source)) this.map.addSource(layer.source, { type: 'geojson', data: NOTHING })
    if (!beneathNames) return void this.map.addLayer(layer)
    this.beneath.add(layer.id)
    const lower = new Set([...this.ground.layers.map(({ id }) => id), ...this.beneath])
    this.map.addLayer(layer, this.map.getLayersOrder().find((id) => !lower.has(id)))
  }

  setVisible(layer: string, visible: boolean): void {
    if (this.map.getLayer(layer)) this.map.setLayoutProperty(layer, 'visibility', visible ? 'visible' : 'none')
  }

  /** Gives a live source its data; a source that no layer draws from yet is made. */
  setData(source: string, data: FeatureCollection): void {
    this.given.set(source, data)
    const drawn = featuresIn(this.datum, data)
    const known = this.map.getSource<GeoJSONSource>(source)
    if (known) known.setData(drawn)
    else this.map.addSource(source, { type: 'geojson', data: drawn })
  }

  view(): View {
    const bounds = this.map.getBounds()
    return viewIn(this.datum.inverse, { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() })
  }

  zoom(): number {
    return this.map.getZoom()
  }

  centre(): MapPlace {
    return this.placeOf(this.map.getCenter())
  }

  /** Always the same object, to be read at once: it is asked for with each frame of the screen. */
  frame(): Readonly<MapFrame> {
    return this.box
  }

  zoomBy(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps, { duration: 200 })
  }

  /** Is the map under way by the person's hand or by a flight? Then nobody else should move it. */
  isMoving(): boolean {
    return this.map.isMoving()
  }

  flyTo(place: MapPlace, nearest: number): void {
    this.map.easeTo({ center: this.datum.forward(place.longitude, place.latitude), zoom: Math.max(this.map.getZoom(), nearest), duration: 600 })
  }

  /** Goes to a place at a zoom, farther out too. */
  goTo(place: MapPlace, zoom: number): void {
    this.map.easeTo({ center: this.datum.forward(place.longitude, place.latitude), zoom, duration: 600 })
  }

  centreOn(place: MapPlace): void {
    this.map.setCenter(this.datum.forward(place.longitude, place.latitude))
  }

  /** Shows all of a view, with so many CSS pixels left free around it, and more on the right where something lies over the map. */
  fitBounds(view: View, padding: number, right = 0): void {
    const { west, south, east, north } = viewIn(this.datum.forward, view)
    this.map.fitBounds([west, south, east, north], { padding: { top: padding, bottom: padding, left: padding, right: padding + right }, duration: 600 })
  }

  /** While a unit is followed, the wheel zooms around the middle, where the unit is. */
  zoomAroundCentre(around: boolean): void {
    this.map.scrollZoom.disable()
    this.map.scrollZoom.enable(around ? { around: 'center' } : undefined)
  }

  onView(listener: () => void): void {
    this.map.on('move', listener)
    this.map.on('moveend', listener)
    this.map.on('resize', listener)
  }

  /** The map has drawn a frame: whatever lies over it is drawn for the same `frame()` now. */
  onRender(listener: () => void): void {
    this.map.on('render', listener)
  }

  /** The person moved the map, by pointer or by arrow key; zooming is not moving. */
  onPan(listener: () => void): void {
    this.map.on('dragstart', listener)
    this.map.getCanvas().addEventListener('keydown', (event) => { if (event.key.startsWith('Arrow')) listener() })
  }

  onClick(listener: (click: MapClick) => void): void {
    this.map.on('click', ({ lngLat, point }) => { listener({ place: this.placeOf(lngLat), x: point.x, y: point.y }) })
  }

  /** The pointer's place, with CSS pixels from the map's left and upper edge; null when it has left the map. */
  onPointer(listener: (place: MapPlace | null, x: number, y: number) => void): void {
    this.map.on('mousemove', ({ lngLat, point }) => { listener(this.placeOf(lngLat), point.x, point.y) })
    this.map.on('mouseout', ({ point }) => { listener(null, point.x, point.y) })
  }

  /** Pointer or finger was pressed; whoever returns a drag gets its moves until the end, and the map stays where it is. */
  onPress(listener: (press: MapClick, byTouch: boolean) => Drag | null): void {
    const clickOf = ({ lngLat, point }: { lngLat: LngLat; point: { x: number; y: number } }): MapClick => ({ place: this.placeOf(lngLat), x: point.x, y: point.y })
    const begin = (event: MapMouseEvent | MapTouchEvent): void => {
      const byTouch = event.type === 'touchstart'
      const several = event.originalEvent instanceof MouseEvent ? event.originalEvent.button !== 0 : event.originalEvent.touches.length > 1
      const drag = several ? null : listener(clickOf(event), byTouch)
      if (!drag) return
      event.preventDefault()
      const move = (moved: MapMouseEvent | MapTouchEvent): void => { drag.move(clickOf(moved)) }
      this.map.on(byTouch ? 'touchmove' : 'mousemove', move)
      // Let go anywhere, also outside of the map.
      const end = (): void => {
        this.map.off(byTouch ? 'touchmove' : 'mousemove', move)
        for (const name of ENDS) window.removeEventListener(name, end)
        drag.end()
      }
      for (const name of ENDS) window.addEventListener(name, end)
    }
    this.map.on('mousedown', begin)
    this.map.on('touchstart', begin)
  }

  /** A key was pressed while the map has the focus, before the map itself takes it. */
  onKey(listener: (event: KeyboardEvent) => void): void {
    this.map.getCanvasContainer().addEventListener('keydown', listener, { capture: true })
  }

  focus(): void {
    this.map.getCanvas().focus()
  }

  placeAt(x: number, y: number): MapPlace {
    return this.placeOf(this.map.unproject([x, y]))
  }

  /** CSS pixels from the map's left and upper edge. */
  pixelOf(place: MapPlace): { x: number; y: number } {
    const { x, y } = this.map.project(this.datum.forward(place.longitude, place.latitude))
    return { x, y }
  }

  /** Who draws by clicks ends with a double-click, and does not want to be nearer then. */
  zoomByDoubleClick(zooms: boolean): void {
    if (zooms) this.map.doubleClickZoom.enable()
    else this.map.doubleClickZoom.disable()
  }

  /** By its CSS name; '' is the map's own. */
  setCursor(name: string): void {
    this.map.getCanvas().style.cursor = name
  }

  /** Puts a canvas over the map's own and under its controls; what is clicked is the map. */
  overlay(canvas: HTMLCanvasElement): void {
    canvas.style.cssText += 'position: absolute; inset: 0; pointer-events: none;'
    this.map.getCanvas().after(canvas)
  }

  name(label: string): void {
    this.map.getCanvas().setAttribute('aria-label', label)
  }

  remove(): void {
    this.map.remove()
  }

  private placeOf({ lng, lat }: LngLat): MapPlace {
    const [longitude, latitude] = this.datum.inverse(lng, lat)
    return { longitude, latitude }
  }

  private readonly measure = (): void => {
    const { clientWidth, clientHeight } = this.map.getContainer()
    const { lng, lat } = this.map.getCenter()
    this.box.x = mercatorX(lng)
    this.box.y = mercatorY(lat)
    this.box.scale = WORLD_PIXELS * 2 ** this.map.getZoom()
    this.box.width = clientWidth
    this.box.height = clientHeight
  }
}

function styleOf({ sources, layers, names }: MapGround): StyleSpecification {
  return { version: 8, sources, layers: [...layers, ...names] }
}
