import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RequestError } from '@/live/api'
import { useSession } from '@/stores/session'
import { problem, serve, sessionOf } from '../server'

beforeEach(() => { setActivePinia(createPinia()) })
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const HERE = 'GET /api/v1/session'

describe('the session', () => {
  it.each([[401, 'refused'], [403, 'refused'], [503, 'unreachable']])('after %i is %s', async (status, expected) => {
    serve({ [HERE]: problem(status) })
    await useSession().load()
    expect(useSession().status).toBe(expected)
  })

  it('says who is there and what he may do', async () => {
    serve({ [HERE]: [200, sessionOf()] })
    await useSession().load()
    expect(useSession().status).toBe('open')
    expect(useSession().atoms).toEqual(['wall.open', 'system.read'])
  })

  it('of a server that is away comes by itself when it is back', async () => {
    vi.useFakeTimers()
    serve({ [HERE]: [new TypeError('no network'), [200, sessionOf()]] })
    await useSession().load()
    await vi.advanceTimersByTimeAsync(5000)
    expect(useSession().status).toBe('open')
  })

  it('does not take a server that is away for an ended session', async () => {
    serve({ [HERE]: [new TypeError('no network'), problem(401)] })
    expect(await useSession().holds()).toBe(true)
    expect(await useSession().holds()).toBe(false)
  })

  it('is known when the server has said yes or no', async () => {
    vi.useFakeTimers()
    serve({ [HERE]: [new TypeError('no network'), problem(401)] })
    const known = vi.fn()
    void useSession().known().then(known)
    await useSession().load()
    expect(known).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(5000)
    expect(known).toHaveBeenCalledTimes(1)
    await useSession().known()
  })

  it('has ended only where there was one', async () => {
    serve({ [HERE]: [problem(401), [200, sessionOf()]] })
    const session = useSession()
    await session.load()
    expect(session.ended).toBe(false)
    await session.load()
    session.refuse()
    expect([session.status, session.ended]).toEqual(['refused', true])
    await session.load()
    expect([session.status, session.ended]).toEqual(['open', false])
  })

  it('heeds what a refused request says of it', async () => {
    serve({ [HERE]: [200, sessionOf()] })
    const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined)
    const session = useSession()
    await session.load()
    for (const error of [new Error('else'), new RequestError(0, ''), new RequestError(403, '', { atom: 'x' }), new RequestError(503, '')]) session.heed(error)
    expect([session.status, reload.mock.calls.length]).toEqual(['open', 0])
    session.heed(new RequestError(403, '', { expected: 'x-liandong-csrf' }))
    expect(reload).toHaveBeenCalledTimes(1)
    session.heed(new RequestError(401, ''))
    expect(session.status).toBe('refused')
  })
})
