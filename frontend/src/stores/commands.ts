import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { COMMAND_TOPIC, readCommands, sendWords, type Command, type CommandChange } from '@/live/commands'
import type { LiveEvent } from '@/live/messages'
import { RequestError } from '@/live/send'
import { useSession } from './session'

/** The messages to the terminal that is looked at, each in its present state. */
export const useCommands = defineStore('commands', () => {
  const session = useSession()
  const mayTell = computed(() => session.atoms.includes(COMMAND_TOPIC))
  const device = ref<number | null>(null)
  /** The newest first. */
  const list = shallowRef<readonly Command[]>([])
  const loaded = ref(false)
  const error = shallowRef<RequestError | null>(null)
  /** The last change that came while the list was looked at. */
  const changed = shallowRef<Command | null>(null)
  /** What events said since the list was asked for: the answer may be older than they are. */
  const changes = new Map<number, CommandChange>()
  let asking: AbortController | null = null

  /** Looks at the messages to a device; null: at none. */
  function look(wanted: number | null): void {
    if (wanted === device.value) return
    asking?.abort()
    device.value = wanted
    list.value = []
    loaded.value = false
    error.value = changed.value = null
    if (wanted !== null) void load()
  }

  async function load(): Promise<void> {
    const of = device.value
    if (of === null) return
    asking?.abort()
    const mine = (asking = new AbortController())
    changes.clear()
    try {
      const rows = await readCommands(of, mine.signal)
      if (mine.signal.aborted) return
      list.value = rows.map(asKnown)
      loaded.value = true
      error.value = null
      if (![...changes.keys()].every((id) => rows.some((row) => row.id === id))) await load()
    } catch (problem) {
      if (mine.signal.aborted) return
      error.value = problem instanceof RequestError ? problem : new RequestError(0, String(problem))
      session.heed(problem)
    }
  }

  /** Throws what the server refuses. */
  async function tell(words: string): Promise<void> {
    if (device.value === null) return
    const sent = await sendWords(device.value, words)
    // The list may have it already, by its event, and in a later state.
    if (sent.device === device.value && !list.value.some(({ id }) => id === sent.id)) list.value = [asKnown(sent), ...list.value]
  }

  /** A new snapshot of the topic: there may be changes that were not told. Whether it was ours. */
  function set(topic: string): boolean {
    if (topic !== COMMAND_TOPIC) return false
    void load()
    return true
  }

  function add({ topic, payload }: LiveEvent): void {
    const change = payload as unknown as CommandChange
    if (topic !== COMMAND_TOPIC || change.device !== device.value) return
    changes.set(change.id, change)
    const known = list.value.find(({ id }) => id === change.id)
    // Its words are not told with it: somebody else has written it.
    if (!known) return void (loaded.value && load())
    list.value = list.value.map((one) => (one.id === change.id ? asKnown(one) : one))
    changed.value = asKnown(known)
  }

  const asKnown = (command: Command): Command => ({ ...command, ...changes.get(command.id) })

  return { mayTell, device, list, loaded, error, changed, look, load, tell, set, add }
})
