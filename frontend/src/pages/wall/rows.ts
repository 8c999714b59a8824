/** What the page knows of each unit at one moment, and how many are in which state. Pure. */
import { ageOf, ageState, type AgeState } from '@/live/age'
import type { Unit } from '@/live/api'
import { contains, type View } from '@/live/interest'
import type { PresenceRow } from '@/live/messages'
import type { Fix } from '@/live/record'
import type { Filter } from '@/stores/list'

export interface Row {
  number: number
  callSign: string
  unit: Unit | undefined
  fix: Fix | undefined
  inView: boolean
  age: number | null
  state: AgeState | null
  presence: PresenceRow | undefined
}

export type Counts = Record<Filter, number>

export interface RowWorld {
  units: readonly Unit[]
  positions: ReadonlyMap<number, Fix>
  presence: ReadonlyMap<number, PresenceRow>
  view: View | null
  now: number
}

/** A row for each unit of the registry, in its order, then for those that only have a position yet. */
export function buildRows(world: RowWorld): Map<number, Row> {
  const rows = new Map(world.units.map((unit) => [unit.number, buildRow(unit.number, unit, world)]))
  const unnamed = [...world.positions.keys()].filter((number) => !rows.has(number)).sort((one, other) => one - other)
  for (const number of unnamed) rows.set(number, buildRow(number, undefined, world))
  return rows
}

export function buildRow(number: number, unit: Unit | undefined, world: Omit<RowWorld, 'units'>): Row {
  const fix = world.positions.get(number)
  const age = fix ? ageOf(fix, world.now) : null
  return {
    number,
    callSign: unit?.call_sign ?? `#${number}`,
    unit,
    fix,
    inView: fix !== undefined && world.view !== null && contains(world.view, fix),
    age,
    state: age === null ? null : ageState(age),
    presence: world.presence.get(number),
  }
}

export function countRows(rows: Iterable<Row>): Counts {
  const counts: Counts = { all: 0, fresh: 0, stale: 0, lost: 0, outside: 0 }
  for (const row of rows) {
    counts.all += 1
    counts[stateOf(row)] += 1
  }
  return counts
}

export function addCounts(all: readonly Counts[]): Counts {
  const sum: Counts = { all: 0, fresh: 0, stale: 0, lost: 0, outside: 0 }
  for (const counts of all) for (const key of Object.keys(sum) as Filter[]) sum[key] += counts[key]
  return sum
}

export function stateOf(row: Row): AgeState | 'outside' {
  return row.inView && row.state !== null ? row.state : 'outside'
}
