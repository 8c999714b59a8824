import type { Text } from '@/i18n'
import { ageWords, districtName, headingWord, kilometresPerHour, kindName, protocolName, sourceName, squadName, timeWords, unitName } from '@/i18n/words'
import type { UnitDevice } from '@/live/api'
import type { Fix } from '@/live/record'
import type { Language } from '@/stores/preferences'
import type { Row } from './rows'

export interface CardLine {
  name: string
  value: string
}

/** Beside the call sign: name and kind, and whether it is real. */
export function nameWords({ unit, fix }: Row, text: Text, language: Language): string {
  return [unitName(unit, language), unit && kindName(text, unit.kind), fix?.simulated && text('flags.simulated')].filter(Boolean).join(' · ')
}

/** Who the unit is: what the registry says of it, line by line. */
export function unitLines({ unit, presence }: Row, devices: readonly UnitDevice[], text: Text, language: Language, now: number): CardLine[] {
  const unknown = text('card.unknown')
  const word = text(presence ? (presence.online ? 'presence.online' : 'presence.offline') : 'presence.unknown')
  return [
    { name: text('card.squad'), value: [...new Set([squadName(unit, language), districtName(unit, language)])].filter(Boolean).join(' · ') || unknown },
    { name: text('card.crew'), value: text('card.noCrew') },
    { name: text('card.presence'), value: presence ? text('card.since', { word, time: timeWords(presence.since, language, now) }) : word },
    ...(devices.length > 0 ? [{ name: text('card.devices'), value: devices.map((device) => deviceWords(device, text)).join('\n') }] : []),
  ]
}

function deviceWords({ identifier, protocol, simulated }: UnitDevice, text: Text): string {
  return [identifier, protocolName(text, protocol), simulated ? text('card.simulatedDevice') : ''].filter(Boolean).join(' · ')
}

/** The three figures that are read first. */
export function figureLines(fix: Fix, text: Text): CardLine[] {
  const unknown = '—'
  return [
    { name: text('card.speed'), value: fix.speed === null ? unknown : text('units.speed', { speed: kilometresPerHour(fix.speed) }) },
    {
      name: text('card.heading'),
      value: fix.heading === null ? unknown : text('card.degrees', { word: headingWord(text, fix.heading), degrees: Math.round(fix.heading) % 360 }),
    },
    { name: text('card.accuracy'), value: fix.accuracy === null ? unknown : text('card.metres', { metres: Math.round(fix.accuracy) }) },
  ]
}

/** When and by what way the position came. */
export function fixLines({ fix, age }: Row, text: Text, language: Language, now: number): CardLine[] {
  if (!fix || age === null) return []
  return [
    { name: text('card.fixTime'), value: `${timeWords(fix.time, language, now)} · ${text('age.ago', { age: ageWords(text, age) })}` },
    { name: text('card.received'), value: receivedWords(fix, text) },
  ]
}

function receivedWords({ age, source }: Fix, text: Text): string {
  const protocol = sourceName(text, source)
  return age === null ? protocol : text('card.receivedAfter', { age: ageWords(text, age), protocol })
}

/** Latitude first, as people write and paste it; five digits are about a metre. */
export function coordinateWords({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
}
