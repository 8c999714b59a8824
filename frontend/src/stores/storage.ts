/** What this browser keeps for this person. A browser that forbids storage forgets it with the page, no more. */

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Forbidden or full.
  }
}

/** What was kept, unchecked: it may be of an older version, or written by hand. Undefined where nothing can be read. */
export function recall(key: string): unknown {
  try {
    const kept = localStorage.getItem(key)
    return kept === null ? undefined : (JSON.parse(kept) as unknown)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
