/** The lines and fills of the legend, with the colours and dashes that the map itself draws with. */
import type { TextKey } from '@/i18n'
import type { Theme } from '@/look/colours'
import { groundColours } from '@/map/ground/palette'
import type { MapLayer } from '@/map/layers'
import { areaBorders } from '@/map/layers/areas'
import { cellLayers } from '@/map/layers/cells'
import { fenceBorders } from '@/map/layers/fences'

export interface Stroke {
  colour: string
  /** Pixels. */
  width: number
  /** In widths of the line, as the map engine counts. */
  dash?: readonly number[]
  opacity?: number
}

export interface GroundEntry {
  words: TextKey
  strokes?: readonly Stroke[]
  fill?: { colour: string; rim: string }
}

/** The lines that a layer draws, as it draws them; none of a layer that draws no lines. */
export function strokesOf({ styles }: MapLayer, theme: Theme): Stroke[] {
  return [...areaBorders(theme), ...cellLayers(theme), ...fenceBorders(theme)].flatMap((layer) => {
    if (layer.type !== 'line' || !styles.includes(layer.id)) return []
    const { 'line-color': colour, 'line-width': width, 'line-dasharray': dash, 'line-opacity': opacity } = layer.paint ?? {}
    if (typeof colour !== 'string') return []
    return [{ colour, width: widthOf(width), ...(isNumbers(dash) && { dash }), ...(typeof opacity === 'number' && { opacity }) }]
  })
}

/** A width that grows with the zoom is taken at its second stop: ['interpolate', how, ['zoom'], zoom, width, zoom, width, …]. */
function widthOf(width: unknown): number {
  const drawn: unknown = Array.isArray(width) ? width[6] : width
  return typeof drawn === 'number' ? drawn : 1
}

export function groundEntries(theme: Theme): GroundEntry[] {
  const colours = groundColours(theme)
  const road = (colour: string, width: number): Stroke[] => [{ colour: colours.casing, width: width + 2 }, { colour, width }]
  return [
    { words: 'layers.roads.fast', strokes: road(colours.motorway, 6) },
    { words: 'layers.roads.main', strokes: road(colours.primary, 5) },
    { words: 'layers.roads.side', strokes: road(colours.tertiary, 3.5) },
    { words: 'layers.roads.path', strokes: [{ colour: colours.path, width: 1.5, dash: [3, 1.6] }] },
    { words: 'layers.roads.rail', strokes: [{ colour: colours.rail, width: 4 }, { colour: colours.railTie, width: 2, dash: [4, 4] }] },
    { words: 'layers.roads.subway', strokes: [{ colour: colours.subway, width: 2, dash: [5, 2.5], opacity: 0.85 }] },
    { words: 'layers.roads.water', fill: { colour: colours.water, rim: colours.waterLine } },
    { words: 'layers.roads.green', fill: { colour: colours.green, rim: colours.wood } },
    { words: 'layers.roads.building', fill: { colour: colours.building, rim: colours.buildingRim } },
  ]
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}
