/** Geofences in words. Pure: texts are handed in. */
import type { Text, TextKey } from '@/i18n'
import type { Fence, FenceHours } from '@/live/fences'
import type { RequestError } from '@/live/send'
import type { Notice } from '@/stores/crossings'

export const DAYS = [1, 2, 3, 4, 5, 6, 7] as const
const WEEK = DAYS.length

const CODES: Readonly<Record<string, TextKey>> = {
  shape_invalid: 'fences.refusal.shape',
  shape_too_large: 'fences.refusal.tooLarge',
  audience_bad: 'fences.refusal.audience',
  hours_bad: 'fences.refusal.hours',
  name_bad: 'fences.refusal.name',
  too_many_fences: 'fences.refusal.tooMany',
  needs: 'fences.refusal.needs',
  no_geofence: 'fences.refusal.gone',
}
const STATUSES: Readonly<Record<number, TextKey>> = { 0: 'fences.refusal.noAnswer', 404: 'fences.refusal.gone', 503: 'fences.refusal.away' }

export function refusalWords(text: Text, { code, detail, status }: RequestError): string {
  const key = (Object.hasOwn(CODES, code) ? CODES[code] : undefined) ?? STATUSES[status]
  return key ? text(key) : text('fences.refusal.other', { status, detail })
}

export function dayName(text: Text, day: number): string {
  return text(`fences.days.d${(day as (typeof DAYS)[number])}`)
}

/** Days that follow each other are a range. */
function daysWords(text: Text, days: readonly number[]): string {
  if (days.length === WEEK) return text('fences.everyDay')
  const ranges: [number, number][] = []
  for (const day of [...days].sort((one, other) => one - other)) {
    const last = ranges.at(-1)
    if (last && last[1] === day - 1) last[1] = day
    else ranges.push([day, day])
  }
  return ranges.map(([from, to]) => (from === to
    ? text('fences.day', { day: dayName(text, from) })
    : text('fences.dayRange', { from: dayName(text, from), to: dayName(text, to) }))).join(text('fences.joined'))
}

export function hoursWords(text: Text, hours: readonly FenceHours[] | null): string {
  if (hours === null) return text('fences.always')
  return hours.map(({ days, from, to }) => text('fences.span', { days: daysWords(text, days), from, to })).join(text('fences.spans'))
}

export function aboutWords(text: Text, { bodies, units }: Fence): string {
  if (units) return text('fences.about.units', { count: units.length })
  if (bodies) return text('fences.about.bodies', { count: bodies.length })
  return text('fences.about.all')
}

/** What happened, in a word. */
export function noticeWords(text: Text, notice: Notice): string {
  if (notice.kind === 'alarm') return text(notice.sos ? 'fences.sos' : 'fences.alarm')
  return text(notice.entered ? 'fences.entered' : 'fences.left')
}
