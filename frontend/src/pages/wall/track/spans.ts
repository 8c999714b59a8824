/** The spans of time that a track can be asked for. Local time: "today" is the dispatcher's. */
import type { Stretch } from '@/track/journey'

export const PRESETS = ['halfHour', 'hour', 'today', 'yesterday'] as const
export type Preset = (typeof PRESETS)[number]
export const LONGEST_MILLISECONDS = 24 * 3600 * 1000
const MINUTE = 60_000

export function spanOf(preset: Preset, now: number): Stretch {
  switch (preset) {
    case 'halfHour': return { from: now - 30 * MINUTE, to: now }
    case 'hour': return { from: now - 60 * MINUTE, to: now }
    case 'today': return bounded(midnight(now, 0), now)
    case 'yesterday': return bounded(midnight(now, -1), midnight(now, 0))
  }
}

export type SpanFault = 'missing' | 'order' | 'long' | 'future'

/** What is wrong with a span that somebody typed; null where nothing is. */
export function faultOf(from: number | null, to: number | null, now: number): SpanFault | null {
  if (from === null || to === null) return 'missing'
  if (from >= to) return 'order'
  if (to - from > LONGEST_MILLISECONDS) return 'long'
  return from > now ? 'future' : null
}

function midnight(now: number, days: number): number {
  const date = new Date(now)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime()
}

/** A day on which the clocks go back has 25 hours: its last 24 are what may be asked for. */
function bounded(from: number, to: number): Stretch {
  return { from: Math.max(from, to - LONGEST_MILLISECONDS), to }
}

const TICK_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360]
const MOST_TICKS = 8

/** Round times of day between two times, as many as can be read beside each other. */
export function ticksOf(from: number, to: number): { time: number; words: string }[] {
  const minutes = TICK_MINUTES.find((step) => (to - from) / (step * MINUTE) <= MOST_TICKS) ?? 360
  const step = minutes * MINUTE
  const start = midnight(from, 0)
  const ticks = []
  for (let time = start + Math.ceil((from - start) / step) * step; time <= to; time += step) ticks.push({ time, words: clockWords(time) })
  return ticks
}

function clockWords(time: number): string {
  const date = new Date(time)
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
}
