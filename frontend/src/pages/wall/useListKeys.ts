import { ref, type Ref } from 'vue'
import { useList } from '@/stores/list'
import { useView } from '@/stores/view'
import type { Line } from './lines'

export interface ListKeys {
  /** The line that the keyboard is at: kept by key, since lines come and go. */
  active: Ref<string | null>
  onKey(event: KeyboardEvent): void
  /** What a click or Enter does: a group is folded or opened, a unit is followed. */
  act(line: Line): void
  go(index: number): void
}

const STEPS: Readonly<Record<string, (index: number, last: number, page: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index, _, page) => index + page,
  PageUp: (index, _, page) => index - page,
  Home: () => 0,
  End: (_, last) => last,
}
const PAGE_LINES = 12

/** The keys of a tree: up and down by lines, left and right by levels. */
export function useListKeys(lines: () => readonly Line[], showLine: (index: number) => void): ListKeys {
  const [list, view] = [useList(), useView()]
  const active = ref<string | null>(null)
  const activeIndex = (): number => lines().findIndex((line) => line.key === active.value)

  function onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const [index, step] = [activeIndex(), STEPS[event.key]]
    const line = lines()[index]
    if (step) {
      const last = lines().length - 1
      go(Math.min(last, Math.max(0, step(index, last, PAGE_LINES))))
    } else if (!line) return
    else if (event.key === 'ArrowLeft') out(line, index)
    else if (event.key === 'ArrowRight') into(line, index)
    else if (event.key === 'Enter') act(line)
    else if (event.key === ' ') choose(line)
    else return
    event.preventDefault()
  }

  function go(index: number): void {
    active.value = lines()[index]?.key ?? null
    showLine(index)
  }

  function out(line: Line, index: number): void {
    if (line.kind === 'group' && line.open) return list.fold([line.group.key], true)
    const parent = lines().slice(0, index).findLastIndex((other) => other.level < line.level)
    if (parent >= 0) go(parent)
  }

  function into(line: Line, index: number): void {
    if (line.kind !== 'group') return
    if (line.open) go(index + 1)
    else list.fold([line.group.key], false)
  }

  function act(line: Line): void {
    active.value = line.key
    if (line.kind === 'group') list.fold([line.group.key], line.open)
    else view.follow(line.row.number)
  }

  function choose(line: Line): void {
    if (line.kind === 'group') act(line)
    else view.select(line.row.number)
  }

  return { active, onKey, act, go }
}
