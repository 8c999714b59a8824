import type { Command } from '@/live/commands'
import type { LiveEvent } from '@/live/messages'

/** A message to the terminal 4. */
export function commandOf(id: number, rest: Partial<Command> = {}): Command {
  return { id, device: 4, kind: 'text', payload: `words ${id}`, created_by_name: '林晓燕', created_at: 1_000_000, expires_at: 4_600_000, state: 'queued', sent_at: null, settled_at: null, attempts: 0, answer: null, ...rest }
}

/** What the topic says of it: without its words. */
export function eventOf(command: Command): LiveEvent {
  const { payload, ...told } = command
  if (payload === '') throw new Error('a message has words')
  return { number: 1, topic: 'device.command', kind: `command.${command.state}`, time: 1, district: 1, squad: 1, unit: 7, payload: { ...told, unit: 7 } }
}
