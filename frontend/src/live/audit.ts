/** The audit: who did what to whom, from where; and who read whose personal data. Moments are ms since 1970. */
import type { Person } from './admin'
import { read } from './send'

/** So many rows come at once; fewer are the last ones. */
export const AUDIT_PAGE = 200

export interface AuditRow {
  id: number
  at: number
  /** A holder, as `person:7`, or a part of the program. */
  actor: string
  actor_name: string
  session: number | null
  address: string | null
  action: string
  /** As `person:7`. */
  object: string | null
  details: Record<string, unknown>
  /** Only of a read of personal data. */
  reason?: string | null
}

export interface AuditQuestion {
  actor: string
  object: string
  /** The beginning of an action. */
  action: string
  since: number | null
  until: number | null
  /** Only reads of personal data. */
  access: boolean
}

/** A page of rows, the newest first; `before` is the last row of the page before. */
export function readAudit(question: AuditQuestion, before: number | null, signal?: AbortSignal): Promise<AuditRow[]> {
  const { actor, object, action, since, until, access } = question
  const asked = { before, actor, object, action, since, until, access: access || null }
  const given = Object.entries(asked).filter(([, value]) => value !== null && value !== '').map(([name, value]) => [name, String(value)])
  return read<AuditRow[]>(`/api/v1/audit?${new URLSearchParams(given).toString()}`, signal)
}

/** The first people whose log-in or name holds the words. */
export async function findPeople(words: string, signal?: AbortSignal): Promise<Person[]> {
  const { people } = await read<{ people: Person[] }>(`/api/v1/people?${new URLSearchParams({ search: words }).toString()}`, signal)
  return people
}
