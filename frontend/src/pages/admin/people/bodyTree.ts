/** The bodies as lines of a tree. Pure. */
import type { Body } from '@/live/admin'

export interface BodyLine {
  body: Body
  /** From 1. */
  level: number
  /** Null where nothing stands beneath. */
  open: boolean | null
  position: number
  size: number
}

/** Each body before those beneath it. One whose upper body is not to be seen stands at the top. */
export function bodyLines(bodies: readonly Body[], folded: ReadonlySet<number> = new Set()): BodyLine[] {
  const known = new Set(bodies.map((body) => body.id))
  const children = new Map<number | null, Body[]>()
  for (const body of bodies) {
    const parent = body.parent !== null && known.has(body.parent) ? body.parent : null
    children.set(parent, [...(children.get(parent) ?? []), body])
  }
  const lines: BodyLine[] = []

  function add(parent: number | null, level: number): void {
    const list = children.get(parent) ?? []
    for (const [index, body] of list.entries()) {
      const open = children.has(body.id) ? !folded.has(body.id) : null
      lines.push({ body, level, open, position: index + 1, size: list.length })
      if (open) add(body.id, level + 1)
    }
  }
  add(null, 1)
  return lines
}
