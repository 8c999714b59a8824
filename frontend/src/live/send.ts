/** Asks and tells the server by HTTP. Same origin; the session is a cookie that no script can read. */

/** Thrown for an answer that is not 2xx; `status` 0 means that no answer came. */
export class RequestError extends Error {
  override name = 'RequestError'
  constructor(
    readonly status: number,
    message: string,
    /** What else the server says of it, as `rule` or `seconds`: a page chooses its words by these, in its own language. */
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }

  /** The server's own sentence, in English; for whoever looks into a fault, not for the page. */
  get detail(): string {
    const detail = this.facts['detail']
    return typeof detail === 'string' ? detail : ''
  }

  /** What was refused, as one word that stays the same; empty where the status says it all. */
  get code(): string {
    const code = this.facts['code']
    return typeof code === 'string' ? code : ''
  }
}

const CSRF_HEADER = 'X-Liandong-Csrf'

/** Belongs to one session; a page of another site cannot read it, and so can change nothing here. */
let csrf = ''

/** Every request that changes something bears it from now on. */
export function keepCsrf(token: string): void {
  csrf = token
}

/** Whether the page is of another session than the browser: somebody signed in again in another window. */
export function isForeignSession({ status, facts }: RequestError): boolean {
  return status === 403 && facts['expected'] === CSRF_HEADER.toLowerCase()
}

export async function read<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  // /health has a page and a JSON at one address: a cached page must not be taken for the JSON.
  return ask<Answer>(path, { headers: { Accept: 'application/json' }, cache: 'no-store', signal: signal ?? null })
}

/** Changes something. Undefined where the server has nothing to say about it. */
export async function send<Answer = undefined>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Answer> {
  const headers = new Headers({ Accept: 'application/json' })
  if (csrf) headers.set(CSRF_HEADER, csrf)
  if (body) headers.set('Content-Type', 'application/json')
  return ask<Answer>(path, { method, headers, body: body ? JSON.stringify(body) : null })
}

async function ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
  const response = await answerOf(path, request)
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

/** An answer that is 2xx, its body unread. Throws RequestError for any other. */
export async function answerOf(path: string, request: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { ...request, credentials: 'same-origin' })
  } catch (error) {
    throw new RequestError(0, String(error))
  }
  if (!response.ok) throw new RequestError(response.status, `${path}: ${response.status}`, await factsOf(response))
  return response
}

/** Whatever stands between us and the server may answer with something else than our problem+json. */
async function factsOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const facts: unknown = await response.json()
    return typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? { ...facts } : {}
  } catch {
    return {}
  }
}
