/** Where a grant holds: in words, and from what is typed. Pure. */
import type { Text } from '@/i18n'
import type { GrantScope } from '@/live/admin'
import { joined } from '../refusals'

export const SCOPE_KINDS = ['body', 'units', 'everything'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]

/** A scope as it is being entered; cells are not given by hand. */
export interface EnteredScope {
  kind: ScopeKind
  body: number | null
  units: string
}

export function scopeWords(text: Text, bodyName: (id: number) => string, scope: GrantScope): string {
  if ('body' in scope) return text('admin.scope.ofBody', { body: bodyName(scope.body) })
  if ('units' in scope) return text('admin.scope.ofUnits', { units: joined(text, scope.units.map(String)) })
  return 'cells' in scope ? text('admin.scope.ofCells', { count: scope.cells.length }) : text('admin.scope.everything')
}

/** Null where something is missing or cannot be read. */
export function scopeOf(entered: EnteredScope): GrantScope | null {
  if (entered.kind === 'everything') return { everything: true }
  if (entered.kind === 'body') return entered.body === null ? null : { body: entered.body }
  const units = unitNumbers(entered.units)
  return units ? { units } : null
}

/** Numbers with whatever stands between them: "101, 102", "101、102", "101 102". Null where there is none, or something else. */
export function unitNumbers(typed: string): number[] | null {
  const parts = typed.split(/[\s,;，、；]+/).filter((part) => part !== '')
  const numbers = parts.map(Number)
  const valid = parts.every((part) => /^\d+$/.test(part)) && numbers.every((number) => number > 0 && Number.isSafeInteger(number))
  return parts.length > 0 && valid ? [...new Set(numbers)] : null
}
