import type { Text } from '@/i18n'
import { COMMAND_STATES } from '@/live/commands'
import { partName } from '@/i18n/words'
import type { LiveEvent } from '@/live/messages'

/** An event as a sentence. A kind that this page does not know yet is shown by its name, not left out. */
export function eventWords(event: LiveEvent, text: Text, callSign: (unit: number) => string): string {
  const unit = event.unit === null ? '' : callSign(event.unit)
  const commandState = COMMAND_STATES.find((state) => event.kind === `command.${state}`)
  if (commandState) return text('events.kinds.command', { unit, state: text(`commands.states.${commandState}`) })
  const part = partName(text, said(event, 'part'))
  switch (event.kind) {
    case 'unit.online': return text('events.kinds.online', { unit })
    case 'unit.offline': return text('events.kinds.offline', { unit })
    case 'device.first_seen': return text('events.kinds.firstSeen', { device: said(event, 'device'), protocol: said(event, 'protocol') })
    case 'geofence.entered': return text('events.kinds.entered', { unit, fence: said(event, 'name') })
    case 'geofence.left': return text('events.kinds.left', { unit, fence: said(event, 'name') })
    case 'unit.alarmed': return text(isSos(event) ? 'events.kinds.sos' : 'events.kinds.alarm', { unit })
    case 'part.away': return text('events.kinds.partAway', { part })
    case 'part.back': return text('events.kinds.partBack', { part })
    default: return text('events.kinds.other', { kind: event.kind })
  }
}

/** An SOS is the first of the alarm's bits. */
function isSos({ payload }: LiveEvent): boolean {
  return typeof payload['alarms'] === 'number' && (payload['alarms'] & 1) !== 0
}

function said(event: LiveEvent, key: string): string {
  const value = event.payload[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?'
}
