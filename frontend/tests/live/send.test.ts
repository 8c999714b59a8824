import { afterEach, describe, expect, it, vi } from 'vitest'
import { readSession, readUnits, RequestError, send } from '@/live/api'
import { isForeignSession, keepCsrf } from '@/live/send'
import { problem, serve, sessionOf } from '../server'

afterEach(() => {
  keepCsrf('')
  vi.unstubAllGlobals()
})

const refusal = async (work: Promise<unknown>): Promise<RequestError> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  if (error instanceof RequestError) return error
  throw new Error('nothing was refused')
}

describe('a changing request', () => {
  it('bears the token of the session that was read last, and none before', async () => {
    const calls = serve({ 'POST /x': [204], 'GET /api/v1/session': [[200, sessionOf()], [200, sessionOf({ csrf: 'token-2' })]] })
    await send('POST', '/x', { a: 1 })
    await readSession()
    await send('POST', '/x')
    await readSession()
    await send('POST', '/x')
    expect(calls.filter((call) => call.what === 'POST /x').map(({ body, csrf }) => [body, csrf])).toEqual([[{ a: 1 }, null], [undefined, 'token-1'], [undefined, 'token-2']])
  })

  it('says that it is JSON only where it says something', async () => {
    const asked: RequestInit[] = []
    vi.stubGlobal('fetch', (_path: string, request: RequestInit) => {
      asked.push(request)
      return Promise.resolve(new Response('{}'))
    })
    await send('POST', '/x', {})
    await send('DELETE', '/x')
    expect(asked.map((request) => new Headers(request.headers).get('Content-Type'))).toEqual(['application/json', null])
    expect(asked.map((request) => request.credentials)).toEqual(['same-origin', 'same-origin'])
  })

  it('gives the answer, or nothing where there is none', async () => {
    serve({ 'POST /one': [200, { next: 'done' }], 'DELETE /two': [204] })
    expect(await send('POST', '/one')).toEqual({ next: 'done' })
    expect(await send('DELETE', '/two')).toBeUndefined()
  })
})

describe('a refused request', () => {
  it('brings status, detail and facts', async () => {
    serve({ 'POST /x': problem(422, { rule: 'used' }), 'GET /api/v1/units': problem(429, { seconds: 30 }) })
    const error = await refusal(send('POST', '/x'))
    expect([error.status, error.detail, error.facts['rule']]).toEqual([422, 'said in English', 'used'])
    expect((await refusal(readUnits())).facts['seconds']).toBe(30)
  })

  it.each(['<html>', '[1]', '"text"', 'null', ''])('by something that is not ours (%j) brings the status', async (body) => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status: 502 })))
    const error = await refusal(send('POST', '/x'))
    expect([error.status, error.detail, error.facts]).toEqual([502, '', {}])
  })

  it('without an answer is of status 0', async () => {
    serve({ 'POST /x': new TypeError('no network') })
    expect((await refusal(send('POST', '/x'))).status).toBe(0)
  })

  it('tells when the browser has another session by now', async () => {
    serve({ 'POST /x': problem(403, { expected: 'x-liandong-csrf' }), 'POST /y': problem(403, { atom: 'person.write' }) })
    expect(isForeignSession(await refusal(send('POST', '/x')))).toBe(true)
    expect(isForeignSession(await refusal(send('POST', '/y')))).toBe(false)
  })
})
