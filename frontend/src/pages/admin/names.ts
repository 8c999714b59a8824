import { inject, provide, type InjectionKey } from 'vue'
import { useText } from '@/i18n'
import { personName, roleName as wordOfRole } from '@/i18n/words'
import { readBodies, readRoles, type Atom, type Body, type Role, type Roles } from '@/live/admin'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import type { Naming } from './refusals'
import { useLoad, type Load } from './useLoad'

/** What the tabs have in common: the bodies and the roles, read once, and all of it by name. */
export interface Names extends Naming {
  bodies: Load<Body[]>
  roles: Load<Roles>
  bodyName(id: number): string
  /** In the page's language, where the person or body has a name in it. */
  named(one: { name: string; name_en?: string | null }): string
  words(one: Role | Atom): string
  may(atom: string): boolean
}

const KEY: InjectionKey<Names> = Symbol('names')

export function provideNames(): Names {
  const [text, preferences, session] = [useText(), usePreferences(), useSession()]
  const [bodies, roles] = [useLoad(readBodies), useLoad(readRoles)]

  const named = (one: { name: string; name_en?: string | null }): string => personName(one, preferences.language)
  const words = (one: Role | Atom): string => (preferences.language === 'en' ? one.words_en : one.words_zh)
  const may = (atom: string): boolean => session.atoms.includes(atom)

  function bodyName(id: number): string {
    const body = bodies.found?.find((one) => one.id === id)
    return body ? named(body) : `#${id}`
  }
  function roleName(name: string): string {
    const role = roles.found?.roles.find((one) => one.name === name)
    return role ? words(role) : wordOfRole(text, name)
  }
  function atomName(name: string): string {
    const atom = roles.found?.atoms.find((one) => one.name === name)
    return atom ? words(atom) : name
  }

  if (may('organisation.read')) void bodies.load()
  if (may('grant.read')) void roles.load()
  const names: Names = { bodies, roles, bodyName, roleName, atomName, named, words, may }
  provide(KEY, names)
  return names
}

export function useNames(): Names {
  const names = inject(KEY)
  if (!names) throw new Error('the names are provided by the page of administration')
  return names
}
