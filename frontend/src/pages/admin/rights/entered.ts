/** A grant as it is being entered, and what is wrong with it. Pure. */
import type { NewGrant } from '@/live/admin'
import { scopeOf, type EnteredScope } from './scope'

export interface EnteredWhat {
  kind: 'role' | 'atoms'
  /** Empty: none chosen yet. */
  role: string
  atoms: string[]
}

export interface EnteredGrant {
  what: EnteredWhat
  scope: EnteredScope
  /** As the browser's field has it: local time without a zone; empty: until it is taken back. */
  until: string
  reason: string
}

export interface Faults {
  what?: 'role' | 'atoms'
  scope?: 'body' | 'units'
  until?: 'past'
}

export function faultsOf({ what, scope, until }: EnteredGrant, now: number): Faults {
  const faults: Faults = {}
  if (what.kind === 'role' ? what.role === '' : what.atoms.length === 0) faults.what = what.kind
  if (scope.kind !== 'everything' && scopeOf(scope) === null) faults.scope = scope.kind
  if (until !== '' && !(new Date(until).getTime() > now)) faults.until = 'past'
  return faults
}

/** Null where something is wrong with it. */
export function grantOf(entered: EnteredGrant, now: number): NewGrant | null {
  const { what, until, reason } = entered
  const scope = scopeOf(entered.scope)
  if (scope === null || Object.keys(faultsOf(entered, now)).length > 0) return null
  return {
    ...(what.kind === 'role' ? { role: what.role } : { atoms: [...what.atoms] }),
    scope,
    ...(until === '' ? {} : { until: new Date(until).toISOString() }),
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  }
}
