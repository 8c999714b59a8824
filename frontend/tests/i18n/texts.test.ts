import { describe, expect, it } from 'vitest'
import { i18n, type Text } from '@/i18n'
import { en } from '@/i18n/en'
import { ageWords, headingWord, partMeaning, partName, sourceName, timeWords } from '@/i18n/words'
import { zhCN } from '@/i18n/zh-CN'

function leaves(tree: object, path = ''): Map<string, string> {
  return new Map(Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[path + key, value]] : [...leaves(value as object, `${path}${key}.`)]))
}

const texts = { 'zh-CN': leaves(zhCN), en: leaves(en) }
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()
const textIn = (locale: 'zh-CN' | 'en'): Text => (key, values) => i18n.global.t(key, values ?? {}, { locale })

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...texts.en.keys()].sort()).toEqual([...texts['zh-CN'].keys()].sort())
  })

  it('have the same placeholders in each text', () => {
    for (const [key, text] of texts.en) expect(placeholders(text), key).toEqual(placeholders(texts['zh-CN'].get(key) ?? ''))
  })

  it('have no empty text, and none that only one language would understand', () => {
    for (const language of ['zh-CN', 'en'] as const) {
      for (const [key, text] of texts[language]) expect(text.trim(), key).not.toBe('')
    }
    const same = new Set(['product', 'language.other'])
    for (const [key, text] of texts.en) if (!same.has(key)) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
  })

  it('compile each text', () => {
    for (const locale of ['zh-CN', 'en'] as const) {
      for (const [key, text] of texts[locale]) {
        const values = Object.fromEntries(placeholders(text).map((name) => [name, `<${name}>`]))
        expect(i18n.global.t(key, values, { locale }), key).toBe(text.replace(/\{(\w+)\}/g, '<$1>'))
      }
    }
  })
})

describe('words', () => {
  const [chinese, english] = [textIn('zh-CN'), textIn('en')]

  it.each([
    [0, '0 s', '0 秒'],
    [59.9, '59 s', '59 秒'],
    [60, '1 min 00 s', '1 分 00 秒'],
    [72, '1 min 12 s', '1 分 12 秒'],
    [3600, '1 h 00 min', '1 小时 00 分'],
    [90_061, '1 d 1 h', '1 天 1 小时'],
  ])('for an age of %d s', (seconds, inEnglish, inChinese) => {
    expect(ageWords(english, seconds)).toBe(inEnglish)
    expect(ageWords(chinese, seconds)).toBe(inChinese)
  })

  it.each([[0, 'North'], [22.4, 'North'], [22.6, 'North-east'], [90, 'East'], [225, 'South-west'], [337.6, 'North'], [359.99, 'North']])('for a heading of %d°', (degrees, word) => {
    expect(headingWord(english, degrees)).toBe(word)
  })

  it('for parts and sources, also those that are not known yet', () => {
    expect(partName(chinese, 'recorder')).toBe('记录')
    expect(partName(english, 'phone')).toBe('Part phone')
    expect(partMeaning(english, 'phone')).toBe(en.parts.means.other)
    expect(sourceName(english, 2)).toBe('OsmAnd')
    expect(sourceName(english, 3)).toBe('JT/T 808')
    expect(sourceName(chinese, 3)).toBe('JT/T 808')
    expect(sourceName(chinese, 4)).toBe('NMEA 0183')
    expect(sourceName(chinese, 99)).toBe('99 号协议')
  })

  it('name the day of a time that is not of today', () => {
    const time = new Date(2026, 10, 23, 14, 3, 22).getTime()
    expect(timeWords(time, 'zh-CN')).toBe('14:03:22')
    expect(timeWords(time, 'en')).toBe('14:03:22')
    expect(timeWords(time, 'en', time + 86_400_000)).toContain('23/11')
    expect(timeWords(new Date(2026, 10, 23, 0, 3, 22).getTime(), 'en')).toBe('00:03:22')
  })
})
