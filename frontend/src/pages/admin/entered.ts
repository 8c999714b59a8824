/** Moments as the browser's own fields have them: local time without a zone. Pure. */

/** As a `datetime-local` has it, to the minute. */
export function localMoment(time: number): string {
  return `${localDay(time)}T${new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(time)}`
}

/** As a `date` has it. */
export function localDay(time: number): string {
  const date = new Date(time)
  const padded = (number: number): string => String(number).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${padded(date.getMonth() + 1)}-${padded(date.getDate())}`
}

/** Milliseconds since 1970 of a moment or of a day's beginning; null for nothing, or what cannot be read. */
export function momentOf(typed: string): number | null {
  // A day alone would be read as one of UTC.
  const time = new Date(/^\d+-\d+-\d+$/.test(typed) ? `${typed}T00:00` : typed).getTime()
  return Number.isNaN(time) ? null : time
}
