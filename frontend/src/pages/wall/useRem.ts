import { computed, type ComputedRef, type Ref } from 'vue'
import { watchScale } from '@/look/scale'

/** 1rem of a page that is not enlarged. */
const DESK_PIXELS = 16
/** One for all: each row of a long list asks. */
let scale: Ref<number> | undefined

/** The width in pixels of 1rem: it grows with the screen, and what is drawn or counted in pixels grows along. */
export function useRem(): ComputedRef<number> {
  const shared = (scale ??= watchScale().scale)
  return computed(() => shared.value * DESK_PIXELS)
}
