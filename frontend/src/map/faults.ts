/** What the map engine says when something goes wrong in it. */
export interface MapFault {
  error?: unknown
}

/** A tile for which no answer came (status 0) is no fault of the map: the wall says itself that the server is away. */
export function tellFault({ error }: MapFault): void {
  const unanswered = error instanceof Error && 'status' in error && error.status === 0
  if (!unanswered) reportError(error)
}
