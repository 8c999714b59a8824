/** What the server refuses of areas, holds and approvals, by its fact `code`. Pure. */
import type { Text } from '@/i18n'
import type { RequestError } from '@/live/send'

const PLACES = 5

/** Null for a code that is of something else. */
export function governanceRefusal(text: Text, { facts, detail, code }: RequestError): string | null {
  const { longitude, latitude } = facts
  switch (code) {
    case 'shape_invalid':
      return typeof longitude === 'number' && typeof latitude === 'number'
        ? text('governanceRefusal.shapeAt', { longitude: longitude.toFixed(PLACES), latitude: latitude.toFixed(PLACES) })
        : text('governanceRefusal.shapeInvalid', { detail })
    case 'shape_too_large': return text('governanceRefusal.shapeTooLarge')
    case 'since_too_early': return text('governanceRefusal.sinceTooEarly')
    case 'code_taken': return text('governanceRefusal.codeTaken')
    case 'own_request': return text('governanceRefusal.ownRequest')
    default: return null
  }
}
