import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { palette, THEMES, type Palette } from '@/look/colours'
import { themeOverrides } from '@/look/theme'
import { groundColours, type GroundColours } from '@/map/ground/palette'

/** Contrast by WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((first, second) => second - first)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = (hex.match(/[0-9a-f]{2}/g) ?? []).map((pair) => {
    const value = Number.parseInt(pair, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const TEXT_CONTRAST = 4.5
const MARK_CONTRAST = 3
const SURFACES: (keyof Palette)[] = ['ground', 'surface', 'raised']
const TEXTS: (keyof Palette)[] = ['text', 'quiet', 'accent', 'fresh', 'stale', 'lost', 'alarm', 'district', 'squad', 'grid', 'fence']
/** What covers whole areas of the map, so that names and marks lie on it. */
const AREAS: (keyof GroundColours)[] = ['land', 'water', 'green', 'wood', 'pitch', 'farm', 'urban', 'oldTown', 'commercial', 'industrial', 'campus', 'cemetery', 'building']
const NAMES: (keyof GroundColours)[] = ['roadText', 'minorText', 'waterText', 'placeText', 'suburbText', 'pointText', 'numberText']
const MARKS: (keyof GroundColours)[] = ['metro', 'health', 'learning', 'authority', 'market', 'park']

function rulesOf(theme: string): string {
  const css = readFileSync('src/look/base.css', 'utf8')
  const start = theme === 'dark' ? css.indexOf(':root {') : css.indexOf(`:root[data-theme='${theme}'] {`)
  return css.slice(start, css.indexOf('}', start))
}

describe.each(THEMES)('the colours of the %s theme', (theme) => {
  const colours = palette(theme)
  const ground = groundColours(theme)

  it('are the same for the pages and for the map', () => {
    const rules = rulesOf(theme)
    for (const [name, colour] of Object.entries(colours)) expect(rules).toContain(`--${name.replace(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`)}: ${colour};`)
    expect(rules).toContain(`color-scheme: ${theme};`)
  })

  it.each(TEXTS)('can be read as text (AA) on every surface: %s', (name) => {
    for (const surface of SURFACES) expect(contrast(colours[name], colours[surface]), surface).toBeGreaterThanOrEqual(TEXT_CONTRAST)
  })

  it('can be read on a pressed button', () => {
    const { primaryColor = '', primaryColorHover = '', primaryColorPressed = '' } = themeOverrides(theme).common ?? {}
    for (const accent of [primaryColor, primaryColorHover, primaryColorPressed]) expect(contrast(colours.onAccent, accent), accent).toBeGreaterThanOrEqual(TEXT_CONTRAST)
  })

  it.each(['accent', 'fresh', 'stale', 'lost', 'alarm', 'district', 'squad'] as const)('stand out as marks on all that the map covers: %s', (name) => {
    for (const area of AREAS) expect(contrast(colours[name], ground[area]), area).toBeGreaterThanOrEqual(MARK_CONTRAST)
  })

  it.each(NAMES)('can be read on the map, on their rim and on what lies around it: %s', (name) => {
    for (const under of ['halo', ...AREAS.filter((area) => area !== 'water')] as const) expect(contrast(ground[name], ground[under]), under).toBeGreaterThanOrEqual(TEXT_CONTRAST)
    expect(contrast(ground[name], ground.water), 'water').toBeGreaterThanOrEqual(MARK_CONTRAST)
  })

  it('let the number of a road be read on its shield, and a picture in its mark', () => {
    expect(contrast(ground.shieldText, ground.shield)).toBeGreaterThanOrEqual(TEXT_CONTRAST)
    for (const mark of MARKS) {
      expect(contrast(ground.pictogram, ground[mark]), mark).toBeGreaterThanOrEqual(MARK_CONTRAST)
      expect(contrast(ground[mark], ground.land), mark).toBeGreaterThanOrEqual(MARK_CONTRAST)
    }
  })

  it('keep the ground calm: no area stands out as a mark does', () => {
    for (const area of AREAS) expect(contrast(ground[area], ground.land), area).toBeLessThan(MARK_CONTRAST)
    expect(contrast(ground.water, ground.land)).toBeGreaterThan(1.25)
  })
})
