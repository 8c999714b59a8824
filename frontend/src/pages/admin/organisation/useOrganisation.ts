import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { readJurisdiction, type AreaShape, type CodedBody, type Jurisdiction, type SavedArea } from '@/live/organisation'
import { areaOf } from '@/map/layers/jurisdiction'
import { useNames } from '../names'
import { useLoad, type Load } from '../useLoad'
import { Sketch } from '@/map/outline/sketch'

export interface Organisation {
  /** Null: none. */
  chosen: number | null
  readonly body: CodedBody | null
  /** The moment whose areas are shown; null: now. */
  readonly at: number | null
  areas: Load<Jurisdiction>
  /** The chosen body's area that is shown. */
  readonly shape: AreaShape | null
  sketch: Sketch | null
  /** What came of the last saving. */
  saved: SavedArea | null
  /** The save dialog, and the question whether to give up, are asked for by key as well. */
  asking: 'save' | 'giveUp' | null
  showAt(moment: number | null): void
  edit(shape: AreaShape | null): void
  /** The areas of the other bodies. */
  neighbours(): AreaShape[]
  save(): void
  giveUp(): void
  /** Back to looking, with the areas as they are now. */
  end(saved: SavedArea | null): void
}

export function useOrganisation(): Organisation {
  const names = useNames()
  const [chosen, at] = [ref<number | null>(null), ref<number | null>(null)]
  const areas = useLoad((signal) => readJurisdiction(at.value, signal))
  const [sketch, saved, asking] = [shallowRef<Sketch | null>(null), shallowRef<SavedArea | null>(null), ref<Organisation['asking']>(null)]
  const body = computed(() => names.bodies.found?.find(({ id }) => id === chosen.value) ?? null)
  const shape = computed(() => (areas.found && areaOf(areas.found, chosen.value)?.geometry) ?? null)

  function end(now: SavedArea | null): void {
    sketch.value = null
    asking.value = null
    saved.value = now
    if (now) void areas.load()
  }

  watch(at, () => void areas.load())
  watch(chosen, () => { saved.value = null })
  void areas.load()
  return reactive({
    chosen,
    body,
    at,
    areas,
    shape,
    sketch,
    saved,
    asking,
    showAt: (moment: number | null) => { at.value = moment },
    edit: (from: AreaShape | null) => {
      saved.value = null
      sketch.value = new Sketch(from)
    },
    neighbours: () => (areas.found?.features ?? []).filter(({ properties }) => properties.body !== chosen.value).map(({ geometry }) => geometry),
    save: () => { if (sketch.value?.ready) asking.value = 'save' },
    giveUp: () => {
      if (sketch.value?.changed) asking.value = 'giveUp'
      else end(null)
    },
    end,
  })
}
