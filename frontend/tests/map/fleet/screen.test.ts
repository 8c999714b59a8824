import { MercatorCoordinate } from 'maplibre-gl'
import { describe, expect, it } from 'vitest'
import { mercatorX, mercatorY } from '@/map/mercator'
import { frameAt, makeRandom, makeScene, project, put } from './scene'
import { fix } from '../../fixes'

describe('where a unit stands on the screen', () => {
  it('is where the map engine puts the same place, at every zoom', () => {
    const random = makeRandom(3)
    for (let zoom = 5; zoom <= 19; zoom += 0.7) {
      const scene = makeScene(zoom)
      const reach = 600 / scene.frame.scale * 360
      const place = { longitude: 113.5 + (random() - 0.5) * reach, latitude: 22.2 + (random() - 0.5) * reach * 0.5 }
      scene.fleet.move(fix(1, place), 0)
      project(scene)
      const [point, middle] = [MercatorCoordinate.fromLngLat([place.longitude, place.latitude]), MercatorCoordinate.fromLngLat([113.5, 22.2])]
      // A float32 holds a pixel of the screen to a ten-thousandth.
      expect(scene.screen.x[0]).toBeCloseTo((point.x - middle.x) * scene.frame.scale + 640, 3)
      expect(scene.screen.y[0]).toBeCloseTo((point.y - middle.y) * scene.frame.scale + 360, 3)
    }
  })

  it('is on this side of the 180th meridian, on whichever side the map looks from', () => {
    const scene = makeScene(12)
    Object.assign(scene.frame, frameAt(12, { longitude: 179.999, latitude: 0 }))
    scene.fleet.move(fix(1, { longitude: -179.999, latitude: 0 }), 0)
    project(scene)
    const apart = (mercatorX(-179.999) + 1 - mercatorX(179.999)) * scene.frame.scale
    expect(scene.screen.x[0]).toBeCloseTo(640 + apart, 2)
    expect(mercatorY(0)).toBeCloseTo(0.5)
  })

  it('is not looked at far outside the view', () => {
    const scene = makeScene(14)
    const slots = [0, 640, 700, 710].map((east, unit) => put(scene, unit, east, 0))
    project(scene)
    expect(slots.map((slot) => scene.screen.seen[slot])).toEqual([1, 1, 1, 0])
  })
})

describe('drawing anew', () => {
  it.each([[1, 0.4, false], [1, 0.6, true], [2, 0.2, false], [2, 0.3, true]])('at %d device pixels a pixel is needed after %d px: %s', (ratio, way, needed) => {
    const scene = makeScene(14)
    put(scene, 1, 10, 10)
    project(scene)
    scene.screen.keep(scene.fleet, scene.frame)
    expect(scene.screen.hasMoved(scene.fleet, ratio)).toBe(false)
    put(scene, 1, 10 + way, 10)
    project(scene)
    expect(scene.screen.hasMoved(scene.fleet, ratio)).toBe(needed)
  })

  it('is not needed for what nobody sees, and is when it comes into view or goes', () => {
    const scene = makeScene(14)
    const step = (east: number): boolean => {
      put(scene, 1, east, 0)
      project(scene)
      const moved = scene.screen.hasMoved(scene.fleet, 1)
      scene.screen.keep(scene.fleet, scene.frame)
      return moved
    }
    step(900)
    expect([step(950), step(690), step(690), step(900), step(950)]).toEqual([false, true, false, true, false])
  })

  it('is needed when a unit turns on the spot, and when the map shows another section', () => {
    const scene = makeScene(14)
    const slot = put(scene, 1, 0, 0)
    scene.fleet.headings[slot] = 10
    project(scene)
    scene.screen.keep(scene.fleet, scene.frame)
    scene.fleet.headings[slot] = 12
    expect(scene.screen.hasMoved(scene.fleet, 1)).toBe(false)
    scene.fleet.headings[slot] = 14
    expect(scene.screen.hasMoved(scene.fleet, 1)).toBe(true)
    expect(scene.screen.isOther(scene.frame)).toBe(false)
    expect(scene.screen.isOther({ ...scene.frame, scale: scene.frame.scale * 1.001 })).toBe(true)
  })
})
