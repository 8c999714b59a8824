import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { colours } from '@/look/colours'

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

describe('the colours', () => {
  it('are the same for the pages and for the map', () => {
    const css = readFileSync('src/look/base.css', 'utf8')
    for (const [name, colour] of Object.entries(colours)) expect(css).toContain(`--${name}: ${colour};`)
  })

  it.each(['text', 'quiet', 'accent', 'fresh', 'stale', 'lost', 'alarm'] as const)('can be read as text (AA) on every surface: %s', (name) => {
    for (const surface of [colours.ground, colours.surface, colours.raised]) expect(contrast(colours[name], surface)).toBeGreaterThan(4.5)
  })
})
