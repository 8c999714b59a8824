/** Units by what is typed. Pure. */
import type { Unit } from '@/live/api'

const MOST = 8

/** Those whose call sign or name holds the words; those whose call sign begins with them come first. */
export function matchingUnits(units: readonly Unit[], words: string): Unit[] {
  const wanted = words.trim().toLowerCase()
  const found = units.filter((unit) => [unit.call_sign, unit.name, unit.name_en ?? ''].some((name) => name.toLowerCase().includes(wanted)))
  const rank = ({ call_sign }: Unit): number => (call_sign.toLowerCase().startsWith(wanted) ? 0 : 1)
  return found.sort((one, other) => rank(one) - rank(other) || one.call_sign.localeCompare(other.call_sign)).slice(0, MOST)
}
