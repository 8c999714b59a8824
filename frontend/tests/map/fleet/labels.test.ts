import { describe, expect, it } from 'vitest'
import { Labels, leftOf, MOST_LABELS, mostLabels, NO_LABEL, topOf } from '@/map/fleet/labels'
import type { Scene } from '@/map/fleet/scene'
import { TEXT_HEIGHT } from '@/map/fleet/texts'
import { makeRandom, makeScene, NOW, project, put } from './scene'

function town(count: number, seed: number, alarms = 0): Scene {
  const scene = makeScene(15)
  const random = makeRandom(seed)
  for (let unit = 1; unit <= count; unit += 1) {
    put(scene, unit, (random() - 0.5) * 1280, (random() - 0.5) * 720, { alarm: unit <= alarms, time: NOW - (unit % 3) * 60_000 })
  }
  scene.widthOf = (slot) => 40 + ((slot * 7) % 30)
  project(scene)
  return scene
}

interface Box { left: number; top: number; right: number; bottom: number }

function boxes(scene: Scene, labels: Labels): Box[] {
  return [...labels.slots.slice(0, labels.count)].map((slot) => {
    const side = labels.sides[slot] ?? NO_LABEL
    const [left, top] = [leftOf(scene, slot, side), topOf(scene, slot, side)]
    return { left, top, right: left + scene.widthOf(slot), bottom: top + TEXT_HEIGHT }
  })
}

const overlap = (one: Box, other: Box): boolean => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom

describe('labels', () => {
  it('never lie on each other, nor on the middle of a mark', () => {
    for (const [count, seed] of [[30, 1], [150, 2], [400, 3], [1500, 4]] as const) {
      const scene = town(count, seed)
      const labels = new Labels()
      labels.place(scene)
      const placed = boxes(scene, labels)
      expect(placed.length).toBeGreaterThan(10)
      const marks = Array.from({ length: scene.fleet.end }, (_, slot): Box => {
        const [x, y] = [scene.screen.x[slot] ?? 0, scene.screen.y[slot] ?? 0]
        return { left: x - 5, top: y - 5, right: x + 5, bottom: y + 5 }
      })
      const struck = placed.filter((one) => [...placed, ...marks].some((other) => other !== one && overlap(one, other)))
      expect(struck).toEqual([])
    }
  })

  it('stand beside every unit that has room', () => {
    const scene = makeScene(15)
    for (let unit = 0; unit < 60; unit += 1) put(scene, unit + 1, (unit % 10) * 120 - 540, Math.floor(unit / 10) * 110 - 270)
    project(scene)
    const labels = new Labels()
    labels.place(scene)
    expect(labels.count).toBe(60)
    expect(new Set(labels.sides.slice(0, 60))).toEqual(new Set([0]))
  })

  it('keep away from where the beak points, as far as there is room', () => {
    const scene = makeScene(15)
    const sides = [45, 90, 135, 180, 270, 0].map((heading, unit) => {
      const slot = put(scene, unit + 1, unit * 150 - 400, 0)
      scene.fleet.headings[slot] = heading
      return slot
    })
    project(scene)
    const labels = new Labels()
    labels.place(scene)
    expect(sides.map((slot) => labels.sides[slot])).toEqual([1, 1, 0, 0, 0, 0])
    scene.fleet.headings[sides[5] ?? 0] = 90
    labels.place(scene)
    expect(labels.sides[sides[5] ?? 0]).toBe(1)
  })

  it('stay where they are when nothing moves', () => {
    const scene = town(400, 5)
    const labels = new Labels()
    labels.place(scene)
    const before = [...labels.sides]
    for (let round = 0; round < 5; round += 1) labels.place(scene)
    expect([...labels.sides]).toEqual(before)
  })

  it('mostly stay where they are while units creep along', () => {
    const scene = town(300, 6)
    const labels = new Labels()
    labels.place(scene)
    const random = makeRandom(8)
    let [kept, all] = [0, 0]
    for (let round = 0; round < 20; round += 1) {
      const before = [...labels.sides]
      for (let slot = 0; slot < scene.fleet.end; slot += 1) scene.fleet.x[slot] = (scene.fleet.x[slot] ?? 0) + (random() - 0.5) / scene.frame.scale
      project(scene)
      labels.place(scene)
      before.forEach((side, slot) => {
        if (side === NO_LABEL) return
        all += 1
        if (labels.sides[slot] === side) kept += 1
      })
    }
    expect(kept / all).toBeGreaterThan(0.99)
  })

  it('are never refused to the chosen unit and to alarms', () => {
    const scene = town(1500, 7, 12)
    scene.chosen = 700
    const labels = new Labels()
    labels.place(scene)
    for (const slot of [...Array(12).keys(), 700]) expect(labels.sides[slot], `slot ${slot}`).not.toBe(NO_LABEL)
  })

  it('are few far out, and bounded everywhere', () => {
    expect(mostLabels(11.4)).toBe(0)
    expect(mostLabels(11.5)).toBeLessThan(mostLabels(12.5))
    expect(mostLabels(19)).toBe(MOST_LABELS)
    const far = town(300, 9, 2)
    far.zoom = 11
    const labels = new Labels()
    labels.place(far)
    expect(labels.count).toBe(2)
  })

  it('follow a slot to no other unit', () => {
    const scene = town(20, 10)
    const labels = new Labels()
    labels.place(scene)
    labels.forget(3)
    expect(labels.sides[3]).toBe(NO_LABEL)
  })
})
