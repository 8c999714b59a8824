/** A place in words: on which street, near which crossing, in which areas. Pure. */
import type { Text } from '@/i18n'
import type { Where } from '@/live/api'
import type { Language } from '@/stores/preferences'

/** Farther from a street than this, one is not on it. */
const ON_STREET_METRES = 40
/** A crossing farther away than this does not help to find the place. */
const NEAR_CROSSING_METRES = 300
const SEPARATOR = ' · '

interface Named {
  name: string
  name_en: string | null
}

/** Empty where nothing is known of the place. */
export function whereWords(where: Where, text: Text, language: Language): string {
  const nameOf = (named: Named): string => (language === 'en' && named.name_en) || named.name
  const squad = where.areas.find((area) => area.kind === 'squad') ?? where.areas.find((area) => area.kind === 'district')
  const grid = where.areas.find((area) => area.kind === 'grid')
  return [
    streetWords(where, nameOf, text),
    squad && nameOf(squad),
    grid && text('card.areaGrid', { code: grid.code }),
  ].filter(Boolean).join(SEPARATOR)
}

function streetWords({ street, crossing }: Where, nameOf: (named: Named) => string, text: Text): string {
  if (!street) return ''
  if (street.distance > ON_STREET_METRES) return text('card.nearStreet', { street: nameOf(street), metres: Math.round(street.distance) })
  if (!crossing || crossing.distance > NEAR_CROSSING_METRES) return nameOf(street)
  return text('card.crossing', { street: nameOf(street), crossing: nameOf(crossing) })
}
