/** What the server refuses, in the words of the page's language. Pure: texts and names are handed in. */
import type { Text, TextKey } from '@/i18n'
import { isForeignSession, RequestError } from '@/live/send'
import { governanceRefusal } from './governanceRefusals'

export interface Naming {
  roleName(name: string): string
  atomName(name: string): string
}

type Words = (text: Text, facts: RequestError['facts'], names: Naming) => string

/** By the word that the server refuses with. */
const CODES: Readonly<Record<string, Words>> = {
  own_grant: words('admin.refusal.ownGrant'),
  own_account: words('admin.refusal.ownAccount'),
  own_factor: words('admin.refusal.ownFactor'),
  login_name: words('admin.refusal.login'),
  login_taken: (text, { login }) => (typeof login === 'string' ? text('admin.refusal.loginTaken', { login }) : text('admin.refusal.taken')),
  bad_name: words('admin.refusal.name'),
  name_taken: words('admin.refusal.taken'),
  phone: words('admin.refusal.phone'),
  no_body: words('admin.refusal.body'),
  until_before_since: words('admin.refusal.until'),
  // Of a person it tells which administrator he is; of a key, which rights no key is given.
  separate: (text, { held, got }, names) => (Array.isArray(held)
    ? text('admin.refusal.separate', { held: joined(text, listOf(held).map(names.roleName)) })
    : text('admin.refusal.notForKeys', { rights: joined(text, listOf(got).map(names.atomName)) })),
  missing: (text, { missing }, names) => text('admin.refusal.missing', { rights: joined(text, listOf(missing).map(names.atomName)) }),
  shared_too_long: (text, { days }) => (typeof days === 'number' ? text('admin.refusal.sharedDays', { days }) : text('admin.refusal.sharedLong')),
  needs: (text, { atom }, names) => text('admin.refusal.needs', { right: names.atomName(String(atom)) }),
  reason_needed: words('admin.refusal.reason'),
  identifier_bad: words('admin.refusal.identifier'),
  identifier_taken: words('admin.refusal.identifierTaken'),
  protocol_bad: words('admin.refusal.protocol'),
  no_unit: words('admin.refusal.unit'),
}
const STATUSES: Readonly<Record<number, TextKey>> = {
  0: 'admin.refusal.noAnswer',
  401: 'admin.refusal.signedOut',
  404: 'admin.refusal.gone',
  429: 'admin.refusal.tooMany',
  503: 'admin.refusal.away',
}
/** Which field of a form a refusal is about. */
const FIELDS: Readonly<Record<string, string>> = {
  login_name: 'login',
  login_taken: 'login',
  bad_name: 'name',
  name_taken: 'name',
  phone: 'phone',
  no_body: 'body',
  reason_needed: 'reason',
  identifier_bad: 'identifier',
  identifier_taken: 'identifier',
  protocol_bad: 'protocol',
  no_unit: 'unit',
}

export function asRefusal(error: unknown): RequestError {
  return error instanceof RequestError ? error : new RequestError(0, String(error))
}

export function refusalWords(text: Text, names: Naming, error: RequestError): string {
  const { status, facts, detail, code } = error
  const governed = governanceRefusal(text, error)
  if (governed !== null) return governed
  if (isForeignSession(error)) return text('admin.refusal.otherSession')
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (known) return known(text, facts, names)
  const key = STATUSES[status]
  return key ? text(key) : text('admin.refusal.other', { status, detail })
}

/** Which of these fields it is about; null where it is about none of them. */
export function fieldOf<Field extends string>({ facts, detail, code }: RequestError, fields: readonly Field[]): Field | null {
  // What does not even have the right shape has no code: the sentence begins with the field.
  const shape = /^body\.(\w+)/.exec(detail)?.[1]
  const named = shape ?? (code === 'needs' && 'body' in facts ? 'body' : FIELDS[code])
  return fields.find((field) => field === named) ?? null
}

export function joined(text: Text, words: readonly string[]): string {
  return words.join(text('admin.comma'))
}

function words(key: TextKey): Words {
  return (text) => text(key)
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}
