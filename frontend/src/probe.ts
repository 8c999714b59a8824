import type { DrawnUnit } from '@/map/fleet/fleetView'
import type { FrameTimes } from '@/map/fleet/frames'
import { fleetInSight } from '@/map/fleet/sight'
import { useEvents } from '@/stores/events'
import { useLive } from '@/stores/live'
import { usePositions } from '@/stores/positions'

/**
 * What an end-to-end test may read of the page, as `window.__liandong`. Read only; every call gives a new copy.
 * `positions()` are those that the server tells us of now, `events()` the last ones, newest first,
 * `state()` is the line's: connecting, live, waiting or refused.
 * `drawn()` is where each unit stands on the map, CSS pixels from its upper left corner; `frames()` are the last
 * intervals between frames while something moved, and the times that drawing the units took, ms.
 */
export interface Probe {
  positions(): Record<number, { longitude: number; latitude: number; time: number; speed: number | null; heading: number | null }>
  events(): { number: number; kind: string; unit: number | null; time: number }[]
  state(): string
  drawn(): Record<number, DrawnUnit>
  frames(): FrameTimes
}

declare global {
  interface Window {
    readonly __liandong: Probe
  }
}

export function exposeProbe(): void {
  const probe: Probe = {
    positions: () =>
      Object.fromEntries([...usePositions().newest].map(([unit, { longitude, latitude, time, speed, heading }]) => [unit, { longitude, latitude, time, speed, heading }])),
    events: () => useEvents().list.map(({ number, kind, unit, time }) => ({ number, kind, unit, time })),
    state: () => useLive().state.kind,
    drawn: () => fleetInSight()?.drawn() ?? {},
    frames: () => fleetInSight()?.stage.frames.read() ?? { intervals: [], draws: [], passed: 0, drawn: 0 },
  }
  Object.defineProperty(window, '__liandong', { value: Object.freeze(probe) })
}
