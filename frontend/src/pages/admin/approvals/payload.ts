/** What is asked for, and what came of it, in words. Pure. */
import type { Text } from '@/i18n'
import { APPROVAL_KINDS, type Approval, type ApprovalKind } from '@/live/approvals'

export interface Wording {
  at(time: number): string
  bodyName(id: number): string
}

export function kindOf({ kind }: Approval): ApprovalKind | null {
  return APPROVAL_KINDS.find((known) => known === kind) ?? null
}

/** A kind that is not known here is shown as the server has it. */
export function kindWords(text: Text, approval: Approval): string {
  const kind = kindOf(approval)
  return kind ? text(`approvals.kinds.${kind}`) : approval.kind
}

export function payloadWords(text: Text, wording: Wording, approval: Approval): string {
  const { payload } = approval
  const number = (name: string): number => Number(payload[name])
  switch (kindOf(approval)) {
    case 'purge': return text('approvals.payload.purge', { before: wording.at(number('before')) })
    case 'evidence_deletion': return text('approvals.payload.evidence_deletion', { hold: number('hold') })
    case 'bulk_export': return text('approvals.payload.bulk_export', { body: wording.bodyName(number('body')), from: wording.at(number('from')), to: wording.at(number('to')) })
    case 'audit_settings': return [
      ...(payload['anchor_hours'] === undefined ? [] : [text('approvals.payload.anchor_hours', { hours: number('anchor_hours') })]),
      ...(payload['reason_signs'] === undefined ? [] : [text('approvals.payload.reason_signs', { signs: number('reason_signs') })]),
    ].join(text('admin.comma'))
    case null: return JSON.stringify(payload)
  }
}

const EXPORT_MILLISECONDS = 24 * 3_600_000

/** The file of an export can be fetched by who asked for it, for a day. */
export function canFetch(approval: Approval, now: number): boolean {
  return kindOf(approval) === 'bulk_export' && approval.state === 'approved' && approval.own && approval.decided_at !== null && now - approval.decided_at < EXPORT_MILLISECONDS
}
