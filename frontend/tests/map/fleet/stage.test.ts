import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fix } from '@/live/record'
import { GCJ02, WGS84, type Datum } from '@/map/datum'
import type { MapPlace } from '@/map/engine'
import { Follower } from '@/map/fleet/follow'
import { Labels } from '@/map/fleet/labels'
import { longitudeOf, mercatorX, mercatorY } from '@/map/mercator'
import type { Painter } from '@/map/fleet/painter'
import type { Scene } from '@/map/fleet/scene'
import { Stage } from '@/map/fleet/stage'
import { frameAt, makeScene } from './scene'
import { fix } from '../../fixes'

/** The map as far as a stage needs it; `render` is what the engine does when it has drawn a frame. */
class FakeMap {
  datum: Datum = WGS84
  section = frameAt(15)
  moving = false
  readonly flights: MapPlace[] = []
  readonly centres: MapPlace[] = []
  private listener = (): void => undefined
  frame = (): typeof this.section => this.section
  onRender = (listener: () => void): void => { this.listener = listener }
  isMoving = (): boolean => this.moving
  flyTo = (place: MapPlace): void => { this.flights.push(place) }
  centreOn = (place: MapPlace): void => {
    this.centres.push(place)
    this.section = { ...this.section, x: mercatorX(place.longitude), y: mercatorY(place.latitude) }
  }
  render = (): void => { this.listener() }
}

/** Counts instead of drawing: a browser without screen has no canvas to draw on. */
class CountingPainter {
  drawn = 0
  gathered = 0
  placed = 0
  fades = false
  readonly labels = new Labels()
  readonly shown = { units: true, labels: true, trails: true }
  measure = (): void => undefined
  fit = (): void => undefined
  gather = (): void => { this.gathered += 1 }
  placeLabels = (): void => { this.placed += 1 }
  hasTrails = (): boolean => this.fades
  draw = (): void => { this.drawn += 1 }
}

let map: FakeMap
let scene: Scene
let painter: CountingPainter
let positions: Map<number, Fix>
let following: number | null
let stage: Stage

beforeEach(() => {
  vi.useFakeTimers()
  map = new FakeMap()
  scene = makeScene(15)
  painter = new CountingPainter()
  positions = new Map()
  following = null
  const follower = new Follower(map, scene)
  const world = { positions, now: () => 1_000_000, label: (unit: number) => `U${unit}`, kind: () => 'foot', selected: () => following }
  stage = new Stage(map, scene, painter as unknown as Painter, world, () => { follower.keep(following) })
})

afterEach(() => {
  stage.stop()
  vi.useRealTimers()
})

function comes(...fixes: Fix[]): void {
  for (const one of fixes) positions.set(one.unit, one)
  stage.change({ moved: fixes, gone: [] })
}

const passes = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

/** How often it was drawn meanwhile. */
async function drawnIn(milliseconds: number): Promise<number> {
  const before = painter.drawn
  await passes(milliseconds)
  return painter.drawn - before
}

const longitude = (unit: number): number => longitudeOf(scene.fleet.x[scene.fleet.slotOf(unit)] ?? Number.NaN)

describe('the stage', () => {
  it('rests while nothing changes or moves', async () => {
    comes(fix(1))
    await passes(1000)
    expect(painter.drawn).toBeGreaterThan(0)
    const frames = vi.spyOn(window, 'requestAnimationFrame')
    expect(await drawnIn(5000)).toBe(0)
    expect(frames).not.toHaveBeenCalled()
    stage.touch()
    expect(await drawnIn(200)).toBe(1)
  })

  it('draws a moving unit each time that it has come half a pixel further, and rests where it arrived', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }))
    await passes(1000)
    const metre = 1 / 102_900
    comes(fix(1, { time: 10_000, longitude: 113.5 + 50 * metre }))
    // 50 m at this zoom are some 22 pixels.
    const pixels = (mercatorX(113.5 + 50 * metre) - mercatorX(113.5)) * scene.frame.scale
    const drawn = await drawnIn(10_500)
    expect(drawn).toBeGreaterThan(pixels * 1.5)
    // Labels are placed anew four times a second while it moves.
    expect(drawn).toBeLessThan(pixels * 2 + 45)
    expect(longitude(1)).toBeCloseTo(113.5 + 50 * metre, 8)
    expect(await drawnIn(3000)).toBe(0)
  })

  it('draws a fast one no more often than the screen', async () => {
    comes(fix(1, { time: 0, longitude: 113.498 }))
    await passes(1000)
    comes(fix(1, { time: 2000, longitude: 113.502 }))
    expect(await drawnIn(1000)).toBeLessThanOrEqual(64)
  })

  it('draws less often where a drawn frame takes long, but at once what the person has asked for', async () => {
    // This PC shows the next frame 200 ms after one in which the units were drawn.
    let shown = 0
    vi.stubGlobal('requestAnimationFrame', (call: FrameRequestCallback) => {
      const slow = painter.drawn > shown
      shown = painter.drawn
      return setTimeout(() => { call(performance.now()) }, slow ? 200 : 16)
    })
    comes(fix(1, { time: 0, longitude: 113.49 }))
    await passes(1000)
    comes(fix(1, { time: 10_000, longitude: 113.499 }))
    await passes(4000)
    // Twenty without rests.
    const drawn = await drawnIn(4000)
    expect(drawn).toBeGreaterThan(5)
    expect(drawn).toBeLessThan(12)
    await passes(2500)
    expect(longitude(1)).toBeCloseTo(113.499, 8)
    expect(scene.screen.hasMoved(scene.fleet, 1), 'the last step is drawn too').toBe(false)
    stage.touch()
    expect(await drawnIn(210)).toBe(1)
    vi.unstubAllGlobals()
  })

  it('does not draw what nobody sees move', async () => {
    comes(fix(1, { time: 0, longitude: 100 }))
    await passes(1000)
    comes(fix(1, { time: 5000, longitude: 100.001 }))
    expect(await drawnIn(4000)).toBeLessThanOrEqual(2)
    await passes(2000)
    expect(longitude(1)).toBeCloseTo(100.001, 8)
  })

  it('does not draw while units are switched off', async () => {
    comes(fix(1, { time: 0, longitude: 113.498 }))
    await passes(1000)
    painter.shown.units = false
    stage.touch()
    await passes(500)
    comes(fix(1, { time: 5000, longitude: 113.502 }))
    expect(await drawnIn(2000)).toBe(0)
  })

  it('draws with the map when that is drawn for another section, and only then', async () => {
    comes(fix(1))
    await passes(1000)
    map.render()
    expect(await drawnIn(0)).toBe(0)
    map.section = { ...map.section, x: map.section.x + 1e-6 }
    const before = painter.drawn
    map.render()
    expect(painter.drawn - before).toBe(1)
    expect(scene.screen.isOther(map.section)).toBe(false)
  })

  it('does not draw twice in a frame while the map is under way', async () => {
    comes(fix(1, { time: 0, longitude: 113.498 }))
    await passes(1000)
    comes(fix(1, { time: 5000, longitude: 113.502 }))
    const before = painter.drawn
    for (let frame = 0; frame < 60; frame += 1) {
      map.section = { ...map.section, x: map.section.x + 1e-7 }
      map.render()
      await passes(16)
    }
    expect(painter.drawn - before).toBeLessThanOrEqual(62)
  })

  it('jumps while the page is hidden, and is settled when it is seen again', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }), fix(2, { time: 0, longitude: 113.5 }))
    comes(fix(2, { time: 5000, longitude: 113.501 }))
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    comes(fix(1, { time: 5000, longitude: 113.501 }))
    await passes(150)
    expect(longitude(1)).toBeCloseTo(113.501, 8)
    expect(longitude(2)).toBeLessThan(113.5005)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(longitude(2)).toBeCloseTo(113.501, 8)
  })

  it('lets no bubble swallow an alarm until bubbles are gathered next', async () => {
    comes(fix(1))
    await passes(1000)
    const before = painter.gathered
    comes(fix(1, { time: 1_000_001, alarm: true }))
    await passes(32)
    expect(painter.gathered).toBe(before + 1)
  })

  it('draws no more of a unit that is gone, and nothing of it stays behind', async () => {
    comes(fix(1), fix(2))
    await passes(500)
    const slot = scene.fleet.slotOf(1)
    positions.delete(1)
    stage.change({ moved: [], gone: [1] })
    await passes(200)
    expect([scene.fleet.slotOf(1), scene.screen.seen[slot], scene.trails.count(slot)]).toEqual([-1, 0, 0])
    comes(fix(3, { longitude: 113.501 }))
    expect(scene.fleet.slotOf(3)).toBe(slot)
    expect(scene.names[slot]).toBe('U3')
  })

  it('grows old without being drawn for it, unless a state changes or a trail fades', async () => {
    comes(fix(1, { time: 1_000_000 - 29_000 }))
    await passes(1000)
    stage.age()
    expect(await drawnIn(500)).toBe(0)
    painter.fades = true
    stage.age()
    expect(await drawnIn(500)).toBe(1)
  })

  it('draws everything where it belongs when the ground gets another datum', async () => {
    comes(fix(1, { longitude: 113.5 }))
    await passes(500)
    map.datum = GCJ02
    stage.touch()
    await passes(500)
    expect(longitude(1)).toBeCloseTo(GCJ02.forward(113.5, 22.2)[0], 8)
  })
})

describe('following', () => {
  it('flies to a unit once, then stays with it, and moves the map for no less than half a pixel', async () => {
    comes(fix(1, { time: 0, longitude: 113.5 }))
    following = 1
    stage.touch()
    await passes(200)
    map.centreOn({ longitude: 113.5, latitude: 22.2 })
    map.centres.length = 0
    comes(fix(1, { time: 10_000, longitude: 113.5004 }))
    await passes(11_000)
    expect(map.flights).toHaveLength(1)
    const pixels = (mercatorX(113.5004) - mercatorX(113.5)) * scene.frame.scale
    expect(map.centres.length).toBeGreaterThan(pixels * 0.8)
    expect(map.centres.length).toBeLessThanOrEqual(Math.ceil(pixels * 2))
    expect(Math.abs((map.section.x - mercatorX(113.5004)) * map.section.scale)).toBeLessThan(0.5)
  })

  it('waits for a unit whose position is not known yet', async () => {
    following = 7
    stage.touch()
    await passes(300)
    expect(map.flights).toEqual([])
    comes(fix(7, { longitude: 100 }))
    await passes(300)
    expect(map.flights).toHaveLength(1)
    expect(map.flights[0]?.longitude).toBeCloseTo(100, 8)
  })

  it('does not fight the hand that zooms', async () => {
    map.moving = true
    following = 1
    comes(fix(1))
    await passes(500)
    expect([map.flights, map.centres]).toEqual([[], []])
  })

  it('flies to each unit that is followed anew', async () => {
    comes(fix(1), fix(2, { longitude: 113.501 }))
    for (const unit of [1, 2, null, 2]) {
      following = unit
      stage.touch()
      await passes(300)
    }
    expect(map.flights).toHaveLength(3)
  })
})
