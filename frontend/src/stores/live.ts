import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { COMMAND_TOPIC } from '@/live/commands'
import { sameInterest, type Interest } from '@/live/interest'
import type { LineState, PresenceRow, ServerMessage } from '@/live/messages'
import type { Frame } from '@/live/record'
import { LiveSocket, socketAddress } from '@/live/socket'
import { useClock } from './clock'
import { useCommands } from './commands'
import { useCrossings } from './crossings'
import { useEvents } from './events'
import { useParts } from './parts'
import { usePositions } from './positions'
import { useSession } from './session'
import { useUnits } from './units'
import { useView } from './view'

const TOPICS = ['unit.presence', 'unit.alarm', 'geofence.crossing', 'system.part', 'device.seen']

/** The line to the server, and where each message of it goes. */
export const useLive = defineStore('live', () => {
  const state = ref<LineState>({ kind: 'connecting' })
  const problem = ref<string | null>(null)
  const interest = shallowRef<Interest | null>(null)
  const [clock, commands, crossings, events, parts] = [useClock(), useCommands(), useCrossings(), useEvents(), useParts()]
  const [positions, session, units, view] = [usePositions(), useSession(), useUnits(), useView()]
  let socket: LiveSocket | null = null
  /** Number of the event that the presence snapshot already holds. */
  let presenceTrueAt = 0

  function start(): void {
    if (socket) return
    // A new line knows of no look yet: the map's next one has to be sent, also when it is the old one again.
    interest.value = null
    const handlers = { state: becomes, time: clock.heard, message: receive, frame: receiveFrame }
    socket = new LiveSocket({ url: socketAddress('/live'), topics: commands.mayTell ? [...TOPICS, COMMAND_TOPIC] : TOPICS, handlers, sessionHolds: session.holds })
    socket.start()
    document.addEventListener('visibilitychange', paceByVisibility)
  }

  function stop(): void {
    socket?.stop()
    socket = null
    document.removeEventListener('visibilitychange', paceByVisibility)
  }

  function lookAt(wanted: Interest): void {
    view.whole = wanted.whole
    if (sameInterest(interest.value, wanted)) return
    interest.value = wanted
    socket?.lookAt(wanted)
  }

  function becomes(newState: LineState): void {
    state.value = newState
    if (newState.kind === 'refused' && newState.reason === 'session') session.refuse()
  }

  function receiveFrame(frame: Frame): void {
    const lacking = positions.isPast ? [] : positions.apply(frame)
    if (lacking.length > 0) socket?.lookAgain()
  }

  function receive(message: ServerMessage): void {
    switch (message.type) {
      case 'registry': return units.announced(message.version)
      case 'parts': return parts.set(message.parts)
      case 'gone': return positions.isPast ? undefined : positions.drop(message.units)
      case 'gap': return events.lost(message.first, message.last)
      case 'error': problem.value = `${message.code}: ${message.detail}`; return
      case 'topic':
        // The other topics' rows say what `parts` and the registry say already.
        if (crossings.set(message.topic, message.rows) || commands.set(message.topic) || message.topic !== 'unit.presence') return
        presenceTrueAt = message.number
        return units.setPresence(message.rows as PresenceRow[])
      case 'event':
        events.add(message)
        crossings.add(message)
        commands.add(message)
        if (message.topic === 'unit.presence' && message.unit !== null && message.number > presenceTrueAt) {
          units.changePresence({ unit: message.unit, online: message.kind === 'unit.online', since: sinceOf(message) })
        }
    }
  }

  const paceByVisibility = (): void => socket?.every(paceOf(document.visibilityState))

  // The line was up all the time: one snapshot, and the map is live again.
  watch(() => positions.isPast, (past) => { if (!past) socket?.lookAgain() }, { flush: 'sync' })
  watch(() => view.following, (unit) => { socket?.followUnits(unit === null ? [] : [unit]) })

  return { state, problem, interest, start, stop, lookAt }
})

/** Nobody looks at a hidden page: one frame in five seconds (ms) keeps it near enough to be right at once. */
function paceOf(visibility: DocumentVisibilityState): 200 | 5000 {
  return visibility === 'hidden' ? 5000 : 200
}

function sinceOf(event: { time: number; payload: Record<string, unknown> }): number {
  return typeof event.payload['since'] === 'number' ? event.payload['since'] : event.time
}
