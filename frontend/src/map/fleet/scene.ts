import type { MapFrame } from '../engine'
import type { Clusters } from './clusters'
import type { Fleet } from './motion'
import type { Screen } from './screen'
import type { Trails } from './trails'

/** Everything that is drawn, as it stands at one moment. One object for as long as the map lives. */
export interface Scene {
  readonly fleet: Fleet
  readonly trails: Trails
  readonly screen: Screen
  readonly clusters: Clusters
  /**
   * CSS pixels per pixel of this scene: on a wall that is read from some metres away everything grows along with the
   * texts of the page. All pixels below, and those of the parts that draw, are the scene's.
   */
  enlarged: number
  /** The section of the map. */
  readonly frame: MapFrame
  zoom: number
  /** Device pixels per pixel. */
  ratio: number
  /** Width of a mark without beak and rings. */
  size: number
  /** The slot of the chosen unit, or -1. */
  chosen: number
  /** The server's time, ms since 1970. */
  now: number
  /** Of each slot: its call sign. */
  readonly names: string[]
  /** Of a slot's label. */
  widthOf: (slot: number) => number
}
