import { describe, expect, it } from 'vitest'
import { between, metresBetween, Movement } from '@/map/movement'
import { fix } from '../fixes'

/** About 100 m to the east of the first place. */
const EAST = 113.500972
const place = (movement: Movement, now: number): number => movement.place(1, now)?.longitude ?? Number.NaN

function moved(interval: number, longitude = EAST, jump = false): Movement {
  const movement = new Movement()
  movement.move(fix(1, { time: 0 }), 0)
  movement.move(fix(1, { time: interval, longitude }), 5000, jump)
  return movement
}

describe('a unit between two fixes', () => {
  it('stands at its first fix', () => {
    const movement = new Movement()
    movement.move(fix(1), 100)
    expect(movement.place(1, 100)).toMatchObject({ longitude: 113.5, latitude: 22.2 })
    expect(movement.isMoving(1, 100)).toBe(false)
    expect(movement.place(2, 100)).toBeUndefined()
  })

  it('glides to the next one in the time that lay between them', () => {
    const movement = moved(4000)
    expect(place(movement, 5000)).toBe(113.5)
    expect(place(movement, 7000)).toBeCloseTo((113.5 + EAST) / 2, 8)
    expect(place(movement, 9000)).toBe(EAST)
    expect(movement.isMoving(1, 8999)).toBe(true)
    expect(movement.isMoving(1, 9000)).toBe(false)
  })

  it('takes at most ten seconds', () => {
    const movement = moved(60_000)
    expect(movement.isMoving(1, 14_999)).toBe(true)
    expect(place(movement, 15_000)).toBe(EAST)
  })

  it('goes on from where it is drawn when the next fix comes early', () => {
    const movement = moved(4000)
    const drawn = place(movement, 6000)
    movement.move(fix(1, { time: 6000, longitude: 113.502 }), 6000)
    expect(place(movement, 6000)).toBeCloseTo(drawn, 10)
    expect(place(movement, 7000)).toBeCloseTo((drawn + 113.502) / 2, 8)
  })

  it('jumps more than a kilometre', () => {
    expect(place(moved(4000, 113.52), 5000)).toBe(113.52)
    expect(place(moved(4000, 113.509), 5000)).toBe(113.5)
  })

  it('jumps where it is told to: out of view, or on a hidden page', () => {
    expect(place(moved(4000, EAST, true), 5000)).toBe(EAST)
  })

  it('is not stopped by a snapshot that brings the same fix again', () => {
    const movement = moved(4000)
    movement.move(fix(1, { time: 4000, longitude: EAST }), 6000)
    expect(place(movement, 7000)).toBeCloseTo((113.5 + EAST) / 2, 8)
  })

  it('jumps to a correction of the same time', () => {
    const movement = moved(4000)
    movement.move(fix(1, { time: 4000, longitude: 113.5001 }), 6000)
    expect(place(movement, 6000)).toBe(113.5001)
  })

  it('is where its fix is after the page was hidden', () => {
    const movement = moved(4000)
    movement.settle()
    expect(place(movement, 5001)).toBe(EAST)
  })

  it('is nowhere once forgotten', () => {
    const movement = moved(4000)
    movement.forget(1)
    expect(movement.place(1, 6000)).toBeUndefined()
  })
})

describe('the way between two places', () => {
  it('turns the short way round', () => {
    const from = { longitude: 0, latitude: 0, heading: 350 }
    expect(between(from, { ...from, heading: 10 }, 0.25).heading).toBeCloseTo(355)
    expect(between(from, { ...from, heading: 10 }, 0.75).heading).toBeCloseTo(5)
    expect(between({ ...from, heading: 10 }, from, 0.75).heading).toBeCloseTo(355)
  })

  it('takes the new heading where one of the two is unknown', () => {
    const from = { longitude: 0, latitude: 0, heading: null }
    expect(between(from, { ...from, heading: 90 }, 0.1).heading).toBe(90)
    expect(between({ ...from, heading: 90 }, from, 0.1).heading).toBeNull()
  })

  it('crosses the 180th meridian', () => {
    const from = { longitude: 179.999, latitude: 0, heading: null }
    expect(Math.abs(between(from, { ...from, longitude: -179.999 }, 0.5).longitude)).toBeCloseTo(180)
    expect(metresBetween(from, { ...from, longitude: -179.999 })).toBeCloseTo(222.6, 0)
  })

  it('is measured in metres', () => {
    const from = { longitude: 113.5, latitude: 22.2, heading: null }
    expect(metresBetween(from, { ...from, longitude: EAST })).toBeCloseTo(100.2, 0)
    expect(metresBetween(from, { ...from, latitude: 22.3 })).toBeCloseTo(11132, 0)
  })
})
