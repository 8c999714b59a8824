import { expect, test, vi } from 'vitest'
import { tellFault } from '@/map/faults'

class Unanswered extends Error {
  constructor(readonly status: number) {
    super(`AJAXError: (${status})`)
  }
}

test('a tile that gets no answer is no fault, everything else is', () => {
  const told = vi.fn()
  vi.stubGlobal('reportError', told)
  tellFault({ error: new Unanswered(0) })
  expect(told).not.toHaveBeenCalled()
  tellFault({ error: new Unanswered(500) })
  tellFault({ error: new Error('a style that is none') })
  tellFault({})
  expect(told).toHaveBeenCalledTimes(3)
})
