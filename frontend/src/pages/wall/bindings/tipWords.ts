import { i18n, type Text } from '@/i18n'
import { ageWords, kilometresPerHour, unitName } from '@/i18n/words'
import { ageOf } from '@/live/age'
import type { Hit } from '@/map/fleet/fleetView'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { usePreferences } from '@/stores/preferences'
import { useUnits } from '@/stores/units'

/** What is said of the thing under the pointer, line by line. */
export function useTipWords(): (hit: NonNullable<Hit>) => string[] {
  const [clock, positions, preferences, units] = [useClock(), usePositions(), usePreferences(), useUnits()]
  const text: Text = (key, values) => i18n.global.t(key, values ?? {})
  return (hit) => {
    if (hit.kind === 'bubble') return [text('fleet.bubble', { count: hit.units.length }), text('fleet.openBubble')]
    const fix = positions.newest.get(hit.unit)
    const speed = fix?.speed === undefined || fix.speed === null ? text('units.unknownSpeed') : text('units.speed', { speed: kilometresPerHour(fix.speed) })
    const age = fix ? text('age.ago', { age: ageWords(text, ageOf(fix, clock.past ?? clock.now())) }) : ''
    return [units.callSign(hit.unit), unitName(units.byNumber.get(hit.unit), preferences.language), `${speed} · ${age}`].filter(Boolean)
  }
}
