import { shallowReactive } from 'vue'

/** Something that is done to one thing once somebody has said yes; `AskFirst` asks it. */
export interface Asking<About> {
  /** Null while nothing is asked. */
  about: About | null
  act(): Promise<unknown>
  done(): void
  close(): void
}

/** `after`: what comes when it was done; the question is gone then, and so may be the button that led to it. */
export function useAsking<About>(act: (about: About) => Promise<unknown>, after: () => unknown): Asking<About> {
  const state: Asking<About> = shallowReactive({
    about: null,
    act: () => (state.about === null ? Promise.resolve() : act(state.about)),
    close: () => { state.about = null },
    done: () => {
      state.close()
      after()
    },
  })
  return state
}
