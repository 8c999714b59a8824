import { onBeforeUnmount, shallowRef, watch, type ShallowRef } from 'vue'
import { readUnit, type UnitDevice } from '@/live/api'
import { useUnits } from '@/stores/units'

/** The devices of a unit, read once for it and again with each new registry. Empty while they are not known, or may not be read. */
export function useDevices(unit: () => number): ShallowRef<UnitDevice[]> {
  const units = useUnits()
  const devices = shallowRef<UnitDevice[]>([])
  let asking: AbortController | null = null

  watch([unit, () => units.version], async ([number], [before]) => {
    asking?.abort()
    if (number !== before) devices.value = []
    const mine = (asking = new AbortController())
    const answer = await readUnit(number, mine.signal).catch(() => null)
    if (answer && !mine.signal.aborted) devices.value = answer.devices ?? []
  }, { immediate: true })
  onBeforeUnmount(() => { asking?.abort() })
  return devices
}
