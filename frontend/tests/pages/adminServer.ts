import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import type { Body, Grant, PeoplePage, Person, Roles, SessionRow } from '@/live/admin'
import type { Unit } from '@/live/api'
import type { Device, DevicesPage, UnknownDevice } from '@/live/devices'
import type { AccessKey } from '@/live/keys'
import AdminPage from '@/pages/admin/AdminPage.vue'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'

export const EVERYTHING = ['person.read', 'person.write', 'organisation.read', 'grant.read', 'grant.write', 'session.read', 'session.end', 'phone.read', 'device.read', 'device.write', 'key.read', 'key.write', 'unit.read', 'wall.open']
export const NOW = Date.UTC(2026, 10, 23, 12)

export const BODIES: Body[] = [
  { id: 1, parent: null, kind: 'city', name: '执法局', name_en: 'Bureau' },
  { id: 2, parent: 1, kind: 'district', name: '城南', name_en: 'South' },
  { id: 3, parent: 2, kind: 'squad', name: '一中队', name_en: 'First squad' },
  { id: 4, parent: 1, kind: 'district', name: '城北', name_en: null },
]

export const ROLES: Roles = {
  roles: [
    { name: 'dispatcher', words_zh: '派遣员', words_en: 'Dispatcher', atoms: ['map.read', 'unit.read'], second_factor: false, lasting: false, separate: false },
    { name: 'wallboard', words_zh: '大屏', words_en: 'Wallboard', atoms: ['map.read'], second_factor: false, lasting: true, separate: false },
    { name: 'auditor', words_zh: '审计员', words_en: 'Auditor', atoms: ['person.read'], second_factor: true, lasting: false, separate: true },
  ],
  atoms: [
    { name: 'map.read', words_zh: '查看地图', words_en: 'See the map' },
    { name: 'unit.read', words_zh: '查看车组', words_en: 'See units' },
    { name: 'person.read', words_zh: '查看人员', words_en: 'See people' },
  ],
}

export function person(id: number, more: Partial<Person> = {}): Person {
  return { id, login: `login${id}`, name: `姓名${id}`, name_en: `Name ${id}`, body: 3, phone: null, roles: [], enrolled: true, second_factor: false, disabled: false, locked_until: null, seen_at: null, ...more }
}

export function grant(id: number, more: Partial<Grant> = {}): Grant {
  return { id, role: 'dispatcher', atoms: [], scope: { body: 2 }, since: NOW - 3_600_000, until: null, by: null, reason: null, ...more }
}

export function sessionRow(id: number, more: Partial<SessionRow> = {}): SessionRow {
  return { id, person: id, login: `login${id}`, name: `Name ${id}`, opened_at: NOW - 7_200_000, seen_at: NOW - 300_000, lasting: false, address: '10.0.0.7', agent: null, own: false, ...more }
}

export function unit(number: number, call_sign: string, name: string, more: Partial<Unit> = {}): Unit {
  return { number, call_sign, name, name_en: null, kind: 'car', squad: 3, squad_name: '一中队', squad_name_en: 'First squad', district: 2, district_name: '城南', district_name_en: 'South', ...more }
}

export function device(id: number, more: Partial<Device> = {}): Device {
  return { id, identifier: `phone-${id}`, protocol: 'osmand', address: null, unit: { number: 101, call_sign: 'A101', name: '巡逻车', name_en: 'Patrol car' }, body: 3, simulated: false, personal: false, precedence: null, usual_precedence: 200, datum: null, first_seen: NOW - 86_400_000, last_seen: NOW - 300_000, former_until: null, revoked_at: null, ...more }
}

export function unknownDevice(id: number, more: Partial<UnknownDevice> = {}): UnknownDevice {
  return { id, identifier: `knock-${id}`, protocol: 'osmand', address: '10.0.0.9', first_at: NOW - 7_200_000, last_at: NOW - 60_000, count: 12, has_token: false, ...more }
}

export function accessKey(id: number, more: Partial<AccessKey> = {}): AccessKey {
  return { id, name: `partner ${id}`, atoms: ['map.read'], scope: { body: 2 }, made_at: NOW - 86_400_000, expires_at: null, former_until: null, revoked_at: null, used_at: null, ...more }
}

export const devicesPage = (devices: Device[], more: number | null = null): DevicesPage => ({ devices, more })
export const page = (people: Person[], more: number | null = null): PeoplePage => ({ people, more })

export interface Asked {
  method: string
  path: string
  body: unknown
}
type Answer = (asked: Asked) => unknown

/** A refusal of the server, as problem+json. */
export class Problem {
  constructor(readonly status: number, readonly facts: Record<string, unknown> = {}) {}
}

/** Answers by "METHOD /path" without the query; `asked` is all that was asked. */
export class Server {
  readonly asked: Asked[] = []
  readonly answers = new Map<string, Answer>([
    ['GET /api/v1/bodies', () => BODIES],
    ['GET /api/v1/roles', () => ROLES],
    ['GET /api/v1/people', () => page([])],
    ['GET /api/v1/sessions', () => []],
    ['GET /api/v1/devices', () => devicesPage([])],
    ['GET /api/v1/devices/unknown', () => []],
    ['GET /api/v1/keys', () => []],
  ])

  when(request: string, answer: unknown): this {
    this.answers.set(request, typeof answer === 'function' ? (answer as Answer) : () => answer)
    return this
  }

  /** All that was asked by this method, as "/path" and what was sent. */
  of(method: string): Asked[] {
    return this.asked.filter((asked) => asked.method === method)
  }

  readonly fetch = async (path: string, options: RequestInit = {}): Promise<Response> => {
    const asked = { method: options.method ?? 'GET', path, body: typeof options.body === 'string' ? (JSON.parse(options.body) as unknown) : null }
    this.asked.push(asked)
    const answer = this.answers.get(`${asked.method} ${path.split('?')[0] ?? ''}`)
    if (!answer) throw new Error(`not expected: ${asked.method} ${path}`)
    const found = await answer(asked)
    if (found instanceof Problem) return new Response(JSON.stringify({ title: 'Refused', status: found.status, ...found.facts }), { status: found.status })
    return found === undefined ? new Response(null, { status: 204 }) : new Response(JSON.stringify(found))
  }
}

/** The page for somebody with these atoms, with all answers come. */
export async function openAdmin(server: Server, atoms: readonly string[] = EVERYTHING, address = '/admin'): Promise<VueWrapper> {
  const pinia = createPinia()
  setActivePinia(pinia)
  usePreferences().language = 'en'
  i18n.global.locale.value = 'en'
  const session = useSession()
  session.session = { name: 'Me', roles: [], atoms: [...atoms], csrf: 'token', demo: false, map: { longitude: 0, latitude: 0, zoom: 1 }, version: 1 }
  session.status = 'open'
  vi.stubGlobal('fetch', server.fetch)
  const empty = { template: '<p />' }
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/admin', component: empty }, { path: '/:rest(.*)*', component: empty }] })
  await router.push(address)
  const mounted = mount(AdminPage, { global: { plugins: [pinia, i18n, router] }, attachTo: document.body })
  await flushPromises()
  return mounted
}
