/** What lies under the live layers: streets from vector tiles, an operator's own picture tiles, or nothing. */
import type { Ground } from '@/live/api'
import { palette, type Theme } from '@/look/colours'
import type { Language } from '@/stores/preferences'
import { GCJ02, WGS84 } from '../datum'
import type { Layer, MapGround, Source } from '../engine'
import { buildingLayers } from './buildings'
import { labelLayers } from './labels'
import { landLayers } from './land'
import { groundColours } from './palette'
import { rasterLayers, rasterSources } from './raster'
import { roadLayers } from './roads'
import { STREETS } from './schema'

/**
 * The ground as the map draws it; null is a ground that is not known yet. `labels` is for vector tiles: their names
 * are drawn here, and only when the faces for them are there; `scale` enlarges them as the page's own texts are.
 */
export function groundStyle(ground: Ground | null, theme: Theme, language: Language, labels: boolean, scale = 1): MapGround {
  const datum = ground?.datum === 'gcj02' ? GCJ02 : WGS84
  if (ground?.kind === 'vector') {
    const names = labels ? labelLayers(groundColours(theme), language, scale) : []
    return { sources: { [STREETS]: streets(ground) }, layers: streetLayers(theme, ground.coastal), names, datum }
  }
  const plain = background(palette(theme).ground)
  if (ground?.kind === 'raster') return { sources: rasterSources(ground), layers: [plain, ...rasterLayers(ground, theme)], names: [], datum }
  return { sources: {}, layers: [plain], names: [], datum }
}

function streets({ tiles, minzoom, maxzoom, bounds, attribution }: Ground): Source {
  // The engine's worker, which fetches the tiles, does not know the page's address.
  const addresses = tiles.map((address) => (address.startsWith('/') ? window.location.origin + address : address))
  return { type: 'vector', tiles: addresses, minzoom, maxzoom, attribution, ...(bounds && { bounds }) }
}

function streetLayers(theme: Theme, coastal: boolean): Layer[] {
  const colours = groundColours(theme)
  return [
    background(coastal ? colours.water : colours.land),
    ...landLayers(colours, coastal),
    ...buildingLayers(colours),
    ...roadLayers(colours),
  ]
}

function background(colour: string): Layer {
  return { id: 'ground', type: 'background', paint: { 'background-color': colour } }
}
