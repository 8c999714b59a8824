/** A faint grid of H3 cells: the address grid of the whole system, and a sense of scale where streets are missing. */
import { cellToBoundary } from 'h3-js'
import type { FeatureCollection } from 'geojson'
import { palette, type Theme } from '@/look/colours'
import { cellsOverlapping, type View } from '@/live/interest'
import type { Layer } from '../engine'

export function cellLayers(theme: Theme): Layer[] {
  return [{ id: 'cells', type: 'line', source: 'cells', paint: { 'line-color': palette(theme).grid, 'line-opacity': 0.35, 'line-width': 1 } }]
}

/** Zoom at which each resolution begins; a cell's edge is then about 60 to 160 pixels. */
const RESOLUTION_BY_ZOOM: readonly (readonly [number, number])[] = [[15.6, 10], [14.2, 9], [12.8, 8], [11.4, 7], [10, 6], [8.6, 5], [7.2, 4], [5.8, 3]]
const COARSEST = 2

export function gridResolution(zoom: number): number {
  return RESOLUTION_BY_ZOOM.find(([from]) => zoom >= from)?.[1] ?? COARSEST
}

export function grid(view: View, zoom: number): FeatureCollection {
  const lines = cellsOverlapping(view, gridResolution(zoom)).map((cell) => unwrapped(cellToBoundary(cell, true), view))
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } }] }
}

/** A ring's longitudes on the same turn of the globe as the view, so that no line runs once round it. */
function unwrapped(ring: number[][], view: View): number[][] {
  const middle = (view.west + view.east) / 2
  return ring.map(([longitude = 0, latitude = 0]) => [longitude + Math.round((middle - longitude) / 360) * 360, latitude])
}
