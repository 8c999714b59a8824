import { flushPromises } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useCommands } from '@/stores/commands'
import { commandOf, eventOf } from '../commands'
import { problem, serve, type Call } from '../server'

const PATH = '/api/v1/devices/4/commands'
const OLD = commandOf(1, { state: 'delivered', answer: 0 })

beforeEach(() => { setActivePinia(createPinia()) })
afterEach(() => { vi.unstubAllGlobals() })

async function looking(answers: Parameters<typeof serve>[0] = { [`GET ${PATH}`]: [200, [OLD]] }): Promise<Call[]> {
  const calls = serve(answers)
  useCommands().look(4)
  await flushPromises()
  return calls
}
const states = (): [number, string][] => useCommands().list.map(({ id, state }) => [id, state])

describe('the messages to a terminal', () => {
  it('change their state by the topic, and keep their words', async () => {
    await looking({ [`GET ${PATH}`]: [200, [commandOf(2), OLD]] })
    useCommands().add(eventOf(commandOf(2, { state: 'delivered', answer: 0, settled_at: 9 })))
    expect(useCommands().list[0]).toMatchObject(commandOf(2, { state: 'delivered', answer: 0, settled_at: 9 }))
    expect(useCommands().changed).toMatchObject({ id: 2, state: 'delivered', payload: 'words 2' })
  })

  it('of another terminal, and other events, change nothing', async () => {
    const calls = await looking()
    useCommands().add(eventOf(commandOf(1, { device: 5, state: 'expired' })))
    useCommands().add({ ...eventOf(commandOf(1, { state: 'expired' })), topic: 'unit.presence' })
    await flushPromises()
    expect(states()).toEqual([[1, 'delivered']])
    expect(useCommands().changed).toBeNull()
    expect(calls).toHaveLength(1)
  })

  it('that somebody else sends are read, since an event has no words', async () => {
    await looking({ [`GET ${PATH}`]: [[200, [OLD]], [200, [commandOf(2), OLD]]] })
    useCommands().add(eventOf(commandOf(2)))
    await flushPromises()
    expect(states()).toEqual([[2, 'queued'], [1, 'delivered']])
  })

  it('are as the event says that came while an older list was on its way', async () => {
    serve({ [`GET ${PATH}`]: [200, [commandOf(2)]] })
    useCommands().look(4)
    useCommands().add(eventOf(commandOf(2, { state: 'sent', attempts: 1 })))
    await flushPromises()
    expect(states()).toEqual([[2, 'sent']])
  })

  it('are read once more where one was queued while the list was on its way', async () => {
    serve({ [`GET ${PATH}`]: [[200, [OLD]], [200, [commandOf(2), OLD]]] })
    useCommands().look(4)
    useCommands().add(eventOf(commandOf(2)))
    await flushPromises()
    expect(states()).toEqual([[2, 'queued'], [1, 'delivered']])
  })

  it('that are sent stand first, once, and not in an older state than is known', async () => {
    await looking({ [`GET ${PATH}`]: [[200, [OLD]], [200, [commandOf(2, { state: 'sent', attempts: 1 }), OLD]]], [`POST ${PATH}`]: [[201, commandOf(2)], [201, commandOf(3)]] })
    useCommands().add(eventOf(commandOf(2, { state: 'sent', attempts: 1 })))
    await flushPromises()
    await useCommands().tell('words 2')
    expect(states()).toEqual([[2, 'sent'], [1, 'delivered']])
    await useCommands().tell('words 3')
    expect(states()[0]).toEqual([3, 'queued'])
  })

  it('are read again with a new snapshot of the topic, and only then', async () => {
    const calls = await looking()
    expect(useCommands().set('unit.presence')).toBe(false)
    expect(useCommands().set('device.command')).toBe(true)
    await flushPromises()
    expect(calls).toHaveLength(2)
  })

  it('are none while no terminal is looked at', async () => {
    const calls = await looking()
    useCommands().look(null)
    useCommands().set('device.command')
    await useCommands().tell('nobody')
    expect([useCommands().list, calls.length]).toEqual([[], 1])
  })

  it('that could not be read say so', async () => {
    await looking({ [`GET ${PATH}`]: [problem(503), [200, [OLD]]] })
    expect([useCommands().error?.status, useCommands().loaded]).toEqual([503, false])
    await useCommands().load()
    expect([useCommands().error, useCommands().loaded]).toEqual([null, true])
  })
})
