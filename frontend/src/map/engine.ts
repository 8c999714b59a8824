/**
 * The map engine: the one file that knows MapLibre. Everything else speaks of places, sources and layers.
 * Labels are drawn by the engine in this browser's faces: no glyph files, no sprite, no request to anywhere.
 */
import { Map as MapLibreMap, ScaleControl, setWorkerUrl, type GeoJSONSource, type LayerSpecification, type StyleSpecification } from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
// Vite does not emit MapLibre's worker by itself: without this address the built page waits for it for ever.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import type { FeatureCollection } from 'geojson'
import type { View } from '@/live/interest'

export type { LayerSpecification as Layer, StyleSpecification as Style, SourceSpecification as Source } from 'maplibre-gl'

export interface MapPlace {
  longitude: number
  latitude: number
}

export interface MapOptions {
  container: HTMLElement
  style: StyleSpecification
  centre: MapPlace
  zoom: number
  /** The face for Chinese, which the engine draws apart from the others. */
  ideographFace: string
}

/** Farther out the live socket's 64 cells would cover a part of the view only. */
const FARTHEST_ZOOM = 5
const NEAREST_ZOOM = 19

setWorkerUrl(workerUrl)

export class MapEngine {
  private readonly map: MapLibreMap

  constructor(options: MapOptions) {
    this.map = new MapLibreMap({
      container: options.container,
      style: options.style,
      center: [options.centre.longitude, options.centre.latitude],
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
  }

  whenReady(): Promise<void> {
    return new Promise((resolve) => { this.map.once('load', () => resolve()) })
  }

  addImage(name: string, image: ImageData, pixelRatio: number): void {
    this.map.addImage(name, image, { pixelRatio })
  }

  addLayer(layer: LayerSpecification): void {
    this.map.addLayer(layer)
  }

  setData(source: string, data: FeatureCollection): void {
    this.map.getSource<GeoJSONSource>(source)?.setData(data)
  }

  view(): View {
    const bounds = this.map.getBounds()
    return { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() }
  }

  zoom(): number {
    return this.map.getZoom()
  }

  centre(): MapPlace {
    const { lng, lat } = this.map.getCenter()
    return { longitude: lng, latitude: lat }
  }

  zoomBy(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps, { duration: 200 })
  }

  /** Is the map under way by the person's hand or by a flight? Then nobody else should move it. */
  isMoving(): boolean {
    return this.map.isMoving()
  }

  flyTo(place: MapPlace, nearest: number): void {
    this.map.easeTo({ center: [place.longitude, place.latitude], zoom: Math.max(this.map.getZoom(), nearest), duration: 600 })
  }

  centreOn(place: MapPlace): void {
    this.map.setCenter([place.longitude, place.latitude])
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

  /** The person moved the map, by pointer or by arrow key; zooming is not moving. */
  onPan(listener: () => void): void {
    this.map.on('dragstart', listener)
    this.map.getCanvas().addEventListener('keydown', (event) => { if (event.key.startsWith('Arrow')) listener() })
  }

  /** Calls with the properties of the topmost feature of the layers under the pointer, or null for none. */
  onClick(layers: string[], listener: (properties: Record<string, unknown> | null) => void): void {
    this.map.on('click', (event) => { listener(this.map.queryRenderedFeatures(event.point, { layers })[0]?.properties ?? null) })
    for (const layer of layers) {
      this.map.on('mouseenter', layer, () => { this.map.getCanvas().style.cursor = 'pointer' })
      this.map.on('mouseleave', layer, () => { this.map.getCanvas().style.cursor = '' })
    }
  }

  name(label: string): void {
    this.map.getCanvas().setAttribute('aria-label', label)
  }

  remove(): void {
    this.map.remove()
  }
}
