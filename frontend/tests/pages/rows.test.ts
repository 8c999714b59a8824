import { describe, expect, it } from 'vitest'
import { directoryOf } from '@/pages/wall/directory'
import { linesOf, type Choice, type Line } from '@/pages/wall/lines'
import { buildRows, countRows, type RowWorld } from '@/pages/wall/rows'
import type { Fix } from '@/live/record'
import { fix, unit } from '../fixes'

const NOW = 1_000_000
const VIEW = { west: 113, south: 22, east: 114, north: 23 }
const EAST = { district: 10, district_name: '江东区', district_name_en: 'East' }
const WEST = { district: 20, district_name: '江西区', district_name_en: 'West' }
const FIRST = { squad: 11, squad_name: '一中队', squad_name_en: 'First squad' }
const SECOND = { squad: 12, squad_name: '二中队', squad_name_en: 'Second squad' }
const BRIGADE = { squad: 2, squad_name: '直属大队', squad_name_en: 'Brigade', district: 0, district_name: null, district_name_en: null }

const UNITS = [
  unit(1, { call_sign: '巡-001', ...EAST, ...FIRST }),
  unit(2, { call_sign: 'CG-12', ...EAST, ...SECOND, kind: 'e_bike' }),
  unit(3, { call_sign: 'CG-9', ...EAST, ...SECOND, name: '水上巡逻艇', name_en: 'Boat' }),
  unit(4, { call_sign: '摩托 4', ...WEST, squad: 21, squad_name: '三中队', squad_name_en: 'Third squad', kind: 'foot' }),
  unit(5, { call_sign: '指挥 1', ...BRIGADE, kind: 'command' }),
]

const POSITIONS = new Map<number, Fix>([
  [1, fix(1, { time: NOW - 10_000 })],
  [2, fix(2, { time: NOW - 60_000 })],
  [3, fix(3, { time: NOW - 500_000 })],
  [9, fix(9, { time: NOW, longitude: 100 })],
])

function world(change: Partial<RowWorld> = {}): RowWorld {
  return { units: directoryOf(UNITS).units, positions: POSITIONS, presence: new Map(), view: VIEW, now: NOW, ...change }
}

const choice = (change: Partial<Choice> = {}): Choice => ({ search: '', filter: 'all', kinds: new Set(), folded: new Set(), ...change })
const linesFor = (change: Partial<Choice> = {}, positions = POSITIONS): Line[] => linesOf(directoryOf(UNITS), buildRows(world({ positions })), choice(change)).lines
const words = (line: Line): string => `${'  '.repeat(line.level - 1)}${line.kind === 'group' ? line.group.name || line.key : line.row.callSign}`
const numbers = (change: Partial<Choice>): number[] =>
  linesFor(change).flatMap((line) => (line.kind === 'unit' ? [line.row.number] : [])).sort()

describe('rows', () => {
  it('name a unit that the registry does not know by its number', () => {
    expect(buildRows(world()).get(9)).toMatchObject({ callSign: '#9', unit: undefined })
  })

  it('tell state and age from the server’s time', () => {
    const rows = buildRows(world())
    expect(rows.get(1)).toMatchObject({ state: 'fresh', age: 10, inView: true })
    expect(rows.get(2)).toMatchObject({ state: 'stale', age: 60 })
    expect(rows.get(3)).toMatchObject({ state: 'lost', age: 500 })
    expect(rows.get(4)).toMatchObject({ state: null, age: null, inView: false })
  })

  it('are never of a negative age', () => {
    expect(buildRows(world({ now: 0 })).get(1)?.age).toBe(0)
  })

  it('are counted: in view by state, and those out of view', () => {
    expect(countRows(buildRows(world()).values())).toEqual({ all: 6, fresh: 1, stale: 1, lost: 1, outside: 3 })
  })

  it('are all out of view while there is no map', () => {
    expect(countRows(buildRows(world({ view: null })).values())).toMatchObject({ fresh: 0, stale: 0, lost: 0, outside: 6 })
  })
})

describe('the directory', () => {
  it('has districts with their squads in the order of their numbers, and the brigade beside them', () => {
    const names = directoryOf(UNITS).groups.map((group) => [group.name, ...group.groups.map((squad) => squad.name)])
    expect(names).toEqual([['江东区', '一中队', '二中队'], ['江西区', '三中队'], ['直属大队']])
  })

  it('puts a unit of the district itself under the district, not under a squad of that name', () => {
    const own = unit(7, { ...EAST, squad: 10, squad_name: '江东区', squad_name_en: 'East' })
    const [east] = directoryOf([...UNITS, own]).groups
    expect(east?.units.map((one) => one.number)).toEqual([7])
    expect(east?.groups).toHaveLength(2)
  })

  it('has each unit once', () => {
    expect(directoryOf(UNITS).units.map((one) => one.number).sort()).toEqual([1, 2, 3, 4, 5])
  })
})

describe('the lines', () => {
  it('stand as a tree, units in the order that people count: 9 before 12', () => {
    expect(linesFor().map(words)).toEqual([
      '江东区', '  一中队', '    巡-001', '  二中队', '    CG-9', '    CG-12',
      '江西区', '  三中队', '    摩托 4',
      '直属大队', '  指挥 1',
      'unnamed', '  #9',
    ])
  })

  it('say where each stands among its brothers', () => {
    const at = new Map(linesFor().map((line) => [words(line).trim(), [line.position, line.size]]))
    expect(at.get('江西区')).toEqual([2, 4])
    expect(at.get('二中队')).toEqual([2, 2])
    expect(at.get('CG-12')).toEqual([2, 2])
  })

  it('count a group with all that is in it', () => {
    const counts = new Map(linesFor().flatMap((line) => (line.kind === 'group' ? [[line.group.name, line.counts]] : [])))
    expect(counts.get('江东区')).toEqual({ all: 3, fresh: 1, stale: 1, lost: 1, outside: 0 })
    expect(counts.get('二中队')).toEqual({ all: 2, fresh: 0, stale: 1, lost: 1, outside: 0 })
    expect(counts.get('直属大队')).toEqual({ all: 1, fresh: 0, stale: 0, lost: 0, outside: 1 })
  })

  it('leave out what is folded away, and a search opens it', () => {
    const folded = new Set(['squad-10', 'squad-21'])
    expect(linesFor({ folded }).map(words)).toEqual(['江东区', '江西区', '  三中队', '直属大队', '  指挥 1', 'unnamed', '  #9'])
    expect(linesFor({ folded, search: 'cg' }).map(words)).toEqual(['江东区', '  二中队', '    CG-9', '    CG-12'])
  })

  it('say how many match, folded or not', () => {
    expect(linesOf(directoryOf(UNITS), buildRows(world()), choice({ folded: new Set(['squad-10']) })).matching).toBe(6)
  })

  it('keep their order while positions come', () => {
    const later = new Map([...POSITIONS].map(([number, old]) => [number, { ...old, time: NOW + number * 1000, latitude: old.latitude + 0.001 * number }]))
    expect(linesFor({}, later).map(words)).toEqual(linesFor().map(words))
  })
})

describe('an alarm', () => {
  const positions = new Map(POSITIONS).set(4, fix(4, { time: NOW, alarm: true, longitude: 100 }))

  it('is at the top, and in its squad too, with a key of its own', () => {
    const lines = linesFor({}, positions)
    expect(lines.slice(0, 2).map(words)).toEqual(['alarm', '  摩托 4'])
    expect(lines.filter((line) => line.kind === 'unit' && line.row.number === 4)).toHaveLength(2)
    expect(new Set(lines.map((line) => line.key)).size).toBe(lines.length)
  })

  it('is seen whatever the list is narrowed to, but a search asks for others', () => {
    for (const narrowed of [{ filter: 'fresh' as const }, { kinds: new Set(['car']) }]) expect(words(linesFor(narrowed, positions)[1] as Line).trim()).toBe('摩托 4')
    expect(linesFor({ search: 'cg' }, positions).map(words)).not.toContain('  摩托 4')
  })
})

describe('the search', () => {
  it.each([
    ['', [1, 2, 3, 4, 5, 9]],
    ['cg', [2, 3]],
    ['ＣＧ－９', [3]],
    ['水上', [3]],
    ['boat', [3]],
    ['second squad', [2, 3]],
    ['二中队', [2, 3]],
    ['江西', [4]],
    ['east cg', [2, 3]],
    ['#9', [9]],
    ['  巡-001 ', [1]],
    ['nothing', []],
    ['.*', []],
  ])('for “%s” finds %j', (search, found) => {
    expect(numbers({ search })).toEqual(found)
  })

  it('works together with a state and with kinds', () => {
    expect(numbers({ search: 'cg', filter: 'stale' })).toEqual([2])
    expect(numbers({ filter: 'outside' })).toEqual([4, 5, 9])
    expect(numbers({ kinds: new Set(['e_bike', 'command']) })).toEqual([2, 5])
    expect(numbers({ kinds: new Set(['e_bike']), filter: 'fresh' })).toEqual([])
  })

  it('does not find one word across two fields', () => {
    expect(numbers({ search: '001巡逻车' })).toEqual([])
  })
})
