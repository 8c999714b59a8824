import type { Text } from '@/i18n'
import type { Equation } from '@/live/api'

/** What was received and is found nowhere; 0 is balanced, a minus means that more is accounted for than came. */
export function difference(row: Equation): number {
  return row.received - row.stored - row.repeat - rejectedOf(row) - row.pending
}

export function rejectedOf(row: Equation): number {
  return Object.values(row.rejected).reduce((sum, count) => sum + count, 0)
}

const REASONS = ['unknown_device', 'malformed', 'place', 'null_island', 'speed', 'future', 'retention', 'off_duty'] as const

/** Why fixes were not taken; a reason that this page does not know is shown under the server's name. */
export function reasonWords(text: Text, reason: string): string {
  const known = REASONS.find((one) => one === reason)
  return known ? text(`health.rejections.${known}`) : reason
}
