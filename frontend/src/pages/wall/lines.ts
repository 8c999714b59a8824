/** The lines of the list: groups and units as they stand under each other, searched, filtered and folded. Pure. */
import type { Filter } from '@/stores/list'
import { plain, wordsOf, type Directory, type Group } from './directory'
import { addCounts, countRows, stateOf, type Counts, type Row } from './rows'

/** Units in alarm stand here as well as in their squads. */
export const ALARM_KEY = 'alarm'
/** Units with a position, of which the registry says nothing yet. */
export const UNNAMED_KEY = 'unnamed'

/** Where a line stands among its brothers, as a screen reader says it. */
interface Standing {
  /** Of its own in the list: a unit in alarm stands in it twice. */
  key: string
  level: number
  position: number
  size: number
}

export type GroupLine = Standing & { kind: 'group'; group: Group; counts: Counts; open: boolean }
export type UnitLine = Standing & { kind: 'unit'; row: Row }
export type Line = GroupLine | UnitLine

export interface Choice {
  search: string
  filter: Filter
  /** Kinds of unit; none chosen means all. */
  kinds: ReadonlySet<string>
  folded: ReadonlySet<string>
}

export interface Lines {
  lines: Line[]
  /** How many units meet the choice, folded away or not. */
  matching: number
}

/** A group with what of it meets the choice. */
interface Branch {
  group: Group
  counts: Counts
  branches: Branch[]
  rows: Row[]
}

export function linesOf(directory: Directory, rows: ReadonlyMap<number, Row>, choice: Choice): Lines {
  const fits = matcher(directory, choice)
  const branches = [...directory.groups.map((group) => branchOf(group, rows, fits)), unnamedOf(directory, rows, fits)]
  const all = [alarmOf(rows, fits, choice), ...branches].filter(isFilled)
  const lines: Line[] = []
  addBranches(lines, all, 1, choice)
  return { lines, matching: branches.reduce((sum, branch) => sum + sizeOf(branch), 0) }
}

/** Every word of the search has to be in the unit's call sign, its names, its bodies' names or its number. */
function matcher(directory: Directory, { search, filter, kinds }: Choice): (row: Row) => boolean {
  const words = wordsOf(search)
  return (row) => {
    if (filter !== 'all' && stateOf(row) !== filter) return false
    if (kinds.size > 0 && !(row.unit && kinds.has(row.unit.kind))) return false
    if (words.length === 0) return true
    const text = directory.texts.get(row.number) ?? plain(row.callSign)
    return words.every((word) => text.includes(word))
  }
}

function branchOf(group: Group, rows: ReadonlyMap<number, Row>, fits: (row: Row) => boolean): Branch {
  const branches = group.groups.map((inner) => branchOf(inner, rows, fits))
  const own = group.units.flatMap((unit) => rows.get(unit.number) ?? [])
  return { group, branches: branches.filter(isFilled), rows: own.filter(fits), counts: addCounts([countRows(own), ...branches.map((branch) => branch.counts)]) }
}

/** Whatever the list is narrowed to, an alarm is seen; only a search is a question about other units. */
function alarmOf(rows: ReadonlyMap<number, Row>, fits: (row: Row) => boolean, { search }: Choice): Branch {
  const alarmed = [...rows.values()].filter((row) => row.fix?.alarm)
  return special(ALARM_KEY, alarmed, search.trim() === '' ? alarmed : alarmed.filter(fits))
}

function unnamedOf({ texts }: Directory, rows: ReadonlyMap<number, Row>, fits: (row: Row) => boolean): Branch {
  const unnamed = [...rows.values()].filter((row) => !texts.has(row.number))
  return special(UNNAMED_KEY, unnamed, unnamed.filter(fits))
}

function special(key: string, all: Row[], rows: Row[]): Branch {
  return { group: { key, name: '', name_en: null, groups: [], units: [] }, counts: countRows(all), branches: [], rows }
}

const isFilled = (branch: Branch): boolean => branch.rows.length > 0 || branch.branches.length > 0

function sizeOf(branch: Branch): number {
  return branch.rows.length + branch.branches.reduce((sum, inner) => sum + sizeOf(inner), 0)
}

function addBranches(lines: Line[], branches: readonly Branch[], level: number, choice: Choice, besides = 0): void {
  branches.forEach(({ group, counts, branches: inner, rows }, index) => {
    // Who searches wants to see what was found.
    const open = choice.search.trim() !== '' || !choice.folded.has(group.key)
    lines.push({ kind: 'group', key: group.key, level, position: index + 1, size: branches.length + besides, group, counts, open })
    if (!open) return
    addBranches(lines, inner, level + 1, choice, rows.length)
    const size = inner.length + rows.length
    rows.forEach((row, at) => {
      lines.push({ kind: 'unit', key: `${group.key}/${row.number}`, level: level + 1, position: inner.length + at + 1, size, row })
    })
  })
}
