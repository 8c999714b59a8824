import { reactive, ref, shallowRef } from 'vue'
import type { Person } from '@/live/admin'
import { AUDIT_PAGE, findPeople, readAudit, type AuditQuestion, type AuditRow } from '@/live/audit'
import { momentOf } from '../entered'
import { useLoad, type Load } from '../useLoad'

/** What is typed, as the fields have it. */
export interface EnteredQuestion {
  /** A log-in, or a holder as `person:7`. */
  person: string
  object: string
  action: string
  since: string
  until: string
  access: boolean
}

export interface AuditPage {
  rows: AuditRow[]
  more: boolean
}

export interface Audit {
  entered: EnteredQuestion
  page: Load<AuditPage>
  older: Load<AuditRow[]>
  /** Nobody has the log-in that was typed. */
  nobody: boolean
  search(): Promise<void>
  loadOlder(): Promise<void>
}

const HOLDER = /^(\w+:\S+|command line)$/

export function useAudit(): Audit {
  const entered = reactive<EnteredQuestion>({ person: '', object: '', action: '', since: '', until: '', access: false })
  /** Of the page that is shown: what is typed meanwhile is of the next search. */
  const asked = shallowRef<AuditQuestion | null>(null)
  const nobody = ref(false)
  const page = useLoad(async (signal): Promise<AuditPage> => {
    const question = await questionOf(entered, signal)
    nobody.value = question === null
    asked.value = question
    const rows = question ? await readAudit(question, null, signal) : []
    return { rows, more: rows.length >= AUDIT_PAGE }
  })
  const older = useLoad((signal) => readAudit(asked.value ?? NOTHING, page.found?.rows.at(-1)?.id ?? null, signal))

  async function loadOlder(): Promise<void> {
    const before = page.found
    await older.load()
    if (!before || older.error || !older.found || page.found !== before) return
    page.found = { rows: [...before.rows, ...older.found], more: older.found.length >= AUDIT_PAGE }
  }

  void page.load()
  return reactive({ entered, page, older, nobody, search: page.load, loadOlder })
}

const NOTHING: AuditQuestion = { actor: '', object: '', action: '', since: null, until: null, access: false }

/** Null where nobody has that log-in. */
async function questionOf({ person, object, action, since, until, access }: EnteredQuestion, signal: AbortSignal): Promise<AuditQuestion | null> {
  const typed = person.trim()
  const actor = typed === '' || HOLDER.test(typed) ? typed : holderOf(typed, await findPeople(typed, signal))
  if (actor === null) return null
  return { actor, object: object.trim(), action: action.trim(), since: momentOf(since), until: momentOf(until), access }
}

/** By log-in or name; of several that hold the words the one that is just so, or the only one. */
function holderOf(typed: string, people: readonly Person[]): string | null {
  const exact = people.find(({ login, name, name_en }) => [login, name, name_en].includes(typed))
  const only = people.length === 1 ? people[0] : undefined
  const found = exact ?? only
  return found ? `person:${found.id}` : null
}
