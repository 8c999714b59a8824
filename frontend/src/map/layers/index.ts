import type { Layer, Source } from '../engine'
import { accuracyLayers } from './accuracy'
import { cellLayers } from './cells'
import { labelLayers } from './labels'
import { unitLayers } from './units'

/** The live layers, bottom to top. This list is the order in which they are drawn. */
export const LAYERS: readonly Layer[] = [...cellLayers, ...accuracyLayers, ...unitLayers, ...labelLayers]

const EMPTY: Source = { type: 'geojson', data: { type: 'FeatureCollection', features: [] } }

/** What the layers draw from; each is filled by the file of its name. */
export const SOURCES: Readonly<Record<string, Source>> = { cells: EMPTY, accuracy: EMPTY, units: EMPTY }
