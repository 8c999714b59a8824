/** Runs an action at once, then at most once in so many milliseconds; the last asking is never forgotten. */
export function paced(action: () => void, milliseconds: number): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted = false
  const run = (): void => {
    timer = wanted ? setTimeout(run, milliseconds) : undefined
    if (wanted) action()
    wanted = false
  }
  return { ask: () => { wanted = true; if (timer === undefined) run() }, stop: () => { clearTimeout(timer) } }
}
