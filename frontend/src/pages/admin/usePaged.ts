import { onBeforeUnmount, reactive, ref, watch } from 'vue'
import { useLoad, type Load } from './useLoad'

/** So long nothing more has to be typed before the server is asked. */
export const PAUSE_MILLISECONDS = 250

export interface Question {
  search: string
  /** That body and all beneath; null: all. */
  body: number | null
  /** The last row of the page before; 0 for the first page. */
  after: number
}

/** `more`: the `after` of the next page, null at the end. */
export interface Page<Row> {
  rows: readonly Row[]
  more: number | null
}

/** A list that is too long for one answer: searched by words and by body, read page by page. */
export interface Paged<Row> {
  search: string
  body: number | null
  list: Load<Page<Row>>
  /** The further pages: whether one is being read, and why one could not be. */
  rest: Load<Page<Row>>
  look(words: string): void
  loadMore(): Promise<void>
  /** Puts a row in the place of the one that it was. */
  replace(row: Row): void
}

export function usePaged<Row extends { id: number }>(read: (question: Question, signal: AbortSignal) => Promise<Page<Row>>): Paged<Row> {
  const [search, body] = [ref(''), ref<number | null>(null)]
  const ask = (after: number, signal: AbortSignal): Promise<Page<Row>> => read({ search: search.value.trim(), body: body.value, after }, signal)
  const list = useLoad((signal) => ask(0, signal))
  const rest = useLoad((signal) => ask(list.found?.more ?? 0, signal))
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(words: string): void {
    search.value = words
    clearTimeout(timer)
    timer = setTimeout(() => void list.load(), PAUSE_MILLISECONDS)
  }

  async function loadMore(): Promise<void> {
    const before = list.found
    if (before === null || before.more === null) return
    await rest.load()
    // Meanwhile something else may have been searched for.
    if (rest.found === null || rest.error !== null || list.found !== before) return
    list.found = { rows: [...before.rows, ...rest.found.rows], more: rest.found.more }
  }

  function replace(row: Row): void {
    if (list.found) list.found = { ...list.found, rows: list.found.rows.map((one) => (one.id === row.id ? row : one)) }
  }

  watch(body, () => void list.load())
  onBeforeUnmount(() => { clearTimeout(timer) })
  void list.load()
  return reactive({ search, body, list, rest, look, loadMore, replace }) as Paged<Row>
}
