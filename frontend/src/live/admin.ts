/** What the page of administration asks and tells: people, their rights, who is signed in. Moments are ms since 1970. */
import { read, send } from './send'

export interface Body {
  id: number
  /** Null for the uppermost; may name one that this person does not see. */
  parent: number | null
  kind: string
  name: string
  name_en: string | null
}

export interface Person {
  id: number
  login: string
  name: string
  name_en: string | null
  body: number
  /** Masked: 138****1234. */
  phone: string | null
  roles: string[]
  enrolled: boolean
  second_factor: boolean
  disabled: boolean
  /** May be over already. */
  locked_until: number | null
  seen_at: number | null
}

/** `more`: the `after` of the next page, null at the end. */
export interface PeoplePage {
  people: Person[]
  more: number | null
}

export interface PeopleQuestion {
  search: string
  /** That body and all beneath; null: all. */
  body: number | null
  after: number
}

export interface NewPerson {
  login: string
  name: string
  name_en: string | null
  body: number
  phone: string | null
}

/** Given this once: the path of the page with the token behind its #, and how long it opens. */
export interface OneTimeLink {
  id: number
  path: string
  hours: number
}

export interface Atom {
  name: string
  words_zh: string
  words_en: string
}

/** `separate`: nobody holds two of those; `lasting`: its sessions do not end by idleness. */
export interface Role {
  name: string
  words_zh: string
  words_en: string
  atoms: string[]
  second_factor: boolean
  lasting: boolean
  separate: boolean
}

export interface Roles {
  roles: Role[]
  atoms: Atom[]
}

export type GrantScope = { everything: true } | { body: number } | { cells: string[] } | { units: number[] }

export interface Grant {
  id: number
  role: string | null
  atoms: string[]
  scope: GrantScope
  since: number
  until: number | null
  by: string | null
  reason: string | null
}

/** Of a role or of atoms, never of both; `until` in ISO 8601 with its zone. */
export interface NewGrant {
  role?: string
  atoms?: string[]
  scope: GrantScope
  until?: string
  reason?: string
}

export interface SessionRow {
  id: number
  person: number
  login: string
  name: string
  opened_at: number
  seen_at: number
  lasting: boolean
  address: string | null
  agent: string | null
  own: boolean
}

const API = '/api/v1'

export const readBodies = (signal?: AbortSignal): Promise<Body[]> => read<Body[]>(`${API}/bodies`, signal)
export const readRoles = (signal?: AbortSignal): Promise<Roles> => read<Roles>(`${API}/roles`, signal)
export const readSessions = (signal?: AbortSignal): Promise<SessionRow[]> => read<SessionRow[]>(`${API}/sessions`, signal)
export const readGrants = (person: number, signal?: AbortSignal): Promise<Grant[]> => read<Grant[]>(`${API}/people/${person}/grants`, signal)

/** A page of those of a body and all beneath it, or of all, whose log-in or name holds the words, after a person of that id. */
export function readPeople({ search, body, after }: PeopleQuestion, signal?: AbortSignal): Promise<PeoplePage> {
  const query = new URLSearchParams({ search, ...(body === null ? {} : { body: String(body) }), after: String(after) })
  return read<PeoplePage>(`${API}/people?${query.toString()}`, signal)
}

/** One person as he is now; null for who is not to be seen any more. The list goes by id, so he is the next after the id before. */
export async function readPerson({ id, login }: Pick<Person, 'id' | 'login'>, signal?: AbortSignal): Promise<Person | null> {
  const page = await readPeople({ search: login, body: null, after: id - 1 }, signal)
  return page.people.find((person) => person.id === id) ?? null
}

export const addPerson = (person: NewPerson): Promise<OneTimeLink> => send<OneTimeLink>('POST', `${API}/people`, person)
export const makeLink = (person: number): Promise<OneTimeLink> => send<OneTimeLink>('POST', `${API}/people/${person}/link`)
/** The whole number; the server writes down who read it, and why. */
export const readPhone = (person: number, reason: string): Promise<{ phone: string }> => send('POST', `${API}/people/${person}/phone`, { reason })
export const changeAccount = (person: number, change: AccountChange): Promise<undefined> => send('POST', `${API}/people/${person}/${change}`)
/** Returns the grant's id. */
export const giveGrant = (person: number, grant: NewGrant): Promise<number> => send<number>('POST', `${API}/people/${person}/grants`, grant)
export const takeBack = (grant: number): Promise<undefined> => send('DELETE', `${API}/grants/${grant}`)
export const endSession = (session: number): Promise<undefined> => send('DELETE', `${API}/sessions/${session}`)

export type AccountChange = 'disable' | 'enable' | 'unlock' | 'reset-factor'
