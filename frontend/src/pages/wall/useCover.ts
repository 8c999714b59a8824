import { onBeforeUnmount, onMounted, type Ref } from 'vue'
import { useView } from '@/stores/view'

/** Tells the map how much of its right side an element covers, as long as that is there. */
export function useCover(element: Ref<HTMLElement | null>): void {
  const view = useView()
  const observer = new ResizeObserver(() => {
    const width = element.value?.offsetWidth ?? 0
    // On a phone it lies across the whole map: then nothing is free beside it.
    view.covered = width < window.innerWidth / 2 ? width : 0
  })
  onMounted(() => { if (element.value) observer.observe(element.value) })
  onBeforeUnmount(() => {
    observer.disconnect()
    view.covered = 0
  })
}
