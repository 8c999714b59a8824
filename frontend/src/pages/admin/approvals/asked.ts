/** A request for approval as it is being entered. Pure. */
import type { ApprovalKind, Payloads } from '@/live/approvals'
import { momentOf } from '../entered'

export interface EnteredRequest {
  kind: ApprovalKind
  before: string
  hold: number | null
  body: number | null
  from: string
  to: string
  /** As their fields have them: empty for nothing. */
  anchor_hours: string | number
  reason_signs: string | number
  reason: string
}

export const LEAST_REASON = 3

export type Field = 'before' | 'hold' | 'body' | 'to' | 'settings' | 'reason'

/** What is still missing or wrong. */
export function faultsOf(entered: EnteredRequest, now: number): Partial<Record<Field, 'missing' | 'future' | 'order' | 'reason' | 'number'>> {
  const faults: ReturnType<typeof faultsOf> = {}
  if (entered.reason.trim().length < LEAST_REASON) faults.reason = 'reason'
  const [before, from, to] = [momentOf(entered.before), momentOf(entered.from), momentOf(entered.to)]
  if (entered.kind === 'purge' && before === null) faults.before = 'missing'
  else if (entered.kind === 'purge' && before !== null && before > now) faults.before = 'future'
  if (entered.kind === 'evidence_deletion' && entered.hold === null) faults.hold = 'missing'
  if (entered.kind === 'bulk_export' && entered.body === null) faults.body = 'missing'
  if (entered.kind === 'bulk_export' && (from === null || to === null)) faults.to = 'missing'
  else if (entered.kind === 'bulk_export' && from !== null && to !== null && from >= to) faults.to = 'order'
  if (entered.kind === 'audit_settings' && !(isCount(entered.anchor_hours) && isCount(entered.reason_signs))) faults.settings = 'number'
  return faults
}

function isCount(value: string | number): boolean {
  return Number.isSafeInteger(Number(value)) && Number(value) > 0
}

/** Null where something is missing or wrong. Of the settings only what is other than now is asked for. */
export function payloadOf(entered: EnteredRequest, present: Payloads['audit_settings'], now: number): Payloads[ApprovalKind] | null {
  if (Object.keys(faultsOf(entered, now)).length > 0) return null
  const moment = (typed: string): number => momentOf(typed) ?? 0
  switch (entered.kind) {
    case 'purge': return { before: moment(entered.before) }
    case 'evidence_deletion': return { hold: entered.hold ?? 0 }
    case 'bulk_export': return { body: entered.body ?? 0, from: moment(entered.from), to: moment(entered.to) }
    case 'audit_settings': {
      const [hours, signs] = [Number(entered.anchor_hours), Number(entered.reason_signs)]
      const changed = { ...(hours === present.anchor_hours ? {} : { anchor_hours: hours }), ...(signs === present.reason_signs ? {} : { reason_signs: signs }) }
      return Object.keys(changed).length > 0 ? changed : null
    }
  }
}
