import type { Text } from '@/i18n'
import { BODY_KINDS, type BodyKind } from '@/live/organisation'

/** A kind of body by name; one that is not known here as the server has it. */
export function kindWords(text: Text, kind: string): string {
  const known = BODY_KINDS.find((one) => one === kind)
  return known ? text(`organisation.kinds.${known}`) : kind
}

/** What most likely stands beneath a body of this kind. */
export function kindBeneath(kind: string): BodyKind {
  const likely: Readonly<Record<string, BodyKind>> = { city: 'district', district: 'street', brigade: 'squad', street: 'squad' }
  return likely[kind] ?? 'squad'
}
