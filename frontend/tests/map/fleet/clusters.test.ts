import { describe, expect, it } from 'vitest'
import { CELL_PIXELS, FEWEST } from '@/map/fleet/clusters'
import { hitBubble, hitUnit } from '@/map/fleet/hit'
import { Bubbles } from '@/map/fleet/bubbles'
import type { Scene } from '@/map/fleet/scene'
import { makeRandom, makeScene, NOW, project, put } from './scene'

function crowd(zoom: number, count: number, seed = 5): Scene {
  const scene = makeScene(zoom)
  const random = makeRandom(seed)
  for (let unit = 1; unit <= count; unit += 1) {
    const time = NOW - (unit % 3) * 100_000
    put(scene, unit, (random() - 0.5) * 1400, (random() - 0.5) * 800, { alarm: unit % 40 === 0, time })
  }
  project(scene)
  return scene
}

describe('bubbles', () => {
  it('and single units together are all units, each once', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const scene = crowd(8 + seed / 8, seed * 40, seed)
      const { clusters, fleet } = scene
      const counted = new Array<number>(clusters.count).fill(0)
      const byState = new Array<number>(clusters.count * 3).fill(0)
      for (let slot = 0; slot < fleet.end; slot += 1) {
        const bubble = clusters.bubbles[slot] ?? -1
        if (bubble < 0) continue
        counted[bubble] = (counted[bubble] ?? 0) + 1
        const state = bubble * 3 + (fleet.states[slot] ?? 0)
        byState[state] = (byState[state] ?? 0) + 1
        if (fleet.alarms[slot] === 1) throw new Error('an alarm is never inside')
      }
      expect([...clusters.sizes.slice(0, clusters.count)]).toEqual(counted)
      expect(counted.filter((count) => count > 0 && count < FEWEST)).toEqual([])
      const kept = [...clusters.states.slice(0, clusters.count * 3)].map((count, at) => (counted[Math.floor(at / 3)] === 0 ? 0 : count))
      expect(kept).toEqual(byState)
    }
  })

  it('do not change while the map is moved', () => {
    const scene = crowd(9.3, 400)
    const before = [...scene.clusters.bubbles]
    scene.frame.x += 333 / scene.frame.scale
    scene.frame.y -= 77 / scene.frame.scale
    project(scene)
    expect([...scene.clusters.bubbles]).toEqual(before)
  })

  it('stand in the middle of their units, which lie in one cell', () => {
    const scene = crowd(10, 600)
    const { clusters, fleet } = scene
    for (let bubble = 0; bubble < clusters.count; bubble += 1) {
      const inside = Array.from({ length: fleet.end }, (_, slot) => slot).filter((slot) => clusters.bubbles[slot] === bubble)
      if (inside.length === 0) continue
      const xs = inside.map((slot) => (fleet.x[slot] ?? 0) * scene.frame.scale)
      expect(Math.max(...xs) - Math.min(...xs)).toBeLessThanOrEqual(CELL_PIXELS)
      expect((clusters.x[bubble] ?? 0) * scene.frame.scale).toBeCloseTo(xs.reduce((sum, x) => sum + x) / xs.length, 3)
    }
  })

  it('are made far out only, of three and more, and never of the chosen one', () => {
    const at = (zoom: number, units: number, chosen = -1): number[] => {
      const scene = makeScene(zoom)
      const column = Math.floor(scene.frame.x * scene.frame.scale / CELL_PIXELS)
      const inside = (column + 0.5) * CELL_PIXELS - scene.frame.x * scene.frame.scale
      for (let unit = 1; unit <= units; unit += 1) put(scene, unit, inside + unit, 0)
      scene.chosen = chosen
      project(scene)
      return [...scene.clusters.bubbles.slice(0, units)].map((bubble) => Math.min(bubble, 0))
    }
    expect(at(11, 3)).toEqual([0, 0, 0])
    expect(at(11, 2)).toEqual([-1, -1])
    expect(at(12, 3)).toEqual([-1, -1, -1])
    expect(at(11, 4, 1)).toEqual([0, -1, 0, 0])
  })
})

describe('a point of the screen', () => {
  it('hits the nearest unit within reach', () => {
    const scene = makeScene(15)
    const [near, far] = [put(scene, 1, 0, 0), put(scene, 2, 30, 0)]
    project(scene)
    expect(hitUnit(scene, 643, 362)).toBe(near)
    expect(hitUnit(scene, 660, 360)).toBe(far)
    expect(hitUnit(scene, 640, 400)).toBe(-1)
  })

  it('hits rather the chosen one, and rather one in alarm, where several are near', () => {
    const scene = makeScene(15)
    put(scene, 1, 0, 0)
    const alarmed = put(scene, 2, 3, 0, { alarm: true })
    const later = put(scene, 3, 0, 0)
    project(scene)
    expect(hitUnit(scene, 640, 360)).toBe(alarmed)
    scene.chosen = later
    expect(hitUnit(scene, 640, 360)).toBe(later)
    scene.chosen = 0
    expect(hitUnit(scene, 640, 360)).toBe(0)
  })

  it('hits a bubble, and no unit inside of it', () => {
    const scene = crowd(10, 600)
    const bubbles = new Bubbles()
    bubbles.renew(scene.clusters)
    bubbles.project(scene.clusters, scene.frame)
    const bubble = [...scene.clusters.sizes.slice(0, scene.clusters.count)].findIndex((size) => size > 2)
    const [x, y] = [bubbles.x[bubble] ?? 0, bubbles.y[bubble] ?? 0]
    const hit = hitBubble(scene, bubbles, x, y)
    expect(scene.clusters.sizes[hit]).toBeGreaterThan(2)
    const inside = Array.from({ length: scene.fleet.end }, (_, slot) => slot).filter((slot) => scene.clusters.holds(slot))
    expect(inside.length).toBeGreaterThan(100)
    expect(inside.filter((slot) => scene.screen.seen[slot] === 1)).toEqual([])
  })
})
