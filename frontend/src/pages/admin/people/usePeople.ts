import { computed, onBeforeUnmount, reactive, ref, watch } from 'vue'
import { readPeople, readPerson, type PeoplePage, type Person } from '@/live/admin'
import { useNames } from '../names'
import { useLoad, type Load } from '../useLoad'
import { beneath } from './bodyTree'

/** So long nothing more has to be typed before the server is asked. */
export const PAUSE_MILLISECONDS = 250
/** For a body the page has to know all people: it asks for so many pages by itself, for more by a button. */
const MOST_PAGES = 20

export interface People {
  search: string
  /** Null: all bodies. */
  body: number | null
  list: Load<PeoplePage>
  /** The further pages: whether one is being read, and why one could not be. */
  rest: Load<PeoplePage>
  /** Those of the chosen body, or all. */
  readonly shown: readonly Person[]
  look(words: string): void
  loadMore(): Promise<void>
  /** Reads one of the list again after something was done to him; null where he cannot be read. */
  renew(person: Person): Promise<Person | null>
}

export function usePeople(): People {
  const names = useNames()
  const [search, body] = [ref(''), ref<number | null>(null)]
  const list = useLoad((signal) => readPeople(search.value.trim(), 0, signal))
  const rest = useLoad((signal) => readPeople(search.value.trim(), list.found?.more ?? 0, signal))
  let timer: ReturnType<typeof setTimeout> | undefined

  const shown = computed(() => {
    const people = list.found?.people ?? []
    if (body.value === null) return people
    const within = beneath(names.bodies.found ?? [], body.value)
    return people.filter((person) => within.has(person.body))
  })

  function look(words: string): void {
    search.value = words
    clearTimeout(timer)
    timer = setTimeout(() => void list.load().then(loadRest), PAUSE_MILLISECONDS)
  }

  async function loadMore(): Promise<void> {
    const before = list.found
    if (before === null || before.more === null) return
    await rest.load()
    // Meanwhile something else may have been searched for.
    if (rest.found === null || rest.error !== null || list.found !== before) return
    list.found = { people: [...before.people, ...rest.found.people], more: rest.found.more }
  }

  async function loadRest(): Promise<void> {
    for (let page = 0; page < MOST_PAGES && body.value !== null && list.found?.more; page += 1) {
      const before = list.found
      await loadMore()
      if (list.found === before) return
    }
  }

  async function renew(person: Person): Promise<Person | null> {
    const now = await readPerson(person).catch(() => null)
    if (now && list.found) list.found = { ...list.found, people: list.found.people.map((one) => (one.id === now.id ? now : one)) }
    return now
  }

  watch(body, () => void loadRest())
  onBeforeUnmount(() => { clearTimeout(timer) })
  void list.load()
  return reactive({ search, body, list, rest, shown, look, loadMore, renew })
}
