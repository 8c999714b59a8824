import { vi } from 'vitest'
import type { Session } from '@/live/api'

/** A status and a body; an Error is a network that is down. */
export type Answer = readonly [status: number, body?: unknown] | Error

export interface Call {
  /** As `POST /api/v1/login`. */
  what: string
  body: unknown
  csrf: string | null
}

/** A server with these answers, by method and path; of several the last one stays. Returns what it was asked. */
export function serve(answers: Record<string, Answer | readonly Answer[]>): Call[] {
  const calls: Call[] = []
  const left = new Map(Object.entries(answers).map(([what, given]) => [what, isList(given) ? [...given] : [given]]))
  vi.stubGlobal('fetch', async (path: string, { method = 'GET', body, headers }: RequestInit = {}) => {
    const what = `${method} ${path}`
    calls.push({ what, body: typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined, csrf: new Headers(headers).get('X-Liandong-Csrf') })
    const queue = left.get(what)
    const answer = (queue && queue.length > 1 ? queue.shift() : queue?.[0]) ?? [404, { detail: `no answer for ${what}` }]
    await Promise.resolve()
    if (answer instanceof Error) throw answer
    const [status, content] = answer
    return new Response(status === 204 ? null : JSON.stringify(content === undefined ? {} : content), { status })
  })
  return calls
}

/** What the server says of itself when it refuses, as RFC 9457 has it. */
export function problem(status: number, facts: Record<string, unknown> = {}): Answer {
  return [status, { type: 'about:blank', title: 'Refused', status, detail: 'said in English', ...facts }]
}

export function sessionOf(rest: Partial<Session> = {}): Session {
  return { name: '林晓燕', name_en: 'Lin Xiaoyan', roles: ['dispatcher'], atoms: ['wall.open', 'system.read'], csrf: 'token-1', demo: false, map: { longitude: 113, latitude: 28, zoom: 12 }, version: 1, ...rest }
}

function isList(given: Answer | readonly Answer[]): given is readonly Answer[] {
  return Array.isArray(given) && typeof given[0] !== 'number'
}
