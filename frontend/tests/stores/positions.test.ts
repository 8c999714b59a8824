import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { usePositions, type PositionChange } from '@/stores/positions'
import { fix, frame } from '../fixes'

beforeEach(() => { setActivePinia(createPinia()) })

const units = (): number[] => [...usePositions().newest.keys()].sort()

describe('positions', () => {
  it('of a unit: the newer holds, with equal times the later received', () => {
    const positions = usePositions()
    positions.apply(frame('changes', [fix(1, { time: 20, latitude: 2 })]))
    positions.apply(frame('changes', [fix(1, { time: 10, latitude: 1 })]))
    expect(positions.newest.get(1)).toMatchObject({ time: 20, latitude: 2 })
    positions.apply(frame('changes', [fix(1, { time: 20, latitude: 3 })]))
    expect(positions.newest.get(1)).toMatchObject({ latitude: 3 })
  })

  it('that a snapshot does not have are not in view', () => {
    const positions = usePositions()
    positions.apply(frame('changes', [fix(1), fix(2)]))
    positions.apply(frame('snapshot', [fix(2), fix(3)]))
    expect(units()).toEqual([2, 3])
  })

  it('stay when changes do not speak of them', () => {
    const positions = usePositions()
    positions.apply(frame('snapshot', [fix(1), fix(2)]))
    positions.apply(frame('changes', [fix(2)]))
    expect(units()).toEqual([1, 2])
  })

  it('after a resume are kept where they are in view, and those that lack are named', () => {
    const positions = usePositions()
    positions.apply(frame('snapshot', [fix(1), fix(2), fix(3)]))
    const lacking = positions.apply(frame('resume', [fix(4)], [2, 4, 5]))
    expect(units()).toEqual([2, 4])
    expect(lacking).toEqual([5])
  })

  it('keep a newer fix when a snapshot brings an older one', () => {
    const positions = usePositions()
    positions.apply(frame('changes', [fix(1, { time: 20 })]))
    positions.apply(frame('snapshot', [fix(1, { time: 10 })]))
    expect(positions.newest.get(1)?.time).toBe(20)
  })

  it('that are gone are dropped', () => {
    const positions = usePositions()
    positions.apply(frame('changes', [fix(1), fix(2)]))
    positions.drop([1, 9])
    expect(units()).toEqual([2])
  })

  it('are told to the map at once, with what moved and what went', () => {
    const positions = usePositions()
    const heard: PositionChange[] = []
    const end = positions.listen((change) => heard.push(change))
    positions.apply(frame('changes', [fix(1, { time: 20 }), fix(2)]))
    positions.apply(frame('changes', [fix(1, { time: 10 })]))
    positions.apply(frame('snapshot', [fix(2, { time: 2_000_000 })]))
    positions.drop([2, 3])
    end()
    positions.apply(frame('changes', [fix(5)]))
    expect(heard.map(({ moved, gone }) => ({ moved: moved.map((one) => one.unit), gone }))).toEqual([
      { moved: [1, 2], gone: [] },
      { moved: [2], gone: [1] },
      { moved: [], gone: [2] },
    ])
  })

  it('are told to the page at most twice a second', async () => {
    vi.useFakeTimers()
    const positions = usePositions()
    let told = 0
    watch(() => positions.told, () => { told += 1 }, { flush: 'sync' })
    for (let tick = 0; tick < 10; tick += 1) {
      positions.apply(frame('changes', [fix(tick, { time: tick })]))
      await vi.advanceTimersByTimeAsync(200)
    }
    expect(told).toBeGreaterThanOrEqual(3)
    expect(told).toBeLessThanOrEqual(4)
    vi.useRealTimers()
  })
})
