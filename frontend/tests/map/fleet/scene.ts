import { Clusters } from '@/map/fleet/clusters'
import { Fleet } from '@/map/fleet/motion'
import type { Scene } from '@/map/fleet/scene'
import { Screen } from '@/map/fleet/screen'
import { Trails } from '@/map/fleet/trails'
import { mercatorX, mercatorY, WORLD_PIXELS } from '@/map/mercator'
import type { MapFrame } from '@/map/engine'
import { fix } from '../../fixes'

export const NOW = 1_000_000
export const CENTRE = { longitude: 113.5, latitude: 22.2 }

export function frameAt(zoom: number, centre = CENTRE): MapFrame {
  return { x: mercatorX(centre.longitude), y: mercatorY(centre.latitude), scale: WORLD_PIXELS * 2 ** zoom, width: 1280, height: 720 }
}

/** A scene with the map's middle at CENTRE; units are put there by `put`. */
export function makeScene(zoom: number): Scene {
  return {
    fleet: new Fleet(), trails: new Trails(), screen: new Screen(), clusters: new Clusters(),
    enlarged: 1, frame: frameAt(zoom), zoom, ratio: 1, size: 24, chosen: -1, now: NOW, names: [], widthOf: () => 60,
  }
}

/** Puts a unit so many pixels from the middle of the map. */
export function put(scene: Scene, unit: number, east: number, south: number, rest: { alarm?: boolean; time?: number } = {}): number {
  const slot = scene.fleet.move(fix(unit, { ...CENTRE, time: NOW, ...rest }), 0, true)
  scene.fleet.x[slot] = scene.frame.x + east / scene.frame.scale
  scene.fleet.y[slot] = scene.frame.y + south / scene.frame.scale
  scene.fleet.age(NOW)
  return slot
}

export function project(scene: Scene): void {
  scene.clusters.gather(scene.fleet, scene.zoom, scene.chosen)
  scene.screen.project(scene.fleet, scene.clusters, scene.frame)
}

/** The same figures on every run. */
export function makeRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16807) % 2147483647) / 2147483647
}
