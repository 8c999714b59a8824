/** Words for the screens of terminals. Moments are ms since 1970. */
import { read, send } from './send'

export const COMMAND_TOPIC = 'device.command'
export const COMMAND_STATES = ['queued', 'sent', 'delivered', 'refused', 'expired', 'cancelled'] as const
export type CommandState = (typeof COMMAND_STATES)[number]

/** A message to a device. `attempts`: how often it went out; `answer`: the device's own, 0 is yes, null before it came. */
export interface Command {
  id: number
  device: number
  kind: string
  payload: string
  created_by_name: string
  created_at: number
  expires_at: number
  state: CommandState
  sent_at: number | null
  settled_at: number | null
  attempts: number
  answer: number | null
}

/** What an event of the topic carries: all but the words. */
export type CommandChange = Omit<Command, 'payload'>

const pathOf = (device: number): string => `/api/v1/devices/${device}/commands`

/** The newest hundred, the newest first. */
export const readCommands = (device: number, signal?: AbortSignal): Promise<Command[]> => read<Command[]>(pathOf(device), signal)
export const sendWords = (device: number, words: string): Promise<Command> => send<Command>('POST', pathOf(device), { text: words })
export const cancelCommand = ({ device, id }: Pick<Command, 'device' | 'id'>): Promise<undefined> => send('DELETE', `${pathOf(device)}/${id}`)
