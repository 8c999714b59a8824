import { defineStore } from 'pinia'
import { markRaw, ref, shallowRef } from 'vue'
import type { Fix, Frame } from '@/live/record'

/** What the map must know beyond the positions themselves: which of them are new, and which are away. */
export interface PositionChange {
  moved: Fix[]
  gone: number[]
}

type Listener = (change: PositionChange) => void

/**
 * The newest position of each unit that the server tells us of.
 * Frames come five times a second; the map hears each of them, the page is told at most twice a second.
 */
export const usePositions = defineStore('positions', () => {
  // Raw: the map reads it ten times a second, and nothing has to watch it.
  const newest = markRaw(new Map<number, Fix>())
  const told = shallowRef<ReadonlyMap<number, Fix>>(new Map())
  const listeners = new Set<Listener>()
  /** Whether they come from a replay: then the live line keeps its own to itself. */
  const isPast = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Takes a frame. Returns the units that are in view but whose position we lack. */
  function apply(frame: Frame): number[] {
    const moved = frame.fixes.filter(take)
    const present = presentUnits(frame)
    const gone = present ? [...newest.keys()].filter((unit) => !present.has(unit)) : []
    for (const unit of gone) newest.delete(unit)
    tell({ moved, gone })
    return frame.present.filter((unit) => !newest.has(unit))
  }

  function take(fix: Fix): boolean {
    const known = newest.get(fix.unit)
    // With equal times the later one received holds.
    if (known && known.time > fix.time) return false
    newest.set(fix.unit, fix)
    return true
  }

  function drop(units: number[]): void {
    tell({ moved: [], gone: units.filter((unit) => newest.delete(unit)) })
  }

  /** What is drawn is of another time from now on: nothing of before may stay. */
  function turn(past: boolean): void {
    isPast.value = past
    drop([...newest.keys()])
  }

  function tell(change: PositionChange): void {
    if (change.moved.length === 0 && change.gone.length === 0) return
    for (const listener of listeners) listener(change)
    timer ??= setTimeout(() => { timer = undefined; told.value = new Map(newest) }, 500)
  }

  function listen(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return { told, newest: newest as ReadonlyMap<number, Fix>, isPast, apply, drop, turn, listen }
})

/** The units that a frame says are in view; null for `changes`, which does not speak of the others. */
function presentUnits(frame: Frame): Set<number> | null {
  if (frame.kind === 'snapshot') return new Set(frame.fixes.map((fix) => fix.unit))
  return frame.kind === 'resume' ? new Set(frame.present) : null
}
