/** Files that the server streams. It writes down who fetched one, and why. */
import { answerOf, RequestError } from './send'

export const TRACK_FORMS = ['geojson', 'gpx', 'csv'] as const
export type TrackForm = (typeof TRACK_FORMS)[number]

export interface TrackWish {
  unit: number
  /** Ms since 1970, both inside; at most a month apart. */
  from: number
  to: number
  form: TrackForm
  reason: string
}

/**
 * One unit's track as a file, whole or not at all: `heard` is told how many bytes have come.
 * Throws RequestError: status 0 where no answer came, or where it broke off (`facts.broken`).
 */
export async function fetchTrackFile({ unit, from, to, form, reason }: TrackWish, heard: (bytes: number) => void, signal: AbortSignal): Promise<Blob> {
  const query = new URLSearchParams({ unit: String(unit), from: String(Math.round(from)), to: String(Math.round(to)), format: form, reason })
  const response = await answerOf(`/api/v1/tracks?${query.toString()}`, { cache: 'no-store', signal })
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = response.body?.getReader()
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      parts.push(part.value)
      heard((bytes += part.value.length))
    }
  } catch (error) {
    throw new RequestError(0, String(error), { broken: true })
  }
  return new Blob(parts, { type: response.headers.get('Content-Type') ?? '' })
}
