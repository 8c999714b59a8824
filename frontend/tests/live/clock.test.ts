import { describe, expect, it } from 'vitest'
import { ServerClock } from '@/live/clock'

/** A page whose local clock is set by the test. */
function page(): { clock: ServerClock; at(local: number): void } {
  let local = 0
  return { clock: new ServerClock(() => local), at: (value) => { local = value } }
}

describe('the server’s clock', () => {
  it('is the PC’s until the server has spoken', () => {
    const { clock } = page()
    expect(clock.known).toBe(false)
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(100)
  })

  it('runs on from what the server said', () => {
    const { clock, at } = page()
    at(500)
    clock.heard(1_000_000)
    at(2500)
    expect(clock.now()).toBe(1_002_000)
  })

  it('believes the sample that was least delayed', () => {
    const { clock, at } = page()
    clock.heard(1_000_000)
    at(1000)
    clock.heard(1_000_400)
    // 600 ms late on its way: hardly believed.
    expect(clock.now()).toBeGreaterThan(1_000_950)
    at(2000)
    clock.heard(1_002_100)
    expect(clock.now()).toBe(1_002_100)
  })

  it('follows a clock that was set', () => {
    const { clock } = page()
    clock.heard(1_000_000)
    clock.heard(400_000)
    expect(clock.now()).toBe(400_000)
  })
})
