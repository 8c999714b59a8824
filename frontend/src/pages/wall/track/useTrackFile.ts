import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { saveFile } from '@/browser'
import { fetchTrackFile, type TrackForm } from '@/live/files'
import { RequestError } from '@/live/send'
import { useSession } from '@/stores/session'
import { useTrack } from '@/stores/track'
import type { Stretch } from '@/track/journey'

/** `broken`: it came in part only, so nothing was saved. */
export type FileFault = 'forbidden' | 'reason' | 'away' | 'broken' | 'noAnswer' | 'failed'

interface TrackFile {
  /** What is on its way; null: nothing. */
  form: Ref<TrackForm | null>
  bytes: Ref<number>
  fault: Ref<FileFault | null>
  /** The name of the one that was saved last. */
  saved: Ref<string>
  fetchFile(form: TrackForm, callSign: string): Promise<void>
  cancel(): void
}

/** Fetches the track that is open as a file, one at a time; another track, or none, ends it. */
export function useTrackFile(): TrackFile {
  const [track, session] = [useTrack(), useSession()]
  const form = ref<TrackForm | null>(null)
  const bytes = ref(0)
  const fault = ref<FileFault | null>(null)
  const saved = ref('')
  let asking: AbortController | null = null

  async function fetchFile(wanted: TrackForm, callSign: string): Promise<void> {
    const { unit, span, reason } = track
    if (unit === null || !span || form.value) return
    forget()
    form.value = wanted
    const mine = (asking = new AbortController())
    try {
      const file = await fetchTrackFile({ unit, ...span, form: wanted, reason }, (come) => { if (!mine.signal.aborted) bytes.value = come }, mine.signal)
      if (mine.signal.aborted) return
      const name = fileName(callSign, span, wanted)
      saveFile(name, file)
      saved.value = name
    } catch (error) {
      if (mine.signal.aborted) return
      fault.value = faultOf(error)
      session.heed(error)
    }
    form.value = null
  }

  function forget(): void {
    asking?.abort()
    form.value = fault.value = null
    bytes.value = 0
    saved.value = ''
  }

  watch([() => track.unit, () => track.span, () => track.reason], forget)
  onBeforeUnmount(forget)
  return { form, bytes, fault, saved, fetchFile, cancel: forget }
}

/** As `巡7_2026-11-23_0800-0930.gpx`, in local time; with the second day where it is another. No sign in it that a file system lacks. */
export function fileName(callSign: string, { from, to }: Stretch, form: TrackForm): string {
  const [begin, end] = [momentOf(from), momentOf(to)]
  const until = begin.day === end.day ? `-${end.time}` : `_${end.day}_${end.time}`
  return `${callSign.replace(/[\s\\/:*?"<>|]+/g, '-')}_${begin.day}_${begin.time}${until}.${form}`
}

function momentOf(time: number): { day: string; time: string } {
  const date = new Date(time)
  const padded = (part: number): string => String(part).padStart(2, '0')
  return { day: [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(padded).join('-'), time: padded(date.getHours()) + padded(date.getMinutes()) }
}

function faultOf(error: unknown): FileFault {
  if (!(error instanceof RequestError)) throw error
  const { code, facts, status } = error
  if (facts['broken'] === true) return 'broken'
  if (code === 'reason_needed') return 'reason'
  if (status === 401 || status === 403 || status === 404) return 'forbidden'
  return status === 0 ? 'noAnswer' : status === 503 ? 'away' : 'failed'
}
