import type { FeatureCollection } from 'geojson'
import type { Layer, MapClick, MapPlace } from '@/map/engine'
import { WGS84 } from '@/map/datum'

/** The engine as far as the maps of administration need it: WebGL does not run here. One degree is 1000 pixels. */
export class FakeEngine {
  static last: FakeEngine | undefined
  readonly datum = WGS84
  readonly data = new Map<string, FeatureCollection>()
  readonly layers = new Map<string, Layer>()
  readonly keys: ((event: KeyboardEvent) => void)[] = []
  readonly clicks: ((click: MapClick) => void)[] = []
  fitted: unknown = null
  label = ''
  removed = false

  constructor() {
    FakeEngine.last = this
  }

  whenReady = (): Promise<void> => Promise.resolve()
  name = (label: string): void => { this.label = label }
  setGround = (): void => undefined
  addImage = (): void => undefined
  addLayer = (layer: Layer): void => { this.layers.set(layer.id, layer) }
  setData = (source: string, data: FeatureCollection): void => { this.data.set(source, data) }
  setCursor = (): void => undefined
  zoomByDoubleClick = (): void => undefined
  focus = (): void => undefined
  flyTo = (place: MapPlace): void => { this.fitted = place }
  fitBounds = (view: unknown): void => { this.fitted = view }
  view = (): { west: number; south: number; east: number; north: number } => ({ west: -1, south: -1, east: 1, north: 1 })
  centre = (): MapPlace => ({ longitude: 0, latitude: 0 })
  frame = (): { scale: number } => ({ scale: 360_000 })
  pixelOf = ({ longitude, latitude }: MapPlace): { x: number; y: number } => ({ x: longitude * 1000, y: -latitude * 1000 })
  placeAt = (x: number, y: number): MapPlace => ({ longitude: x / 1000, latitude: -y / 1000 })
  onPointer = (): void => undefined
  onPress = (): void => undefined
  onClick = (listener: (click: MapClick) => void): void => { this.clicks.push(listener) }
  onKey = (listener: (event: KeyboardEvent) => void): void => { this.keys.push(listener) }
  remove = (): void => { this.removed = true }

  click(longitude: number, latitude: number): void {
    for (const listener of this.clicks) listener({ place: { longitude, latitude }, ...this.pixelOf({ longitude, latitude }) })
  }

  press(...keys: string[]): void {
    for (const key of keys) for (const listener of this.keys) listener(new KeyboardEvent('keydown', { key: key.replace('Control+', ''), ctrlKey: key.startsWith('Control+'), cancelable: true }))
  }
}
