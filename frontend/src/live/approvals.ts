/** What two people have to agree on: one asks, another one decides. Moments are ms since 1970. */
import { read, send } from './send'

export const APPROVAL_KINDS = ['purge', 'evidence_deletion', 'bulk_export', 'audit_settings'] as const
export type ApprovalKind = (typeof APPROVAL_KINDS)[number]
export type ApprovalState = 'open' | 'approved' | 'refused' | 'withdrawn' | 'expired'

export interface Payloads {
  /** Everything older than that. */
  purge: { before: number }
  evidence_deletion: { hold: number }
  bulk_export: { body: number; from: number; to: number }
  audit_settings: { anchor_hours?: number; reason_signs?: number }
}

export interface Approval {
  id: number
  kind: string
  payload: Record<string, unknown>
  reason: string
  asked_by: string | number
  asked_by_name: string
  asked_at: number
  state: ApprovalState
  decided_by_name: string | null
  decided_at: number | null
  decided_reason: string | null
  /** Asked by this person, who may withdraw it and never decides it. */
  own: boolean
  may_decide: boolean
  expires_at: number | null
  result: Record<string, unknown> | null
}

export interface AuditSettings {
  anchor_hours: number
  reason_signs: number
}

const API = '/api/v1/approvals'

export const readApprovals = (signal?: AbortSignal): Promise<Approval[]> => read<Approval[]>(`${API}?state=all`, signal)
export const askApproval = <Kind extends ApprovalKind>(kind: Kind, payload: Payloads[Kind], reason: string): Promise<{ id: number }> =>
  send('POST', API, { kind, payload, reason })
export const approve = (id: number, reason: string): Promise<{ result: unknown }> => send('POST', `${API}/${id}/approve`, reason === '' ? {} : { reason })
export const refuse = (id: number, reason: string): Promise<undefined> => send('POST', `${API}/${id}/refuse`, { reason })
export const withdraw = (id: number): Promise<undefined> => send('POST', `${API}/${id}/withdraw`)
/** Where the browser fetches the file of an approved export. */
export const exportAddress = (id: number): string => `${API}/${id}/export`
export const readAuditSettings = (signal?: AbortSignal): Promise<AuditSettings> => read<AuditSettings>('/api/v1/audit/settings', signal)
