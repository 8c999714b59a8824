import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { readUnits, type Unit } from '@/live/api'
import type { PresenceRow } from '@/live/messages'

const RELOAD_AFTER_MILLISECONDS = 500
const RETRY_AFTER_MILLISECONDS = 5000

/** The registry of units that may be seen, and which of them are online. */
export const useUnits = defineStore('units', () => {
  const byNumber = shallowRef<ReadonlyMap<number, Unit>>(new Map())
  const presence = shallowRef<ReadonlyMap<number, PresenceRow>>(new Map())
  const version = ref<number | null>(null)
  const all = computed(() => [...byNumber.value.values()])
  let announcedVersion: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    const registry = await readUnits()
    byNumber.value = new Map(registry.units.map((unit) => [unit.number, unit]))
    version.value = registry.version
  }

  /** Several changes come close together (an import, a shift): one reading after the last of them is enough. */
  function announced(newVersion: number): void {
    announcedVersion = newVersion
    if (newVersion !== version.value) schedule(RELOAD_AFTER_MILLISECONDS)
  }

  function schedule(milliseconds: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      // A reading that was under way may have brought it meanwhile.
      if (version.value === null || version.value !== announcedVersion) load().catch(() => { schedule(RETRY_AFTER_MILLISECONDS) })
    }, milliseconds)
  }

  function setPresence(rows: PresenceRow[]): void {
    presence.value = new Map(rows.map((row) => [row.unit, row]))
  }

  function changePresence(row: PresenceRow): void {
    presence.value = new Map(presence.value).set(row.unit, row)
  }

  /** A unit that the registry does not know yet has a number and nothing else. */
  function callSign(number: number): string {
    return byNumber.value.get(number)?.call_sign ?? `#${number}`
  }

  return { byNumber, presence, version, all, load, announced, schedule, setPresence, changePresence, callSign }
})
