import { computed, type ComputedRef } from 'vue'
import { contains, widthOf, type View } from '@/live/interest'
import { MOST_SQUARE_KILOMETRES, MOST_UNITS, type Ground } from '@/live/replay'
import { usePositions } from '@/stores/positions'
import { useView } from '@/stores/view'

export type GroundName = 'view' | 'units' | 'unit'

export interface Grounds {
  /** Null where there is too much of it, or nothing. */
  grounds: ComputedRef<Record<GroundName, Ground | null>>
  squareKilometres: ComputedRef<number>
  /** Numbers of the units that are in view now. */
  inView: ComputedRef<number[]>
  /** As far as it takes to replay the view. */
  zoomIn(): void
}

/** The server measures on the ellipsoid: what is nearly too large here may be so there. */
const ROOM = 0.99
/** Who zooms in for it can move the map a little afterwards. */
const WIDE_ROOM = 0.85
const KILOMETRES_PER_DEGREE = 111.32

export function areaOf(view: View): number {
  return widthOf(view) * (view.north - view.south) * KILOMETRES_PER_DEGREE
}

/** What can be replayed, as the map stands. */
export function useGrounds(): Grounds {
  const [positions, view] = [usePositions(), useView()]
  const squareKilometres = computed(() => (view.view ? areaOf(view.view) : 0))
  const inView = computed(() => {
    const { view: shown } = view
    return shown ? [...positions.told.values()].filter((fix) => contains(shown, fix)).map((fix) => fix.unit).sort((one, other) => one - other) : []
  })
  const grounds = computed(() => ({
    view: view.view && squareKilometres.value <= MOST_SQUARE_KILOMETRES * ROOM ? { area: view.view } : null,
    units: inView.value.length > 0 && inView.value.length <= MOST_UNITS ? { units: inView.value } : null,
    unit: view.selected === null ? null : { units: [view.selected] },
  }))

  /** One step of zoom is a quarter of the area. */
  function zoomIn(): void {
    const steps = Math.log2(squareKilometres.value / (MOST_SQUARE_KILOMETRES * WIDE_ROOM)) / 2
    if (view.camera && steps > 0) view.goTo(view.camera, view.camera.zoom + steps)
  }

  return { grounds, squareKilometres, inView, zoomIn }
}
