import { describe, expect, it } from 'vitest'
import { buildRows, countRows, orderUnits, selectRows, type RowWorld } from '@/pages/wall/rows'
import { fix, unit } from '../fixes'

const NOW = 1_000_000
const VIEW = { west: 113, south: 22, east: 114, north: 23 }

function world(change: Partial<RowWorld> = {}): RowWorld {
  const units = [
    unit(1, { call_sign: '巡-001' }),
    unit(2, { call_sign: 'CG-12', squad_name: '二中队', squad_name_en: 'Second squad' }),
    unit(3, { call_sign: 'CG-9', name: '水上巡逻艇', name_en: 'Boat' }),
    unit(4, { call_sign: '摩托 4' }),
  ]
  const positions = new Map([
    [1, fix(1, { time: NOW - 10_000 })],
    [2, fix(2, { time: NOW - 60_000 })],
    [3, fix(3, { time: NOW - 500_000 })],
    [9, fix(9, { time: NOW, longitude: 100 })],
  ])
  return { units: orderUnits(units), positions, presence: new Map(), view: VIEW, now: NOW, ...change }
}

const numbers = (search: string, filter: Parameters<typeof selectRows>[2] = 'all'): number[] =>
  selectRows(buildRows(world()), search, filter).map((row) => row.number).sort()

describe('rows', () => {
  it('stand in the order that people count: those in view first, 9 before 12', () => {
    const rows = buildRows(world())
    const [boat, car] = [rows.findIndex((row) => row.number === 3), rows.findIndex((row) => row.number === 2)]
    expect(boat).toBeLessThan(car)
    expect(rows.slice(0, 3).every((row) => row.inView)).toBe(true)
    expect(rows.slice(3).map((row) => row.number)).toEqual([4, 9])
  })

  it('put an alarm first, wherever it is', () => {
    const positions = new Map(world().positions).set(4, fix(4, { time: NOW, alarm: true, longitude: 100 }))
    expect(buildRows(world({ positions }))[0]?.number).toBe(4)
  })

  it('keep their order while positions come', () => {
    const later = new Map([...world().positions].map(([number, old]) => [number, { ...old, time: NOW + number * 1000, latitude: old.latitude + 0.001 * number }]))
    const order = (positions: RowWorld['positions']): number[] => buildRows(world({ positions })).map((row) => row.number)
    expect(order(later)).toEqual(order(world().positions))
  })

  it('name a unit that the registry does not know by its number', () => {
    expect(buildRows(world()).find((row) => row.number === 9)).toMatchObject({ callSign: '#9', unit: undefined })
  })

  it('tell state and age from the server’s time', () => {
    const rows = new Map(buildRows(world()).map((row) => [row.number, row]))
    expect(rows.get(1)).toMatchObject({ state: 'fresh', age: 10 })
    expect(rows.get(2)).toMatchObject({ state: 'stale', age: 60 })
    expect(rows.get(3)).toMatchObject({ state: 'lost', age: 500 })
    expect(rows.get(4)).toMatchObject({ state: null, age: null, inView: false })
  })

  it('are never of a negative age', () => {
    expect(buildRows(world({ now: 0 })).find((row) => row.number === 1)?.age).toBe(0)
  })

  it('are counted: in view by state, and those out of view', () => {
    expect(countRows(buildRows(world()))).toEqual({ all: 5, fresh: 1, stale: 1, lost: 1, outside: 2 })
  })

  it('are all out of view while there is no map', () => {
    expect(countRows(buildRows(world({ view: null })))).toMatchObject({ fresh: 0, stale: 0, lost: 0, outside: 5 })
  })
})

describe('the search', () => {
  it.each([
    ['', [1, 2, 3, 4, 9]],
    ['cg', [2, 3]],
    ['ＣＧ－９', [3]],
    ['水上', [3]],
    ['boat', [3]],
    ['second squad', [2]],
    ['二中队', [2]],
    ['squad cg', [2, 3]],
    ['#9', [9]],
    ['  巡-001 ', [1]],
    ['nothing', []],
    ['.*', []],
  ])('for “%s” finds %j', (search, found) => {
    expect(numbers(search)).toEqual(found)
  })

  it('works together with a state', () => {
    expect(numbers('cg', 'stale')).toEqual([2])
    expect(numbers('', 'outside')).toEqual([4, 9])
  })

  it('does not find one word across two fields', () => {
    expect(numbers('001巡逻车')).toEqual([])
  })
})
