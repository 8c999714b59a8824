import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { useClock } from '@/stores/clock'
import { usePositions } from '@/stores/positions'
import { useUnits } from '@/stores/units'
import { useView } from '@/stores/view'
import { buildRows, countRows, orderUnits, selectRows, type Counts, type Filter, type Row } from './rows'

export interface Rows {
  rows: ComputedRef<Row[]>
  counts: ComputedRef<Counts>
  shown: ComputedRef<Row[]>
  selected: ComputedRef<Row | undefined>
  search: Ref<string>
  filter: Ref<Filter>
}

/** The rows as the stores have them now. Made once by the wall, and handed to what shows them. */
export function useRows(): Rows {
  const [clock, positions, units, view] = [useClock(), usePositions(), useUnits(), useView()]
  const search = ref('')
  const filter = ref<Filter>('all')
  const ordered = computed(() => orderUnits(units.all))
  const rows = computed(() =>
    buildRows({ units: ordered.value, positions: positions.told, presence: units.presence, view: view.view, now: clock.second }))
  return {
    rows,
    counts: computed(() => countRows(rows.value)),
    shown: computed(() => selectRows(rows.value, search.value, filter.value)),
    selected: computed(() => rows.value.find((row) => row.number === view.selected)),
    search,
    filter,
  }
}
