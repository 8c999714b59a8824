/** Signing in, step by step, and one's own account; the steps are the server's, see `backend/identity/login.py`. */
import { read, send } from './send'

/** What the server asks for next. */
export type NextStep = 'done' | 'factor' | 'new_factor' | 'new_password'

export interface Next {
  next: NextStep
}

/** What a password must be: signs, and kinds of them out of four. */
export interface PasswordRules {
  length: number
  kinds: number
}

/** A secret for an authenticator app, and the same as a picture (SVG). */
export interface OfferedFactor {
  secret: string
  picture: string
}

export interface Invited {
  login: string
  name: string
  rules: PasswordRules
}

export interface DemoPerson {
  login: string
  name: string
  name_en: string | null
  body: string
  body_en: string | null
  roles: string[]
}

export interface Profile extends DemoPerson {
  second_factor: boolean
  /** How many are left. */
  recovery_codes: number
  /** Milliseconds since 1970; null for somebody who has none. */
  password_set_at: number | null
  rules: PasswordRules
}

export const signIn = (login: string, password: string): Promise<Next> => send('POST', '/api/v1/login', { login, password })
export const sendCode = (code: string): Promise<Next> => send('POST', '/api/v1/login/factor', { code })
export const offerFactor = (): Promise<OfferedFactor> => send('POST', '/api/v1/login/new-factor')
/** The recovery codes are told this once. */
export const confirmFactor = (code: string): Promise<Next & { codes: string[] }> => send('POST', '/api/v1/login/new-factor/confirm', { code })
export const renewPassword = (password: string): Promise<Next> => send('POST', '/api/v1/login/password', { password })
export const lookAtLink = (token: string): Promise<Invited> => send('POST', '/api/v1/enrol/look', { token })
export const enrol = (token: string, password: string): Promise<Next> => send('POST', '/api/v1/enrol', { token, password })
/** Null where no demo runs; empty while it has only just begun. */
export const readDemoPeople = (): Promise<DemoPerson[] | null> => read('/api/v1/demo-people')
export const signInAsDemo = (login: string): Promise<Next> => send('POST', '/api/v1/demo-login', { login })
export const signOut = (): Promise<Next> => send('POST', '/api/v1/logout')
/** The person is still before the page. */
export const sayHere = (): Promise<void> => send('POST', '/api/v1/session/here')
export const readProfile = (): Promise<Profile> => read('/api/v1/profile')
export const changePassword = (old: string, wanted: string): Promise<void> => send('POST', '/api/v1/profile/password', { old, new: wanted })
