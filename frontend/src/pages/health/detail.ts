import type { Text, TextKey } from '@/i18n'
import { timeWords } from '@/i18n/words'
import type { Language } from '@/stores/preferences'

/** What a part may say of itself, in the order in which it is read. */
const WORDS: readonly [string, TextKey][] = [
  ['received', 'health.detailReceived'],
  ['committed', 'health.detailCommitted'],
  ['viewers', 'health.detailViewers'],
  ['units', 'health.detailUnits'],
  ['refused', 'health.detailRefused'],
  ['began', 'health.detailBegan'],
  ['pid', 'health.detailPid'],
]

/** What a part says of itself, in words. Counts by source are added up; what has no word is left to the JSON. */
export function detailWords(text: Text, detail: Record<string, unknown> | null, language: Language, now: number): string {
  return WORDS.flatMap(([name, key]) => {
    const value = detail?.[name]
    if (value === null || value === undefined) return []
    const words = name === 'began' && typeof value === 'number' ? timeWords(value, language, now) : figure(value)
    return [text(key, { value: words })]
  }).join(' · ')
}

function figure(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return String(Object.values(value).reduce<number>((total, one) => total + (typeof one === 'number' ? one : 0), 0))
}
