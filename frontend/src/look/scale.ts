import { ref, type Ref } from 'vue'

/** 1rem of a page that is not enlarged, CSS pixels. */
const DESK_REM = 16

/** How many times larger than on a desk the page draws its texts: base.css enlarges it on the widest screens. */
export function watchScale(): { scale: Ref<number>; stop: () => void } {
  const scale = ref(measured())
  const measure = (): void => { scale.value = measured() }
  window.addEventListener('resize', measure)
  return { scale, stop: () => { window.removeEventListener('resize', measure) } }
}

function measured(): number {
  return (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || DESK_REM) / DESK_REM
}
