/**
 * The colours of a control room, dark or light. Neutrals for everything that is merely there; one accent for what the
 * dispatcher has in hand; a colour only where it means something. The same values stand in base.css for the pages: a
 * canvas cannot read CSS variables before the page is drawn, and tests/look.test.ts holds the two equal.
 */
export type Theme = 'dark' | 'light'
export const THEMES: readonly Theme[] = ['dark', 'light']

export interface Palette {
  /** Behind everything; also the rim that parts a mark from what lies under it. */
  ground: string
  surface: string
  raised: string
  line: string
  text: string
  quiet: string
  accent: string
  /** Text upon the accent. */
  onAccent: string
  fresh: string
  stale: string
  lost: string
  alarm: string
  /** Borders of the areas on the map; their form differs too. */
  district: string
  squad: string
  grid: string
  fence: string
}

const PALETTES: Readonly<Record<Theme, Palette>> = {
  dark: {
    ground: '#0e1216',
    surface: '#151a20',
    raised: '#1c232b',
    line: '#2a333d',
    text: '#e6eaee',
    quiet: '#a3afbb',
    accent: '#6cb2ff',
    onAccent: '#0e1216',
    fresh: '#4fc58d',
    stale: '#e2ad4a',
    lost: '#98a4b0',
    alarm: '#ff6b62',
    district: '#b9a3e3',
    squad: '#9d93c4',
    grid: '#a29bbd',
    fence: '#63c3c7',
  },
  light: {
    ground: '#eef1f4',
    surface: '#ffffff',
    raised: '#f6f8fa',
    line: '#cfd7df',
    text: '#18222c',
    quiet: '#51606e',
    accent: '#0a5fbf',
    onAccent: '#ffffff',
    fresh: '#0c7a4c',
    stale: '#8a5a00',
    lost: '#586572',
    alarm: '#c4221c',
    district: '#6a45b0',
    squad: '#7458ae',
    grid: '#655d84',
    fence: '#096a70',
  },
}

export function palette(theme: Theme): Palette {
  return PALETTES[theme]
}
