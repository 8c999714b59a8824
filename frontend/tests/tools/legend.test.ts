import { describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import { THEMES } from '@/look/colours'
import { LAYERS } from '@/map/layers'
import { OTHER, placeKind } from '@/pages/wall/tools/kinds'
import { groundEntries, strokesOf } from '@/pages/wall/tools/legend'

describe('the legend', () => {
  it('draws each border as the map does: no two areas have the same form', () => {
    for (const theme of THEMES) {
      const areas = LAYERS.filter(({ group }) => group === 'areas').map((layer) => strokesOf(layer, theme))
      for (const strokes of areas) {
        expect(strokes.length).toBeGreaterThan(0)
        for (const { colour, width } of strokes) expect([/^#[0-9a-f]{6}$/.test(colour), width > 0]).toEqual([true, true])
      }
      expect(new Set(areas.map((strokes) => JSON.stringify(strokes))).size).toBe(areas.length)
    }
    const squads = LAYERS.find(({ id }) => id === 'squads')
    expect(squads && strokesOf(squads, 'dark')[0]?.dash).toHaveLength(2)
  })

  it('has words for each sort of ground, and a line or a fill', () => {
    for (const entry of groundEntries('light')) {
      expect(i18n.global.te(entry.words, 'en'), entry.words).toBe(true)
      expect((entry.strokes === undefined) !== (entry.fill === undefined)).toBe(true)
    }
  })
})

describe('the kind of a place', () => {
  it('is told in both languages, and is a place where nobody knows better', () => {
    for (const kind of ['city', 'subway_station', 'crossing', 'address', 'coordinates']) {
      for (const locale of ['zh-CN', 'en'] as const) expect(i18n.global.te(placeKind(kind).words, locale), kind).toBe(true)
      expect(placeKind(kind)).not.toBe(OTHER)
    }
    expect(placeKind('windmill')).toBe(OTHER)
  })
})
