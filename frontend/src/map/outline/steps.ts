/** Steps that can be taken back and done again. Pure. */
export interface Steps<State> {
  past: readonly State[]
  now: State
  future: readonly State[]
}

/** So many steps can be taken back. */
export const MOST_STEPS = 200

export const firstStep = <State>(now: State): Steps<State> => ({ past: [], now, future: [] })

export function stepTo<State>({ past, now }: Steps<State>, next: State): Steps<State> {
  return { past: [...past, now].slice(-MOST_STEPS), now: next, future: [] }
}

/** The same step goes on, as while a corner is being dragged. */
export function goOn<State>(steps: Steps<State>, next: State): Steps<State> {
  return { ...steps, now: next }
}

export function stepBack<State>(steps: Steps<State>): Steps<State> {
  const before = steps.past.at(-1)
  return before === undefined ? steps : { past: steps.past.slice(0, -1), now: before, future: [steps.now, ...steps.future] }
}

export function stepAgain<State>(steps: Steps<State>): Steps<State> {
  const [next, ...future] = steps.future
  return next === undefined ? steps : { past: [...steps.past, steps.now], now: next, future }
}
