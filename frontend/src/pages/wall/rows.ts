/** The list of units: one row each, searched, filtered and counted. Pure, so that it can be tested without a page. */
import { ageOf, ageState, type AgeState } from '@/live/age'
import type { Unit } from '@/live/api'
import { contains, type View } from '@/live/interest'
import type { PresenceRow } from '@/live/messages'
import type { Fix } from '@/live/record'

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

/** `outside` are the units that the map does not show now. */
export type Filter = 'all' | AgeState | 'outside'
export type Counts = Record<Filter, number>

export interface RowWorld {
  /** In the order of `orderUnits`. */
  units: readonly Unit[]
  positions: ReadonlyMap<number, Fix>
  presence: ReadonlyMap<number, PresenceRow>
  view: View | null
  now: number
}

const collator = new Intl.Collator('zh-CN', { numeric: true })

/** By call sign, as people count: 9 before 10. Rows keep this order, so that nothing jumps while positions come. */
export function orderUnits(units: readonly Unit[]): Unit[] {
  return [...units].sort((one, other) => collator.compare(one.call_sign, other.call_sign))
}

/** Units in alarm first, then those that the map shows, then the others. */
export function buildRows(world: RowWorld): Row[] {
  const known = new Set(world.units.map((unit) => unit.number))
  const unnamed = [...world.positions.keys()].filter((number) => !known.has(number)).sort((one, other) => one - other)
  const rows = [
    ...world.units.map((unit) => buildRow(unit.number, unit, world)),
    ...unnamed.map((number) => buildRow(number, undefined, world)),
  ]
  return rows.sort((one, other) => rank(one) - rank(other))
}

function buildRow(number: number, unit: Unit | undefined, world: RowWorld): Row {
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

function rank(row: Row): number {
  if (row.fix?.alarm) return 0
  return row.inView ? 1 : 2
}

export function countRows(rows: readonly Row[]): Counts {
  const counts: Counts = { all: rows.length, fresh: 0, stale: 0, lost: 0, outside: 0 }
  for (const row of rows) counts[groupOf(row)] += 1
  return counts
}

function groupOf(row: Row): AgeState | 'outside' {
  return row.inView && row.state !== null ? row.state : 'outside'
}

/** Every word of the search has to be in the unit's call sign, its names, its squad's names or its number. */
export function selectRows(rows: readonly Row[], search: string, filter: Filter): Row[] {
  const words = plain(search).split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    if (filter !== 'all' && groupOf(row) !== filter) return false
    if (words.length === 0) return true
    const text = plain(searchable(row))
    return words.every((word) => text.includes(word))
  })
}

function searchable({ number, callSign, unit }: Row): string {
  return [callSign, `#${number}`, unit?.name, unit?.name_en, unit?.squad_name, unit?.squad_name_en].filter(Boolean).join('\n')
}

/** Full-width and half-width, capital and small letters are the same to someone who searches. */
function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
