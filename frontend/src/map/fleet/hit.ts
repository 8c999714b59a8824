/** What lies under a point of the screen. Pixels of the scene. */
import { bubbleRadius, type Bubbles } from './bubbles'
import type { Scene } from './scene'

export const REACH_PIXELS = 16
/** A unit in alarm, and still more the chosen one, is hit from so much farther away: it lies on top. */
const ALARM_BONUS = 4
const CHOSEN_BONUS = 6

type HitScene = Pick<Scene, 'fleet' | 'screen' | 'clusters' | 'chosen'>

/** The slot of the nearest unit that is drawn by itself, or -1. */
export function hitUnit({ fleet, screen, chosen }: HitScene, x: number, y: number): number {
  let [best, least] = [-1, REACH_PIXELS]
  for (let slot = 0; slot < fleet.end; slot += 1) {
    if (screen.seen[slot] === 0) continue
    const bonus = slot === chosen ? CHOSEN_BONUS : fleet.alarms[slot] === 1 ? ALARM_BONUS : 0
    const away = Math.hypot((screen.x[slot] ?? 0) - x, (screen.y[slot] ?? 0) - y)
    if (away > REACH_PIXELS || away - bonus > least) continue
    // Of two at one place the later slot is drawn on top.
    best = slot
    least = away - bonus
  }
  return best
}

/** The bubble that holds the point, or -1; of several the last one, which is drawn on top. */
export function hitBubble({ clusters }: HitScene, bubbles: Bubbles, x: number, y: number): number {
  for (let bubble = clusters.count - 1; bubble >= 0; bubble -= 1) {
    const size = clusters.sizes[bubble] ?? 0
    if (size > 0 && Math.hypot((bubbles.x[bubble] ?? 0) - x, (bubbles.y[bubble] ?? 0) - y) <= bubbleRadius(size)) return bubble
  }
  return -1
}
