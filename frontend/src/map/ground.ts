import { colours } from '@/look/colours'
import type { Layer, Source, Style } from './engine'

/** What lies under the live layers: street tiles, when there are some. */
export interface Base {
  sources: Record<string, Source>
  layers: Layer[]
}

const NO_BASE: Base = { sources: {}, layers: [] }

/** The ground of the map: plain dark, then the base (if any), then the sources that the live layers draw from. */
export function groundStyle(liveSources: Record<string, Source>, base: Base = NO_BASE): Style {
  return {
    version: 8,
    sources: { ...base.sources, ...liveSources },
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': colours.ground } }, ...base.layers],
  }
}
