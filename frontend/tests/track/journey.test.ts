import { describe, expect, it } from 'vitest'
import { boundsOf, journeyOf, piecesOf, samplesOf, stretchAt, type Journey } from '@/track/journey'
import { drive, EIGHT, METRES_PER_DEGREE, stand, track, type Step } from './tracks'

function journey(steps: readonly Step[]): Journey {
  const made = journeyOf(track(steps))
  if (!made) throw new Error('a journey was expected')
  return made
}

const seconds = (time: number): number => (time - EIGHT) / 1000

describe('samples', () => {
  it('are brought into the order of their times; of two with one time the later in the list holds', () => {
    const samples = samplesOf(track([{ at: 20, latitude: 3 }, { at: 0, latitude: 1 }, { at: 20, latitude: 4 }, { at: 10, latitude: 2 }]))
    expect(samples.map(({ time, latitude }) => [seconds(time), latitude])).toEqual([[0, 1], [10, 2], [20, 4]])
  })

  it('none make no journey, one makes a journey that goes nowhere', () => {
    expect(journeyOf(track([]))).toBeNull()
    expect(journey([{ at: 0 }])).toMatchObject({ distance: 0, movingMilliseconds: 0, meanSpeed: null, maxSpeed: null, stops: [], gaps: [] })
  })

  it('of lists of different lengths are as many as there are places', () => {
    expect(samplesOf({ ...track([{ at: 0 }, { at: 10 }]), latitudes: [22.2] })).toHaveLength(1)
  })
})

describe('the distance', () => {
  it('is that on the sphere', () => {
    expect(journey(drive(0, 600)).distance).toBeCloseTo(6000, 0)
  })

  it('over the 180th meridian is the short way', () => {
    const steps = [179.999, -179.999].map((longitude, index) => ({ at: index * 10, longitude, latitude: 0 }))
    expect(journey(steps).distance).toBeCloseTo(0.002 * METRES_PER_DEGREE, 1)
  })

  it('does not count what nobody saw: over a gap', () => {
    const before = drive(0, 60)
    const after = drive(60 + 300, 60, 22.3)
    expect(journey([...before, ...after]).distance).toBeCloseTo(1200, 0)
  })

  it('does not grow while the unit stands and its position wanders', () => {
    expect(journey(stand(0, 1800)).distance).toBe(0)
  })
})

describe('speeds', () => {
  it('mean is over the time on the way, without stops', () => {
    const steps = [...drive(0, 100), ...stand(110, 600, 22.2 + 1000 / METRES_PER_DEGREE), ...drive(720, 100, 22.2 + 1000 / METRES_PER_DEGREE)]
    const { meanSpeed, movingMilliseconds } = journey(steps)
    expect(movingMilliseconds / 1000).toBeGreaterThanOrEqual(180)
    expect(movingMilliseconds / 1000).toBeLessThanOrEqual(220)
    expect(meanSpeed).toBeCloseTo(10, 0)
  })

  it('highest is as the device says, and from the way only where it never does', () => {
    expect(journey([{ at: 0, speed: 3 }, { at: 10, latitude: 22.21, speed: null }]).maxSpeed).toBe(3)
    expect(journey([{ at: 0 }, { at: 10, latitude: 22.2 + 50 / METRES_PER_DEGREE }]).maxSpeed).toBeCloseTo(5, 3)
  })

  it('are found in a day of 86 400 positions', () => {
    const steps = Array.from({ length: 86_400 }, (_, at) => ({ at, latitude: 22.2 + (at * 5) / METRES_PER_DEGREE, speed: at === 50_000 ? 31 : 5 }))
    expect(journey(steps).maxSpeed).toBe(31)
  })
})

describe('stops', () => {
  it('are two minutes and more within 30 m', () => {
    expect(journey(stand(0, 110)).stops).toEqual([])
    const [stop, ...rest] = journey(stand(0, 120)).stops
    expect(rest).toEqual([])
    expect(stop && [seconds(stop.from), seconds(stop.to)]).toEqual([0, 120])
  })

  it('lie in the middle of where the unit stood', () => {
    const [stop] = journey(stand(0, 590)).stops
    expect(stop?.latitude).toBeCloseTo(22.2 + 4 / METRES_PER_DEGREE, 6)
    expect(stop?.longitude).toBeCloseTo(113.5, 9)
  })

  it('are parted from what comes before and after', () => {
    const there = 22.2 + 3000 / METRES_PER_DEGREE
    const { stops } = journey([...drive(0, 300), ...stand(310, 300, there), ...drive(620, 300, there)])
    expect(stops).toHaveLength(1)
    expect(seconds(stops[0]?.from ?? 0)).toBeGreaterThanOrEqual(290)
    expect(seconds(stops[0]?.to ?? 0)).toBeLessThanOrEqual(630)
  })

  it('are not a slow walk', () => {
    const walk = Array.from({ length: 61 }, (_, index) => ({ at: index * 10, latitude: 22.2 + (index * 12) / METRES_PER_DEGREE }))
    expect(journey(walk).stops).toEqual([])
  })

  it('end where positions end: nobody saw it stand over a gap', () => {
    const { stops, gaps } = journey([...stand(0, 200), ...stand(600, 200)])
    expect(stops.map((stop) => [seconds(stop.from), seconds(stop.to)])).toEqual([[0, 200], [600, 800]])
    expect(gaps.map((gap) => [seconds(gap.from), seconds(gap.to)])).toEqual([[200, 600]])
  })

  it('across the 180th meridian lie on it and not on the other side of the world', () => {
    const steps = Array.from({ length: 31 }, (_, index) => ({ at: index * 10, latitude: 0, longitude: index % 2 ? 179.99995 : -179.99995 }))
    expect(Math.abs(journey(steps).stops[0]?.longitude ?? 0)).toBeGreaterThan(179.999)
  })
})

describe('pieces', () => {
  it('are parted where no position came for more than two minutes', () => {
    const samples = samplesOf(track([0, 120, 241, 300].map((at) => ({ at }))))
    expect(piecesOf(samples).map((piece) => piece.map((sample) => seconds(sample.time)))).toEqual([[0, 120], [241, 300]])
  })
})

describe('a stretch at a time', () => {
  const stretches = [{ from: 10, to: 20 }, { from: 30, to: 40 }]
  it.each([[9, undefined], [10, 10], [20, 10], [25, undefined], [40, 30], [41, undefined]])('%i', (time, from) => {
    expect(stretchAt(stretches, time)?.from).toBe(from)
  })
})

describe('the bounds', () => {
  it('hold all of it', () => {
    const bounds = boundsOf(journey([{ at: 0, longitude: 113, latitude: 22 }, { at: 10, longitude: 113.2, latitude: 22.1 }]))
    expect(bounds).toMatchObject({ west: 113, south: 22, north: 22.1 })
    expect(bounds?.east).toBeCloseTo(113.2, 9)
  })

  it('of one place have something around them', () => {
    const bounds = boundsOf(journey([{ at: 0 }]))
    expect((bounds?.east ?? 0) - (bounds?.west ?? 0)).toBeCloseTo(0.002, 9)
  })

  it('across the 180th meridian go beyond it, and not round the world', () => {
    const bounds = boundsOf(journey([{ at: 0, longitude: 179.9 }, { at: 10, longitude: -179.9 }]))
    expect(bounds?.west).toBeCloseTo(179.9, 9)
    expect(bounds?.east).toBeCloseTo(180.1, 9)
  })
})
