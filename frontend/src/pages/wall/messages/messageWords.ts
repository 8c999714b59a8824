import type { Text, TextKey } from '@/i18n'
import { timeWords } from '@/i18n/words'
import type { Command } from '@/live/commands'
import type { RequestError } from '@/live/send'
import type { Language } from '@/stores/preferences'

const BY_CODE: Readonly<Record<string, TextKey>> = {
  text_bad: 'commands.faults.text',
  protocol_has_no_messages: 'commands.faults.protocol',
  too_many_messages: 'commands.faults.tooMany',
  not_queued: 'commands.faults.notQueued',
}
const BY_STATUS: Readonly<Record<number, TextKey>> = {
  0: 'commands.faults.noAnswer',
  401: 'commands.faults.forbidden',
  403: 'commands.faults.forbidden',
  404: 'commands.faults.gone',
  // Words beyond what the server looks at: it says no code for them.
  422: 'commands.faults.text',
  503: 'commands.faults.away',
}

/** What the server refused, in words of the page. */
export function faultWords({ code, status }: RequestError, text: Text): string {
  return text(BY_CODE[code] ?? BY_STATUS[status] ?? 'commands.faults.other')
}

/** How a message stands; what is still open says what it waits for. */
export function stateWords(command: Command, text: Text, language: Language, now: number): { state: string; more: string } {
  const state = text(`commands.states.${command.state}`)
  const until = timeWords(command.expires_at, language, now)
  if (command.state === 'sent') return { state, more: text('commands.unanswered') }
  if (command.state === 'queued') return { state, more: text(command.attempts > 0 ? 'commands.waitsAgain' : 'commands.waits', { until }) }
  return { state: command.settled_at === null ? state : text('commands.settled', { state, time: timeWords(command.settled_at, language, now) }), more: '' }
}
