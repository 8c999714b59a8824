/** Figures, times and names in words of the page's language. Pure: the text function is handed in. */
import type { Unit } from '@/live/api'
import type { Language } from '@/stores/preferences'
import type { Text, TextKey } from '.'

const WORDS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const
const UNIT_KINDS = ['car', 'e_bike', 'foot', 'command'] as const
const PARTS = ['database', 'bus', 'ingest', 'recorder', 'worker', 'web'] as const
const SOURCES: Readonly<Record<number, TextKey>> = {
  1: 'sources.gpsd', 2: 'sources.osmand', 3: 'sources.jt808', 4: 'sources.nmea', 5: 'sources.owntracks', 6: 'sources.traccar', 7: 'sources.field',
}
const ROLES = [
  'call_taker', 'senior_call_taker', 'quality_inspector', 'intake', 'collector', 'shift_supervisor', 'dispatcher', 'department_officer',
  'squad_leader', 'officer', 'assessor', 'leader', 'fleet_manager', 'wallboard', 'system_administrator', 'security_administrator', 'auditor',
] as const
const HALF_DAY_MILLISECONDS = 12 * 3600 * 1000

export function ageWords(text: Text, ageSeconds: number): string {
  const seconds = Math.floor(ageSeconds)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes < 1) return text('age.seconds', { seconds })
  if (hours < 1) return text('age.minutes', { minutes, seconds: padded(seconds % 60) })
  if (hours < 24) return text('age.hours', { hours, minutes: padded(minutes % 60) })
  return text('age.days', { days: Math.floor(hours / 24), hours: hours % 24 })
}

/** For a column of many: the largest unit only. */
export function shortAge(text: Text, ageSeconds: number): string {
  const minutes = Math.floor(ageSeconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes < 1) return text('age.shortSeconds', { count: Math.floor(ageSeconds) })
  if (hours < 1) return text('age.shortMinutes', { count: minutes })
  return hours < 48 ? text('age.shortHours', { count: hours }) : text('age.shortDays', { count: Math.floor(hours / 24) })
}

export function kindName(text: Text, kind: string): string {
  return text(`list.kind.${UNIT_KINDS.find((known) => known === kind) ?? 'unknown'}`)
}

export function headingWord(text: Text, degrees: number): string {
  const word = WORDS[Math.round(degrees / 45) % WORDS.length] ?? 'n'
  return text(`headings.${word}`)
}

export function partName(text: Text, name: string): string {
  const known = PARTS.find((part) => part === name)
  return known ? text(`parts.names.${known}`) : text('parts.unknown', { name })
}

export function partMeaning(text: Text, name: string): string {
  return text(`parts.means.${PARTS.find((part) => part === name) ?? 'other'}`)
}

export function sourceName(text: Text, number: number): string {
  const known = SOURCES[number]
  return known ? text(known) : text('sources.unknown', { number })
}

/** A protocol by the name that the server gives it. */
export function protocolName(text: Text, name: string): string {
  const known = Object.values(SOURCES).find((key) => key === `sources.${name}`)
  return known ? text(known) : name
}

/** Local time of day; with the date where it is not of the last half day. */
export function timeWords(time: number, language: Language, now: number = time): string {
  const far = Math.abs(now - time) > HALF_DAY_MILLISECONDS
  const date: Intl.DateTimeFormatOptions = far ? { month: '2-digit', day: '2-digit' } : {}
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { ...date, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(time)
}

/** A moment with its whole date, to the second: one that must not be taken for today's. */
export function momentWords(time: number, language: Language): string {
  const date = new Date(time)
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => padded(part)).join('-')
  return `${day} ${timeWords(time, language)}`
}

/** Date and weekday, as they stand beside a clock. */
export function dateWords(time: number, language: Language): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, language === 'en' ? { weekday: 'short', day: 'numeric', month: 'short' } : { month: 'long', day: 'numeric', weekday: 'short' }).format(time)
}

/** A day of the calendar. */
export function dayWords(time: number, language: Language): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { year: 'numeric', month: 'long', day: 'numeric' }).format(time)
}

export function unitName(unit: Unit | undefined, language: Language): string {
  return (language === 'en' && unit?.name_en) || unit?.name || ''
}

export function squadName(unit: Unit | undefined, language: Language): string {
  return (language === 'en' && unit?.squad_name_en) || unit?.squad_name || ''
}

export function districtName(unit: Unit | undefined, language: Language): string {
  return (language === 'en' && unit?.district_name_en) || unit?.district_name || ''
}

export function personName({ name, name_en }: { name: string; name_en?: string | null }, language: Language): string {
  return (language === 'en' && name_en) || name
}

export function roleName(text: Text, name: string): string {
  const known = ROLES.find((role) => role === name)
  return known ? text(`roles.${known}`) : text('roles.unknown', { name })
}

/** All of somebody's roles, or that he has none. */
export function rolesWords(text: Text, roles: readonly string[]): string {
  return roles.length > 0 ? roles.map((role) => roleName(text, role)).join(text('account.and')) : text('profile.noRoles')
}

export function kilometresPerHour(metresPerSecond: number): number {
  return Math.round(metresPerSecond * 3.6)
}

function padded(number: number): string {
  return String(number).padStart(2, '0')
}
