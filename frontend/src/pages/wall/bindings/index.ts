import type { MapEngine } from '@/map/engine'
import { bindAreas } from './areas'
import { bindFences } from './fences'
import { bindGround } from './ground'
import { bindMeasure } from './measure'
import { bindPin } from './pin'
import { bindTrack } from './track'
import { bindUnits } from './units'

/** Ties a feature that draws to the map; returns its undoing. */
export type Binding = (engine: MapEngine) => () => void

/** Everything that draws on the map, in the order in which it is tied to it. */
export const BINDINGS: readonly Binding[] = [bindGround, bindFences, bindAreas, bindUnits, bindTrack, bindMeasure, bindPin]
