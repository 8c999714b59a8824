import { describe, expect, it } from 'vitest'
import { GCJ02 } from '@/map/datum'
import { latitudeOf, longitudeOf, mercatorX } from '@/map/mercator'
import { Fleet, headingBetween } from '@/map/fleet/motion'
import { fix } from '../../fixes'

/** About 100 m to the east of the first place. */
const EAST = 113.500972

function longitude(fleet: Fleet, now: number, unit = 1): number {
  fleet.advance(now)
  return longitudeOf(fleet.x[fleet.slotOf(unit)] ?? Number.NaN)
}

function moved(interval: number, to = EAST, jump = false): Fleet {
  const fleet = new Fleet()
  fleet.move(fix(1, { time: 0 }), 0)
  fleet.move(fix(1, { time: interval, longitude: to }), 5000, jump)
  return fleet
}

describe('a unit between two fixes', () => {
  it('stands at its first fix', () => {
    const fleet = new Fleet()
    fleet.move(fix(1), 100)
    expect(longitude(fleet, 100)).toBeCloseTo(113.5, 9)
    expect(latitudeOf(fleet.y[0] ?? 0)).toBeCloseTo(22.2, 9)
    expect(fleet.isMoving(0)).toBe(false)
    expect(fleet.slotOf(2)).toBe(-1)
  })

  it('glides to the next one in the time that lay between them', () => {
    const fleet = moved(4000)
    expect(longitude(fleet, 5000)).toBeCloseTo(113.5, 9)
    expect(longitude(fleet, 7000)).toBeCloseTo((113.5 + EAST) / 2, 8)
    expect(fleet.advance(8999)).toBe(1)
    expect(fleet.advance(9000)).toBe(0)
    expect(longitude(fleet, 9000)).toBeCloseTo(EAST, 9)
  })

  it('takes at most ten seconds', () => {
    const fleet = moved(60_000)
    expect(fleet.advance(14_999)).toBe(1)
    expect(longitude(fleet, 15_000)).toBeCloseTo(EAST, 9)
  })

  it('goes on from where it is drawn when the next fix comes early', () => {
    const fleet = moved(4000)
    const drawn = longitude(fleet, 6000)
    fleet.move(fix(1, { time: 6000, longitude: 113.502 }), 6000)
    expect(longitude(fleet, 6000)).toBeCloseTo(drawn, 9)
    expect(longitude(fleet, 7000)).toBeCloseTo((drawn + 113.502) / 2, 8)
  })

  it('goes on from where it is now, also where no frame was drawn since', () => {
    const fleet = moved(4000)
    fleet.move(fix(1, { time: 6000, longitude: 113.502 }), 7000)
    expect(longitude(fleet, 7000)).toBeCloseTo((113.5 + EAST) / 2, 8)
  })

  it('jumps more than a kilometre', () => {
    expect(longitude(moved(4000, 113.52), 5000)).toBeCloseTo(113.52, 9)
    expect(longitude(moved(4000, 113.509), 5000)).toBeCloseTo(113.5, 9)
  })

  it('jumps where it is told to: on a hidden page, or for who wants no movement', () => {
    expect(longitude(moved(4000, EAST, true), 5000)).toBeCloseTo(EAST, 9)
  })

  it('is not stopped by a snapshot that brings the same fix again', () => {
    const fleet = moved(4000)
    fleet.move(fix(1, { time: 4000, longitude: EAST }), 6000)
    expect(longitude(fleet, 7000)).toBeCloseTo((113.5 + EAST) / 2, 8)
  })

  it('jumps to a correction of the same time', () => {
    const fleet = moved(4000)
    fleet.move(fix(1, { time: 4000, longitude: 113.5001 }), 6000)
    expect(longitude(fleet, 6000)).toBeCloseTo(113.5001, 9)
  })

  it('is where its fix is after the page was hidden', () => {
    const fleet = moved(4000)
    fleet.settle()
    expect(longitude(fleet, 5001)).toBeCloseTo(EAST, 9)
  })

  it('crosses the 180th meridian by the short way', () => {
    const fleet = new Fleet()
    fleet.move(fix(1, { time: 0, longitude: 179.9995, latitude: 0 }), 0)
    fleet.move(fix(1, { time: 4000, longitude: -179.9995, latitude: 0 }), 0)
    for (let now = 0; now <= 4000; now += 250) expect(Math.abs(longitude(fleet, now))).toBeGreaterThan(179.999)
    expect(longitude(fleet, 4000)).toBeCloseTo(-179.9995, 7)
  })

  it('is drawn in the datum of the ground', () => {
    const fleet = new Fleet(GCJ02)
    fleet.move(fix(1), 0)
    expect(longitude(fleet, 0)).toBeCloseTo(GCJ02.forward(113.5, 22.2)[0], 9)
    expect(longitude(fleet, 0)).not.toBeCloseTo(113.5, 3)
  })
})

describe('the heading', () => {
  it('turns the short way round', () => {
    expect(headingBetween(350, 10, 0.25)).toBeCloseTo(355)
    expect(headingBetween(350, 10, 0.75)).toBeCloseTo(5)
    expect(headingBetween(10, 350, 0.75)).toBeCloseTo(355)
  })

  it('is the new one where one of the two is unknown', () => {
    expect(headingBetween(Number.NaN, 90, 0.1)).toBe(90)
    expect(headingBetween(90, Number.NaN, 0.1)).toBeNaN()
  })

  it('never turns by more than half a circle', () => {
    const degrees = Array.from({ length: 48 }, (_, step) => step * 7.5)
    const far = degrees.flatMap((from) => degrees.filter((to) => Math.abs(((headingBetween(from, to, 0.5) - from + 540) % 360) - 180) > 90.001))
    expect(far).toEqual([])
  })
})

describe('slots', () => {
  it('hold every unit once, whatever comes and goes, and grow as far as is needed', () => {
    const fleet = new Fleet()
    const known = new Set<number>()
    let seed = 1
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647
    for (let step = 0; step < 20_000; step += 1) {
      const unit = Math.floor(random() * 2000) + 1
      if (random() < 0.7) {
        const slot = fleet.move(fix(unit, { time: step, longitude: 113 + unit / 1e4 }), step)
        known.add(unit)
        if (fleet.units[slot] !== unit) throw new Error(`slot ${slot} was given to ${unit} and holds ${fleet.units[slot]}`)
      } else if ((fleet.forget(unit) >= 0) !== known.delete(unit)) {
        throw new Error(`unit ${unit} was forgotten by one of the two only`)
      }
    }
    fleet.settle()
    expect(fleet.size).toBe(known.size)
    const slots = [...known].map((unit) => fleet.slotOf(unit))
    expect(new Set(slots).size).toBe(known.size)
    expect(fleet.end).toBeLessThanOrEqual(2000)
    const misplaced = [...known].filter((unit) => Math.abs((fleet.x[fleet.slotOf(unit)] ?? 0) - mercatorX(113 + unit / 1e4)) > 1e-9)
    expect(misplaced).toEqual([])
    expect([...fleet.present].filter(Boolean)).toHaveLength(known.size)
  })

  it('tell the state by age, and whether one has changed', () => {
    const fleet = new Fleet()
    fleet.move(fix(1, { time: 0 }), 0)
    fleet.age(0)
    for (const [now, state, changed] of [[30_000, 0, false], [30_100, 1, true], [120_000, 1, false], [120_100, 2, true]] as const) {
      expect(fleet.age(now)).toBe(changed)
      expect(fleet.states[0]).toBe(state)
    }
  })
})
