/** An operator's own picture tiles, stacked in the order in which they are named. */
import type { Ground } from '@/live/api'
import type { Theme } from '@/look/colours'
import type { Layer, Source } from '../engine'

export function rasterSources({ tiles, tile_size, minzoom, maxzoom }: Ground): Record<string, Source> {
  return Object.fromEntries(tiles.map((address, index) => [`picture-${index}`, { type: 'raster', tiles: [address], tileSize: tile_size, minzoom, maxzoom }]))
}

/** In the dark the pictures, made for daylight, are dimmed and drained of colour: the units have to stand out. */
export function rasterLayers({ tiles }: Ground, theme: Theme): Layer[] {
  const [brightest, saturation] = theme === 'dark' ? [0.3, -0.5] : [1, -0.25]
  return tiles.map((_, index) => ({
    id: `picture-${index}`,
    type: 'raster',
    source: `picture-${index}`,
    paint: { 'raster-brightness-max': brightest, 'raster-saturation': saturation, 'raster-fade-duration': 0 },
  }))
}
