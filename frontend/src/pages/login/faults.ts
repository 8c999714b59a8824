import type { TextKey } from '@/i18n'
import type { PasswordRules } from '@/live/account'
import { isForeignSession, RequestError } from '@/live/send'

/** What went wrong, as a text of the page: it is told anew when the language changes. */
export interface Fault {
  key: TextKey
  values?: Record<string, string | number>
}

/** Tells by status and rule what was wrong; `refused` is what 401 means for this form. */
export function faultOf(error: unknown, refused: TextKey): Fault {
  if (!(error instanceof RequestError)) return { key: 'login.faults.failed' }
  switch (error.status) {
    case 0: return { key: 'login.faults.network' }
    case 401: return { key: error.facts['rule'] === 'restart' ? 'login.faults.restart' : refused }
    case 403: return { key: isForeignSession(error) ? 'login.faults.foreign' : 'login.faults.address' }
    case 409: return { key: 'login.faults.restart' }
    case 422: return passwordFault(error)
    case 429: return { key: 'login.faults.tooMany', values: { seconds: Number(error.facts['seconds'] ?? 60) } }
    case 503: return { key: 'login.faults.away' }
    default: return { key: 'login.faults.failed' }
  }
}

/** What a password must be, where the server says so by refusing one. */
export function expectedRules(error: unknown): PasswordRules | null {
  const expected = error instanceof RequestError ? error.facts['expected'] : null
  if (typeof expected !== 'object' || expected === null || !('length' in expected) || !('kinds' in expected)) return null
  return { length: Number(expected.length), kinds: Number(expected.kinds) }
}

function passwordFault(error: RequestError): Fault {
  const rules = expectedRules(error)
  if (rules) return { key: 'login.faults.plain', values: { ...rules } }
  switch (error.facts['rule']) {
    case 'login': return { key: 'login.faults.holdsLogin' }
    case 'used': return { key: 'login.faults.used' }
    default: return { key: 'login.faults.failed' }
  }
}
