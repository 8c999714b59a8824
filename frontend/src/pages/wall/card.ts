import type { Text } from '@/i18n'
import { ageWords, districtName, headingWord, kilometresPerHour, sourceName, squadName, timeWords } from '@/i18n/words'
import type { Language } from '@/stores/preferences'
import type { Row } from './rows'

export interface CardLine {
  name: string
  value: string
}

/** What the card of a unit says, line by line. */
export function cardLines(row: Row, text: Text, language: Language, now: number): CardLine[] {
  return [...unitLines(row, text, language, now), ...fixLines(row, text, language, now)]
}

function unitLines({ unit, presence }: Row, text: Text, language: Language, now: number): CardLine[] {
  const word = text(presence ? (presence.online ? 'presence.online' : 'presence.offline') : 'presence.unknown')
  return [
    { name: text('card.squad'), value: squadName(unit, language) || text('card.unknown') },
    { name: text('card.district'), value: districtName(unit, language) || text('card.unknown') },
    { name: text('card.presence'), value: presence ? text('card.since', { word, time: timeWords(presence.since, language, now) }) : word },
  ]
}

function fixLines({ fix, age }: Row, text: Text, language: Language, now: number): CardLine[] {
  if (!fix || age === null) return []
  const unknown = text('card.unknown')
  return [
    { name: text('card.fixTime'), value: `${timeWords(fix.time, language, now)} · ${text('age.ago', { age: ageWords(text, age) })}` },
    { name: text('card.speed'), value: fix.speed === null ? unknown : text('units.speed', { speed: kilometresPerHour(fix.speed) }) },
    {
      name: text('card.heading'),
      value: fix.heading === null ? unknown : text('card.degrees', { word: headingWord(text, fix.heading), degrees: Math.round(fix.heading) % 360 }),
    },
    { name: text('card.accuracy'), value: fix.accuracy === null ? unknown : text('card.metres', { metres: Math.round(fix.accuracy) }) },
    { name: text('card.received'), value: fix.age === null ? unknown : ageWords(text, fix.age) },
    { name: text('card.source'), value: sourceName(text, fix.source) },
  ]
}

/** Latitude first, as people write and paste it; five digits are about a metre. */
export function coordinateWords({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
}
