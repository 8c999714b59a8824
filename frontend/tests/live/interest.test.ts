import { cellToBoundary, cellToParent, getResolution, latLngToCell } from 'h3-js'
import { describe, expect, it } from 'vitest'
import { contains, interestOf, resolutionFor, sameInterest, widthOf, type View } from '@/live/interest'

/** A small generator with a seed, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function viewAt(longitude: number, latitude: number, kilometres: number, shape: number): View {
  const height = kilometres * shape / 111.32 / 2
  const width = kilometres / 111.32 / 2 / Math.cos((latitude * Math.PI) / 180)
  return { west: longitude - width, south: latitude - height, east: longitude + width, north: latitude + height }
}

function missed(view: View, next: () => number, points: number): string[] {
  const { resolution, cells } = interestOf(view)
  const wanted = new Set(cells)
  const lost: string[] = []
  for (let index = 0; index < points; index += 1) {
    // Points at the very rim of the view as well as within it: the rim is where a cell is missed.
    const across = index % 3 === 0 ? Math.round(next()) : next()
    const up = index % 3 === 1 ? Math.round(next()) : next()
    const latitude = view.south + (view.north - view.south) * up
    const longitude = view.west + (view.east - view.west) * across
    const cell = cellToParent(latLngToCell(latitude, ((longitude + 540) % 360) - 180, 9), resolution)
    if (!wanted.has(cell)) lost.push(`${longitude}, ${latitude} in ${cell}`)
  }
  return lost
}

const WIDTHS: readonly (readonly [number, number])[] = [[8, 2], [7, 8], [6, 20], [5, 45], [4, 120]]

describe('the cells of a view', () => {
  it.each(WIDTHS)('at resolution %i (%i km) miss no point of it, anywhere in China', (_, kilometres) => {
    const next = random(7)
    for (let round = 0; round < 40; round += 1) {
      const view = viewAt(75 + next() * 58, 18 + next() * 35, kilometres, 0.4 + next() * 0.8)
      expect(missed(view, next, 150)).toEqual([])
    }
  })

  it.each(WIDTHS)('at resolution %i (%i km) miss no point across the 180th meridian', (_, kilometres) => {
    const next = random(11)
    for (let round = 0; round < 12; round += 1) {
      // Both ways in which a map may count: 179…181 and −181…−179.
      const view = viewAt(round % 2 === 0 ? 180 : -180, -50 + next() * 100, kilometres, 0.6)
      expect(missed(view, next, 150)).toEqual([])
    }
  })

  it('are at most 64, all of the one resolution', () => {
    const next = random(3)
    for (let round = 0; round < 150; round += 1) {
      const { resolution, cells } = interestOf(viewAt(75 + next() * 58, 18 + next() * 35, 0.5 * 2 ** (next() * 12), 0.3 + next() * 3))
      expect(cells.length).toBeGreaterThan(0)
      expect(cells.length).toBeLessThanOrEqual(64)
      expect(new Set(cells.map(getResolution))).toEqual(new Set([resolution]))
      expect(resolution).toBeGreaterThanOrEqual(4)
      expect(resolution).toBeLessThanOrEqual(8)
    }
  })

  it('reach beyond the view by the growth', () => {
    // A view that just touches a cell from outside needs that cell: a unit of it may lie within the view.
    const cell = latLngToCell(31.23, 121.47, 6)
    const north = Math.max(...cellToBoundary(cell).map(([latitude]) => latitude))
    const longitude = cellToBoundary(cell).find(([latitude]) => latitude === north)?.[1] ?? 0
    const view = { west: longitude - 0.08, east: longitude + 0.08, south: north + 0.001, north: north + 0.1 }
    expect(interestOf(view)).toMatchObject({ resolution: 6 })
    expect(interestOf(view).cells).toContain(cell)
  })

  it('go one coarser where there would be more than 64', () => {
    const tall = viewAt(121.47, 31.23, 25, 40)
    expect(interestOf(tall).resolution).toBe(4)
    expect(resolutionFor(widthOf(tall))).toBe(6)
  })

  it('of a whole country are those in its middle, and it is said that they are not the whole', () => {
    const country = { west: 75, south: 18, east: 134, north: 53 }
    const { resolution, cells, whole } = interestOf(country)
    expect({ resolution, count: cells.length, whole }).toEqual({ resolution: 4, count: 64, whole: false })
    expect(cells).toContain(latLngToCell(35.5, 104.5, 4))
    expect(interestOf(viewAt(104, 35, 100, 0.6)).whole).toBe(true)
  })
})

describe('the resolution', () => {
  it.each([[60.1, 4], [60, 5], [30.1, 5], [30, 6], [12.1, 6], [12, 7], [4.1, 7], [4, 8], [0.1, 8]])('for %d km is %i', (kilometres, resolution) => {
    expect(resolutionFor(kilometres)).toBe(resolution)
  })

  it('is by the width on the ground, not in degrees', () => {
    expect(widthOf({ west: 0, east: 1, south: 59.5, north: 60.5 })).toBeCloseTo(55.66, 1)
  })
})

describe('comparing', () => {
  it('tells whether the server has to be asked anew', () => {
    const one = interestOf(viewAt(121.47, 31.23, 20, 0.6))
    expect(sameInterest(one, interestOf(viewAt(121.4701, 31.23, 20, 0.6)))).toBe(true)
    expect(sameInterest(one, interestOf(viewAt(121.9, 31.23, 20, 0.6)))).toBe(false)
    expect(sameInterest(null, one)).toBe(false)
    expect(sameInterest(null, null)).toBe(true)
  })

  it('knows a place across the 180th meridian', () => {
    const view = { west: 179, east: 181, south: -1, north: 1 }
    expect(contains(view, { longitude: -179.5, latitude: 0 })).toBe(true)
    expect(contains(view, { longitude: 179.5, latitude: 0 })).toBe(true)
    expect(contains(view, { longitude: 178.5, latitude: 0 })).toBe(false)
    expect(contains(view, { longitude: 179.5, latitude: 1.5 })).toBe(false)
  })
})
