/**
 * The colours of a control room. Neutrals for everything that is merely there; one accent for what the dispatcher
 * has in hand; a colour only where it means something. The same values stand in base.css for the pages: a canvas
 * cannot read CSS variables before the page is drawn, and tests/look.test.ts holds the two equal.
 */
export const colours = {
  ground: '#0e1216',
  surface: '#151a20',
  raised: '#1c232b',
  line: '#2a333d',
  text: '#e6eaee',
  quiet: '#a3afbb',
  accent: '#6cb2ff',
  fresh: '#4fc58d',
  stale: '#e2ad4a',
  lost: '#98a4b0',
  alarm: '#ff6b62',
} as const
