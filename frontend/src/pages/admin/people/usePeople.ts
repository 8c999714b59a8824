import { readPeople, readPerson, type Person } from '@/live/admin'
import { usePaged, type Paged } from '../usePaged'

export interface People {
  paged: Paged<Person>
  /** Reads one of the list again after something was done to him; null where he cannot be read. */
  renew(person: Person): Promise<Person | null>
}

export function usePeople(): People {
  const paged = usePaged<Person>((question, signal) => readPeople(question, signal).then(({ people, more }) => ({ rows: people, more })))

  async function renew(person: Person): Promise<Person | null> {
    const now = await readPerson(person).catch(() => null)
    if (now) paged.replace(now)
    return now
  }

  return { paged, renew }
}
