import { computed, onBeforeUnmount, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { PresenceRow } from '@/live/messages'
import { useClock } from '@/stores/clock'
import { useList } from '@/stores/list'
import { usePositions } from '@/stores/positions'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { directoryOf } from './directory'
import { linesOf, type Lines } from './lines'
import { paced } from './paced'
import { buildRow, buildRows, countRows, type Counts, type Row } from './rows'

/** Five thousand rows are looked through in some milliseconds: often enough for the eye, seldom enough for the PC. */
const ROWS_MILLISECONDS = 1000
const NO_PRESENCE: ReadonlyMap<number, PresenceRow> = new Map()

export interface Rows {
  rows: ShallowRef<ReadonlyMap<number, Row>>
  counts: ComputedRef<Counts>
  /** How many are in alarm, in view or not. */
  alarms: ComputedRef<number>
  lines: ComputedRef<Lines>
  selected: ComputedRef<Row | undefined>
}

/** The rows as the stores have them, renewed at most once a second. Made once by the wall, and handed to what shows them. */
export function useRows(): Rows {
  const [clock, positions, units, view, list] = [useClock(), usePositions(), useUnits(), useView(), useList()]
  /** In a replay there are only those that it shows: of the others it says nothing. */
  const listed = computed(() => (positions.isPast ? units.all.filter(({ number }) => positions.told.has(number)) : units.all))
  const directory = computed(() => directoryOf(listed.value))
  const rows = shallowRef<ReadonlyMap<number, Row>>(new Map())
  const world = (): Parameters<typeof buildRow>[2] => ({ positions: positions.told, presence: positions.isPast ? NO_PRESENCE : units.presence, view: view.view, now: clock.shown })
  const renewal = paced(() => { rows.value = buildRows({ ...world(), units: directory.value.units }) }, ROWS_MILLISECONDS)

  watch([() => clock.shown, () => positions.told, () => units.presence, () => view.view, directory], renewal.ask, { immediate: true })
  onBeforeUnmount(renewal.stop)
  return {
    rows,
    counts: computed(() => countRows(rows.value.values())),
    alarms: computed(() => [...rows.value.values()].filter((row) => row.fix?.alarm).length),
    lines: computed(() => linesOf(directory.value, rows.value, list)),
    // Its card is read closely: it does not wait for the others.
    selected: computed(() => {
      if (view.selected === null) return undefined
      const unit = units.byNumber.get(view.selected)
      return unit || positions.told.has(view.selected) ? buildRow(view.selected, unit, world()) : undefined
    }),
  }
}
