/** The vector tiles' layers, as `tiles/` builds them (docs/map.md); the one list that the style is held to. */
export const STREETS = 'streets'
export const TILE_LAYERS = ['land', 'water', 'landuse', 'building', 'road', 'rail', 'address', 'poi', 'place'] as const
export type TileLayer = (typeof TILE_LAYERS)[number]

/** Where a layer of the style draws from. */
export function from<Name extends TileLayer>(layer: Name): { source: typeof STREETS; 'source-layer': Name } {
  return { source: STREETS, 'source-layer': layer }
}
