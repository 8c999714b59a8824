import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import { lastAtOrBefore } from '@/sorted'
import type { Line } from './lines'
import { useRem } from './useRem'

/** A list of thousands draws only the lines that can be seen, so the heights of its two kinds are known (as in the CSS). */
const HEIGHTS: Readonly<Record<Line['kind'], number>> = { group: 3, unit: 2.25 }
const SPARE_LINES = 6

export interface ListWindow {
  /** The lines that are drawn: from `first` to before `last`. */
  first: ComputedRef<number>
  last: ComputedRef<number>
  /** Where each line begins, in pixels. */
  tops: ComputedRef<number[]>
  total: ComputedRef<number>
  onScroll(): void
  /** Scrolls as little as it takes to see a line. */
  showLine(index: number): void
}

export function useWindow(box: Ref<HTMLElement | null>, lines: () => readonly Line[]): ListWindow {
  const rem = useRem()
  const scrolled = ref(0)
  const height = ref(600)
  const tops = computed(() => topsOf(lines(), rem.value))
  const total = computed(() => tops.value.at(-1) ?? 0)
  const lineAt = (pixels: number): number => lastAtOrBefore(tops.value, pixels, (top) => top)

  function onScroll(): void {
    scrolled.value = box.value?.scrollTop ?? 0
  }

  function showLine(index: number): void {
    const [element, top, bottom] = [box.value, tops.value[index], tops.value[index + 1]]
    if (!element || top === undefined || bottom === undefined) return
    if (top < element.scrollTop) element.scrollTop = top
    else if (bottom > element.scrollTop + height.value) element.scrollTop = bottom - height.value
  }

  const observer = new ResizeObserver(() => { height.value = box.value?.clientHeight ?? height.value })
  onMounted(() => { if (box.value) observer.observe(box.value) })
  onBeforeUnmount(() => { observer.disconnect() })
  return {
    first: computed(() => Math.max(0, lineAt(Math.min(scrolled.value, total.value)) - SPARE_LINES)),
    last: computed(() => Math.min(lines().length, lineAt(scrolled.value + height.value) + 1 + SPARE_LINES)),
    tops,
    total,
    onScroll,
    showLine,
  }
}

/** One more than there are lines: the last one is where the list ends. */
function topsOf(lines: readonly Line[], rem: number): number[] {
  let top = 0
  return [0, ...lines.map((line) => (top += HEIGHTS[line.kind] * rem))]
}
