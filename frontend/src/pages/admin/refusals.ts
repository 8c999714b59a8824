/** What the server refuses, in the words of the page's language. Pure: texts and names are handed in. */
import type { Text, TextKey } from '@/i18n'
import { isForeignSession, RequestError } from '@/live/send'

export interface Naming {
  roleName(name: string): string
  atomName(name: string): string
}

/** The server has no code for these, only its sentence: one that is not known here is shown as it is. */
const SENTENCES: readonly (readonly [RegExp, TextKey])[] = [
  [/grants himself/, 'admin.refusal.ownGrant'],
  [/disables himself/, 'admin.refusal.ownAccount'],
  [/his own second factor/, 'admin.refusal.ownFactor'],
  [/log-in name/, 'admin.refusal.login'],
  [/bad name/, 'admin.refusal.name'],
  [/telephone number/, 'admin.refusal.phone'],
  [/no body/, 'admin.refusal.body'],
  [/ends after it begins/, 'admin.refusal.until'],
]
const STATUSES: Readonly<Record<number, TextKey>> = {
  0: 'admin.refusal.noAnswer',
  401: 'admin.refusal.signedOut',
  404: 'admin.refusal.gone',
  429: 'admin.refusal.tooMany',
  503: 'admin.refusal.away',
}
const FIELDS = ['login', 'name', 'name_en', 'body', 'phone'] as const
export type PersonField = (typeof FIELDS)[number]

export function asRefusal(error: unknown): RequestError {
  return error instanceof RequestError ? error : new RequestError(0, String(error))
}

export function refusalWords(text: Text, names: Naming, error: RequestError): string {
  const { status, facts, detail } = error
  const [held, missing] = [listOf(facts['held']), listOf(facts['missing'])]
  const [login, days] = [facts['login'], /within (\d+) days/.exec(detail)?.[1]]
  const known = SENTENCES.find(([sentence]) => sentence.test(detail))
  if (isForeignSession(error)) return text('admin.refusal.otherSession')
  if (status === 409 && typeof login === 'string') return text('admin.refusal.loginTaken', { login })
  if (held.length > 0) return text('admin.refusal.separate', { held: joined(text, held.map(names.roleName)) })
  if (missing.length > 0) return text('admin.refusal.missing', { rights: joined(text, missing.map(names.atomName)) })
  if (days !== undefined) return text('admin.refusal.sharedDays', { days })
  if (known) return text(known[1])
  if (status === 403 && typeof facts['atom'] === 'string') return text('admin.refusal.needs', { right: names.atomName(facts['atom']) })
  const key = STATUSES[status]
  return key ? text(key) : text('admin.refusal.other', { status, detail })
}

/** Which field of a new person it is about; null where it is about none of them. */
export function fieldOf({ status, facts, detail }: RequestError): PersonField | null {
  const named = /^body\.(\w+)/.exec(detail)?.[1]
  if (named !== undefined) return FIELDS.find((field) => field === named) ?? null
  if (status === 409 && 'login' in facts) return 'login'
  if (status === 403 && /for body \d+/.test(detail)) return 'body'
  if (status !== 422) return null
  if (/log-in name/.test(detail)) return 'login'
  if (/telephone number/.test(detail)) return 'phone'
  if (/no body/.test(detail)) return 'body'
  return /name/.test(detail) ? 'name' : null
}

export function joined(text: Text, words: readonly string[]): string {
  return words.join(text('admin.comma'))
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
