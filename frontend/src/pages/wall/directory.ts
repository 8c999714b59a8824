/** The units by the bodies that they belong to: districts with their squads; brigade and departments beside. Pure. */
import type { Unit } from '@/live/api'

export interface Group {
  /** Stays the same while the bodies do: what somebody folded is kept by it. */
  key: string
  name: string
  name_en: string | null
  groups: Group[]
  units: Unit[]
}

export interface Directory {
  groups: Group[]
  /** All units, in the order of the groups. */
  units: Unit[]
  /** By unit, what a search looks at. */
  texts: ReadonlyMap<number, string>
}

const collator = new Intl.Collator('zh-CN', { numeric: true })

/**
 * Bodies in the order of their numbers, that is as they were entered: an order by name would put the second squad
 * (二, èr) before the first (一, yī). Units by call sign, as people count: 9 before 10.
 */
export function directoryOf(units: readonly Unit[]): Directory {
  const groups = new Map<string, Group & { order: number }>()
  for (const unit of [...units].sort((one, other) => collator.compare(one.call_sign, other.call_sign))) {
    squadOf(unit, groups).units.push(unit)
  }
  const top = inOrder([...groups.values()])
  for (const district of top) district.groups = inOrder(district.groups as (Group & { order: number })[])
  const ordered = top.flatMap(unitsOf)
  return { groups: top, units: ordered, texts: new Map(ordered.map((unit) => [unit.number, plain(searchable(unit))])) }
}

/** Units of the group itself, and of the groups in it. */
export function unitsOf(group: Group): Unit[] {
  return [...group.groups.flatMap(unitsOf), ...group.units]
}

type Numbered = Group & { order: number }

function squadOf(unit: Unit, top: Map<string, Numbered>): Group {
  const squad = { key: `squad-${unit.squad}`, name: unit.squad_name ?? '', name_en: unit.squad_name_en, order: Number(unit.squad) }
  // A unit of the brigade, of a department, or of the district's own: its body is at the top.
  if (!unit.district_name || unit.district === unit.squad) return found(top, squad)
  const district = found(top, { key: `squad-${unit.district}`, name: unit.district_name, name_en: unit.district_name_en, order: Number(unit.district) })
  const known = district.groups.find((group) => group.key === squad.key)
  if (known) return known
  const added: Numbered = { ...squad, groups: [], units: [] }
  district.groups.push(added)
  return added
}

function found(groups: Map<string, Numbered>, body: Omit<Numbered, 'groups' | 'units'>): Numbered {
  const known = groups.get(body.key)
  if (known) return known
  const added: Numbered = { ...body, groups: [], units: [] }
  groups.set(body.key, added)
  return added
}

/** Districts first: brigade and departments stand beside them. */
function inOrder(groups: Numbered[]): Numbered[] {
  const rank = (group: Numbered): number => (group.groups.length > 0 ? 0 : 1)
  return groups.sort((one, other) => rank(one) - rank(other) || one.order - other.order)
}

function searchable({ number, call_sign, name, name_en, squad_name, squad_name_en, district_name, district_name_en }: Unit): string {
  return [call_sign, `#${number}`, name, name_en, squad_name, squad_name_en, district_name, district_name_en].filter(Boolean).join('\n')
}

/** Full-width and half-width, capital and small letters are the same to someone who searches. */
export function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

export function wordsOf(search: string): string[] {
  return plain(search).split(/\s+/).filter(Boolean)
}
