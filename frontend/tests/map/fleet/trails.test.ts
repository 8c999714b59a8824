import { describe, expect, it } from 'vitest'
import { TRAIL_MILLISECONDS, TRAIL_PLACES, Trails } from '@/map/fleet/trails'
import { makeRandom } from './scene'

function times(trails: Trails, slot: number): number[] {
  return Array.from({ length: trails.count(slot) }, (_, place) => trails.timeOf(slot, place))
}

describe('a trail', () => {
  it('keeps order and bounds, and reaches back five minutes, however often a unit reports', () => {
    for (const every of [200, 1000, 1900, 3300, 5000, 30_000]) {
      const trails = new Trails()
      const random = makeRandom(every)
      let time = 0
      while (time < 3_600_000) {
        time += every * (0.8 + random() * 0.4)
        trails.add(2, time, time, -time)
      }
      const kept = times(trails, 2)
      expect(kept.length).toBeLessThanOrEqual(TRAIL_PLACES)
      expect(kept).toEqual([...kept].sort((one, other) => one - other))
      expect(kept.at(-1)).toBe(time)
      expect(time - (kept[0] ?? time), `every ${every} ms`).toBeGreaterThanOrEqual(TRAIL_MILLISECONDS - 10_000)
      expect(kept.filter((moment, place) => trails.xOf(2, place) !== moment || trails.yOf(2, place) !== -moment)).toEqual([])
    }
  })

  it('passes over what is older than its newest, and what comes twice', () => {
    const trails = new Trails()
    for (const time of [0, 10_000, 10_000, 5000, 20_000]) trails.add(0, time, 0, 0)
    expect(times(trails, 0)).toEqual([0, 10_000, 20_000])
  })

  it('takes what the server has stored before what came since', () => {
    const trails = new Trails()
    for (const time of [100_000, 110_000, 120_000]) trails.add(1, time, 1, 1)
    trails.seed(1, [60_000, 80_000, 100_000, 105_000], [6, 8, 10, 11], [6, 8, 10, 11])
    expect(times(trails, 1)).toEqual([60_000, 80_000, 100_000, 110_000, 120_000])
    expect(trails.xOf(1, 0)).toBe(6)
    expect(trails.xOf(1, 2)).toBe(1)
  })

  it('is no other unit’s, and ends when its unit goes', () => {
    const trails = new Trails()
    trails.add(0, 1000, 1, 1)
    trails.add(700, 1000, 7, 7)
    expect([trails.count(0), trails.count(1), trails.count(700), trails.count(5000)]).toEqual([1, 0, 1, 0])
    trails.clear(700)
    expect(trails.count(700)).toBe(0)
    trails.add(700, 500, 3, 3)
    expect(times(trails, 700)).toEqual([500])
  })
})
