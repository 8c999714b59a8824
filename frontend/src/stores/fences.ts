import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'
import { addFence, changeFence, deleteFence, readFenceBodies, readFences, type Fence, type FenceBody, type FenceHours, type FenceShape, type FenceWish, type Tells } from '@/live/fences'
import { RequestError } from '@/live/send'
import type { LonLat } from '@/map/datum'
import { circleShape } from '@/map/outline/circle'
import { Sketch } from '@/map/outline/sketch'
import { useCrossings } from './crossings'
import { useSession } from './session'

export const FIRST_RADIUS = 300
/** Metres. */
export const RADII = { least: 20, most: 25_000 } as const

export type About = 'all' | 'bodies' | 'units'

/** A fence while somebody draws it. */
export interface Draft {
  /** Null: a new one. */
  id: number | null
  name: string
  body: number | null
  about: About
  bodies: number[]
  units: number[]
  /** Null: always. */
  hours: FenceHours[] | null
  tells: Tells
  since: number | null
  until: number | null
  /** Of a circle, until it is taken as an outline of corners. */
  circle: { centre: LonLat | null; metres: number } | null
}

/** The geofences that may be seen, and the one that is being drawn. */
export const useFences = defineStore('fences', () => {
  const [session, crossings] = [useSession(), useCrossings()]
  const list = shallowRef<readonly Fence[]>([])
  const bodies = shallowRef<readonly FenceBody[]>([])
  const loaded = ref(false)
  const error = shallowRef<RequestError | null>(null)
  const draft = ref<Draft | null>(null)
  const sketch = shallowRef<Sketch | null>(null)
  /** What is asked for by a key on the map: the panel does it. */
  const asked = shallowRef<{ what: 'save' | 'giveUp' } | null>(null)
  const [mayRead, mayEdit] = ['geofence.read', 'geofence.edit'].map((atom) => computed(() => session.atoms.includes(atom))) as [ComputedRef<boolean>, ComputedRef<boolean>]
  const ready = computed(() => sketch.value !== null && sketch.value.open === null && sketch.value.outline.length > 0 && sketch.value.crossing === null)

  async function load(): Promise<void> {
    if (!mayRead.value) return
    try {
      list.value = await readFences()
      loaded.value = true
      error.value = null
    } catch (problem) {
      error.value = problem instanceof RequestError ? problem : new RequestError(0, String(problem))
      session.heed(problem)
    }
  }

  async function loadBodies(): Promise<void> {
    if (mayEdit.value && bodies.value.length === 0) bodies.value = await readFenceBodies()
  }

  /** Begins a new fence, or to change one. */
  function draw(form: 'polygon' | 'circle'): void {
    draft.value = { ...EMPTY, bodies: [], units: [], body: top(bodies.value), circle: form === 'circle' ? { centre: null, metres: FIRST_RADIUS } : null }
    sketch.value = form === 'polygon' ? new Sketch(null) : null
  }

  function edit(fence: Fence): void {
    draft.value = draftOf(fence)
    sketch.value = new Sketch(fence.shape)
  }

  function place(centre: LonLat): void {
    if (draft.value?.circle) draft.value.circle = { ...draft.value.circle, centre }
  }

  function giveUp(): void {
    draft.value = null
    sketch.value = null
    asked.value = null
  }

  /** Throws what the server refuses. */
  async function save(): Promise<void> {
    const [wanted, drawn] = [draft.value, sketch.value]
    if (!wanted || !drawn || wanted.body === null) return
    const wish = wishOf(wanted, wanted.body, drawn.shape())
    if (wanted.id === null) await addFence(wish)
    else await changeFence(wanted.id, wish)
    giveUp()
    await load()
  }

  async function remove(id: number): Promise<void> {
    await deleteFence(id)
    list.value = list.value.filter((fence) => fence.id !== id)
  }

  watch(() => draft.value?.circle, (circle) => { if (circle) sketch.value = sketchOf(circle) })
  crossings.onNew(({ geofence }) => {
    list.value = list.value.map((fence) => (fence.id === geofence ? { ...fence, today: fence.today + 1 } : fence))
  })

  return { list, bodies, loaded, error, draft, sketch, asked, mayRead, mayEdit, ready, load, loadBodies, draw, edit, place, giveUp, save, remove }
})

const EMPTY: Draft = { id: null, name: '', body: null, about: 'all', bodies: [], units: [], hours: null, tells: 'both', since: null, until: null, circle: null }

function draftOf({ id, name, body, bodies, units, hours, tells, since, until }: Fence): Draft {
  const about: About = units ? 'units' : bodies ? 'bodies' : 'all'
  const spans = hours && hours.map((span) => ({ ...span, days: [...span.days] }))
  return { id, name, body, about, bodies: [...(bodies ?? [])], units: [...(units ?? [])], hours: spans, tells, since, until, circle: null }
}

/** A circle is a polygon as soon as it has a centre. */
function sketchOf({ centre, metres }: NonNullable<Draft['circle']>): Sketch | null {
  return centre && metres >= RADII.least && metres <= RADII.most ? new Sketch(circleShape(centre, metres)) : null
}

function wishOf({ name, about, bodies, units, hours, tells, since, until }: Draft, body: number, shape: FenceShape): FenceWish {
  return { name: name.trim(), body, bodies: about === 'bodies' ? bodies : null, units: about === 'units' ? units : null, hours, tells, since, until, shape }
}

/** The body above which none of them stands. */
function top(bodies: readonly FenceBody[]): number | null {
  const known = new Set(bodies.map(({ id }) => id))
  return (bodies.find(({ parent }) => parent === null || !known.has(parent)) ?? bodies[0])?.id ?? null
}
