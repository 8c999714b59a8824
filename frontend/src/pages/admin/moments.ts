/** Moments in words of the page's language. */
import { computed, type ComputedRef } from 'vue'
import { useText } from '@/i18n'
import { useClock } from '@/stores/clock'
import { usePreferences, type Language } from '@/stores/preferences'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface Moments {
  /** Of this minute: nothing is reckoned again for a second. */
  now(): number
  /** Day and time of day. */
  at(time: number): string
  /** To the second, as it stands in a record. */
  exact(time: number): string
  /** How long ago. */
  ago(time: number): string
}

export function useMoments(): Moments {
  const [text, clock, preferences] = [useText(), useClock(), usePreferences()]
  const minute = computed(() => Math.floor(clock.second / 60_000) * 60_000)
  return {
    now: () => minute.value,
    at: (time) => dayAndTime(time, preferences.language),
    exact: (time) => dayAndTime(time, preferences.language, 'medium'),
    ago: (time) => agoWords(time, minute.value, preferences.language) ?? text('admin.justNow'),
  }
}

/** How long what was there before a new secret works on, to be said behind what is said of the new one; empty where it does not. */
export function useFormer(until: () => number | null): ComputedRef<string> {
  const [text, moments] = [useText(), useMoments()]
  return computed(() => {
    const moment = until()
    return moment !== null && moment > moments.now() ? ` ${text('admin.once.former', { time: moments.at(moment) })}` : ''
  })
}

export function dayAndTime(time: number, language: Language, timeStyle: 'short' | 'medium' = 'short'): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium', timeStyle, hourCycle: 'h23' }).format(time)
}

/** “3 hours ago”; null for less than a minute. */
export function agoWords(time: number, now: number, language: Language): string | null {
  const seconds = Math.max(0, (now - time) / 1000)
  const words = new Intl.RelativeTimeFormat(language)
  if (seconds < MINUTE) return null
  if (seconds < HOUR) return words.format(-Math.floor(seconds / MINUTE), 'minute')
  return seconds < 2 * DAY ? words.format(-Math.floor(seconds / HOUR), 'hour') : words.format(-Math.floor(seconds / DAY), 'day')
}
