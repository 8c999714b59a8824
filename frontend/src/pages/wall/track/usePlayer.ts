import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { useTrack } from '@/stores/track'
import { skip } from '@/track/moment'

export const PACES = [1, 2, 5, 10, 30, 60] as const
/** The mark on the map need not move with each frame of the screen. */
const LEAST_MILLISECONDS = 33
/** A page that was hidden has not been played meanwhile. */
const MOST_MILLISECONDS = 500

export interface Player {
  playing: Ref<boolean>
  pace: Ref<number>
  skipping: Ref<boolean>
  toggle(): void
}

/** Moves the moment that is looked at along the journey, so many times as fast as it was. */
export function usePlayer(): Player {
  const track = useTrack()
  const playing = ref(false)
  const pace = ref<number>(10)
  const skipping = ref(true)
  let frame = 0
  let last = 0

  const end = (): number => track.journey?.samples.at(-1)?.time ?? 0

  function toggle(): void {
    if (!track.journey) return
    if (!playing.value && track.time >= end()) track.seek(track.journey.samples[0]?.time ?? 0)
    playing.value = !playing.value
  }

  function play(now: number): void {
    frame = requestAnimationFrame(play)
    const elapsed = now - last
    if (elapsed < LEAST_MILLISECONDS || !track.journey) return
    last = now
    track.seek(skip(track.journey, track.time + Math.min(elapsed, MOST_MILLISECONDS) * pace.value, skipping.value))
    if (track.time >= end()) playing.value = false
  }

  watch(playing, (plays) => {
    cancelAnimationFrame(frame)
    last = performance.now()
    if (plays) frame = requestAnimationFrame(play)
  })
  // Another track is not played because the one before was.
  watch(() => track.journey, () => { playing.value = false })
  onBeforeUnmount(() => { cancelAnimationFrame(frame) })
  return { playing, pace, skipping, toggle }
}
