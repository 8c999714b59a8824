import type { Person } from '@/live/admin'

export type PersonState = 'disabled' | 'invited' | 'locked' | 'active'

/** What stands in the way of signing in, the strongest first. */
export function personState(person: Person, now: number): PersonState {
  if (person.disabled) return 'disabled'
  if (!person.enrolled) return 'invited'
  return person.locked_until !== null && person.locked_until > now ? 'locked' : 'active'
}

export const STATE_COLOURS: Readonly<Record<PersonState, string>> = { active: 'fresh', invited: 'stale', locked: 'alarm', disabled: 'lost' }
