import { describe, expect, it } from 'vitest'
import { journeyOf, type Journey } from '@/track/journey'
import { bearing, momentAt, skip, type Moment } from '@/track/moment'
import { scaleTop, speedColumns, stripPath } from '@/pages/wall/track/speedStrip'
import { faultOf, LONGEST_MILLISECONDS, spanOf, ticksOf } from '@/pages/wall/track/spans'
import { momentFeatures, trackFeatures } from '@/map/layers/track'
import { drive, EIGHT, stand, track, type Step } from './tracks'

function journey(steps: readonly Step[]): Journey {
  const made = journeyOf(track(steps))
  if (!made) throw new Error('a journey was expected')
  return made
}

function at(made: Journey, second: number): Moment {
  const moment = momentAt(made, EIGHT + second * 1000)
  if (!moment) throw new Error('a moment was expected')
  return moment
}

describe('a moment between two positions', () => {
  const made = journey([{ at: 0, longitude: 113, latitude: 22, speed: 10, heading: 350 }, { at: 10, longitude: 113.001, latitude: 22.002, speed: 20, heading: 10 }])

  it('lies on the way between them', () => {
    const moment = at(made, 5)
    expect(moment.longitude).toBeCloseTo(113.0005, 9)
    expect(moment.latitude).toBeCloseTo(22.001, 9)
    expect(moment).toMatchObject({ speed: 15, state: 'moving' })
  })

  it('turns the short way, over north', () => {
    expect(at(made, 2.5).heading).toBeCloseTo(355, 6)
    expect(at(made, 7.5).heading).toBeCloseTo(5, 6)
  })

  it('is the first before the first and the last after the last', () => {
    expect(at(made, -100)).toMatchObject({ longitude: 113, latitude: 22 })
    expect(at(made, 100)).toMatchObject({ longitude: 113.001, latitude: 22.002, heading: 10 })
  })

  it('looks along the way where the device gives no heading', () => {
    expect(at(journey([{ at: 0, latitude: 22 }, { at: 10, latitude: 21.999 }]), 4).heading).toBeCloseTo(180, 6)
    expect(at(journey([{ at: 0 }, { at: 10 }]), 4).heading).toBeNull()
  })

  it('goes the short way over the 180th meridian', () => {
    const over = journey([{ at: 0, longitude: 179.999 }, { at: 10, longitude: -179.999 }])
    expect(Math.abs(at(over, 5).longitude)).toBeCloseTo(180, 6)
    expect(at(over, 9).longitude).toBeCloseTo(-179.9992, 6)
  })

  it('takes the one speed that is known', () => {
    expect(at(journey([{ at: 0, speed: 4 }, { at: 10, latitude: 22.21, speed: null }]), 5).speed).toBe(4)
  })
})

describe('a moment in a gap', () => {
  const made = journey([...drive(0, 60), ...drive(600, 60, 22.3)])

  it('is not driven: it stays at the last position, and says so', () => {
    const moment = at(made, 300)
    expect(moment.state).toBe('gap')
    expect(moment.latitude).toBe(made.pieces[0]?.at(-1)?.latitude)
  })

  it('is skipped when it is played', () => {
    expect(skip(made, EIGHT + 100_000, false)).toBe(EIGHT + 600_000)
    expect(skip(made, EIGHT + 30_000, false)).toBe(EIGHT + 30_000)
  })
})

describe('a stop', () => {
  const made = journey([...stand(0, 300), ...stand(900, 300, 22.5), ...drive(1210, 60, 22.5)])

  it('is known as one', () => {
    expect(at(made, 100).state).toBe('stop')
    expect(at(made, 1260).state).toBe('moving')
  })

  it('is skipped where that is wanted, with the gap and the stop behind it', () => {
    expect(skip(made, EIGHT + 100_000, false)).toBe(EIGHT + 100_000)
    expect(skip(made, EIGHT + 100_000, true)).toBeGreaterThanOrEqual(EIGHT + 1_200_000)
  })
})

it.each([[0, 1, 0], [1, 0, 90], [0, -1, 180], [-1, 0, 270]])('the bearing to %i° E %i° N is %i°', (longitude, latitude, degrees) => {
  expect(bearing({ longitude: 0, latitude: 0 }, { longitude, latitude })).toBeCloseTo(degrees, 6)
})

describe('the strip', () => {
  it('has the highest speed of each part of the time, and nothing where nothing is known', () => {
    const made = journey([{ at: 0, speed: 2 }, { at: 50, speed: 9 }, { at: 100, speed: 4 }, { at: 500, speed: 5 }, { at: 600, speed: 1 }])
    expect(speedColumns(made, 6)).toEqual([9, 4, null, null, null, 5])
  })

  it('draws each stretch by itself', () => {
    const path = stripPath([5, 10, null, 20], 10)
    expect(path).toBe('M0 100L0 50.0L1 50.0L1 0.0L2 0.0L2 100ZM3 100L3 0.0L4 0.0L4 100Z')
  })

  it.each([[null, 10], [1, 10], [3, 20], [13.9, 60], [0, 10]])('for %s m/s goes up to %i km/h', (fastest, top) => {
    expect(scaleTop(fastest) * 3.6).toBeCloseTo(top, 6)
  })
})

describe('spans', () => {
  const now = EIGHT + 15 * 60_000

  it('of the day begin at midnight of the dispatcher’s day', () => {
    const midnight = new Date(2026, 10, 23).getTime()
    expect(spanOf('today', now)).toEqual({ from: midnight, to: now })
    expect(spanOf('yesterday', now)).toEqual({ from: new Date(2026, 10, 22).getTime(), to: midnight })
    expect(spanOf('hour', now)).toEqual({ from: now - 3_600_000, to: now })
  })

  it.each([
    [null, EIGHT, 'missing'],
    [EIGHT, EIGHT, 'order'],
    [EIGHT, EIGHT - 1, 'order'],
    [EIGHT - LONGEST_MILLISECONDS - 1, EIGHT, 'long'],
    [EIGHT - LONGEST_MILLISECONDS, EIGHT, null],
    [EIGHT + 3_600_000, EIGHT + 7_200_000, 'future'],
  ])('%s to %s: %s', (from, to, fault) => {
    expect(faultOf(from, to, now)).toBe(fault)
  })

  it('are marked at round times', () => {
    expect(ticksOf(EIGHT + 60_000, EIGHT + 3_600_000).map((tick) => tick.words)).toEqual(['08:10', '08:20', '08:30', '08:40', '08:50', '09:00'])
    for (const hours of [0.1, 1, 5, 12, 24]) expect(ticksOf(EIGHT, EIGHT + hours * 3_600_000).length).toBeLessThanOrEqual(9)
  })
})

describe('on the map', () => {
  const made = journey([...drive(0, 60), ...stand(600, 300, 22.4)])
  const parts = (): (string | undefined)[] => trackFeatures(made).features.map((feature) => feature.properties?.['part'] as string)

  it('what was driven is a line, what is not known another, and stops are numbered', () => {
    expect(parts()).toEqual(['driven', 'driven', 'gap', 'mark', 'mark', 'mark'])
    expect(trackFeatures(made).features.find((feature) => feature.properties?.['label'] === '1')?.properties?.['icon']).toBe('track-stop')
    expect(trackFeatures(null).features).toEqual([])
  })

  it('no line runs round the world', () => {
    const over = journey([{ at: 0, longitude: 179.9 }, { at: 10, longitude: -179.9 }, { at: 20, longitude: 179.8 }])
    const [line] = trackFeatures(over).features
    expect(line?.geometry.type === 'LineString' && line.geometry.coordinates.map(([longitude = 0]) => Number(longitude.toFixed(6)))).toEqual([179.9, 180.1, 179.8])
  })

  it('the moment has its heading, and no arrow where nothing is known', () => {
    expect(momentFeatures(at(made, 30)).features[0]?.properties).toEqual({ icon: 'track-moment', heading: 0 })
    expect(momentFeatures(at(made, 200)).features[0]?.properties).toMatchObject({ icon: 'track-unknown' })
    expect(momentFeatures(null).features).toEqual([])
  })
})
