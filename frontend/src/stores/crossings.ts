import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Crossing, UnitAlarm } from '@/live/fences'
import type { LiveEvent } from '@/live/messages'

export const CROSSINGS = 'geofence.crossing'
export const ALARMS = 'unit.alarm'
const MOST = 500
const SOS = 1

export type Notice = ({ kind: 'crossing' } & Crossing) | ({ kind: 'alarm'; sos: boolean } & UnitAlarm)

/** Who crossed a geofence, and who raised an alarm, in the last 24 hours: the newest first. */
export const useCrossings = defineStore('crossings', () => {
  const crossings = shallowRef<readonly Crossing[]>([])
  const alarms = shallowRef<readonly UnitAlarm[]>([])
  const told: ((crossing: Crossing) => void)[] = []
  const list = computed((): Notice[] => [
    ...crossings.value.map((one) => ({ kind: 'crossing' as const, ...one })),
    ...alarms.value.map((one) => ({ kind: 'alarm' as const, sos: (one.alarms & SOS) !== 0, ...one })),
  ].sort((one, other) => other.at - one.at || other.id - one.id).slice(0, MOST))

  /** What the server says is true of a topic; whether it was one of ours. */
  function set(topic: string, rows: unknown[]): boolean {
    if (topic === CROSSINGS) crossings.value = rows as Crossing[]
    else if (topic === ALARMS) alarms.value = rows as UnitAlarm[]
    else return false
    return true
  }

  /** One that the snapshot holds already is the same. */
  function add({ topic, payload }: LiveEvent): void {
    if (topic === CROSSINGS) {
      const crossing = payload as unknown as Crossing
      const isNew = !crossings.value.some(({ id }) => id === crossing.id)
      crossings.value = [crossing, ...without(crossings.value, payload)].slice(0, MOST)
      if (isNew) for (const tell of told) tell(crossing)
    } else if (topic === ALARMS) alarms.value = [payload as unknown as UnitAlarm, ...without(alarms.value, payload)].slice(0, MOST)
  }

  return { crossings, alarms, list, set, add, onNew: (tell: (crossing: Crossing) => void) => { told.push(tell) } }
})

function without<Row extends { id: number }>(rows: readonly Row[], { id }: Record<string, unknown>): Row[] {
  return rows.filter((row) => row.id !== id)
}
