/** What the page of administration asks and tells of tracking devices. Moments are ms since 1970. */
import { read, send } from './send'

export interface DeviceUnit {
  number: number
  call_sign: string
  name: string
  name_en: string | null
}

export const DATUMS = ['wgs84', 'gcj02'] as const
export type Datum = typeof DATUMS[number]

export interface Device {
  id: number
  identifier: string
  protocol: string
  /** Where the server asks for its positions; null for one that sends them by itself. */
  address: string | null
  unit: DeviceUnit
  body: number
  simulated: boolean
  /** Somebody's own telephone: silent while its unit is off duty. */
  personal: boolean
  /** Of the devices of one unit the lowest is believed first; null: `usual_precedence`, that of its protocol. */
  precedence: number | null
  usual_precedence: number
  /** In which it gives its places, whatever it says itself; null: as its protocol says. */
  datum: Datum | null
  first_seen: number | null
  last_seen: number | null
  /** So long the token from before the last one works on; may be over already. */
  former_until: number | null
  revoked_at: number | null
}

/** `more`: the `after` of the next page, null at the end. */
export interface DevicesPage {
  devices: Device[]
  more: number | null
}

export interface NewDevice {
  identifier: string
  unit: number
  protocol: string
  personal: boolean
}

/** Shown this once. `typed`: what is typed into the client. */
export interface DeviceToken {
  token: string
  typed: string
}

/** Sends positions and belongs to no unit. */
export interface UnknownDevice {
  id: number
  identifier: string
  protocol: string
  /** Where it sends from. */
  address: string | null
  first_at: number
  last_at: number
  count: number
  /** Whether it sends a token, with which it may go on. */
  has_token: boolean
}

/** Null where it goes on with what it sent. */
export interface Adopted {
  id: number
  identifier: string
  token: string | null
  typed: string | null
}

export interface DevicesQuestion {
  /** Held by the identifier, the call sign or the name of the unit. */
  search: string
  /** That body and all beneath; null: all. */
  body: number | null
  after: number
}

const DEVICES = '/api/v1/devices'

export function readDevices({ search, body, after }: DevicesQuestion, signal?: AbortSignal): Promise<DevicesPage> {
  const query = new URLSearchParams({ search, ...(body === null ? {} : { body: String(body) }), after: String(after) })
  return read<DevicesPage>(`${DEVICES}?${query.toString()}`, signal)
}

/** One device as it is now; null for one that is not to be seen any more. The list goes by id, so it is the next after the id before. */
export async function readDevice({ id, identifier }: Pick<Device, 'id' | 'identifier'>, signal?: AbortSignal): Promise<Device | null> {
  const page = await readDevices({ search: identifier, body: null, after: id - 1 }, signal)
  return page.devices.find((device) => device.id === id) ?? null
}

export const addDevice = (device: NewDevice): Promise<DeviceToken & { id: number; identifier: string }> => send('POST', DEVICES, device)
export const changeDevice = (device: number, change: { unit?: number; personal?: boolean; precedence?: number | null; datum?: Datum | null }): Promise<undefined> => send('PATCH', `${DEVICES}/${device}`, change)
/** `hours`: so long the former token works on; 0 ends it at once. */
export const rotateDevice = (device: number, hours: number): Promise<DeviceToken & { former_until: number | null }> => send('POST', `${DEVICES}/${device}/rotate`, { overlap_hours: hours })
export const revokeDevice = (device: number): Promise<undefined> => send('POST', `${DEVICES}/${device}/revoke`)

export const readUnknownDevices = (signal?: AbortSignal): Promise<UnknownDevice[]> => read<UnknownDevice[]>(`${DEVICES}/unknown`, signal)
export const adoptDevice = (device: number, adopted: { unit: number; personal: boolean }): Promise<Adopted> => send('POST', `${DEVICES}/unknown/${device}/adopt`, adopted)
export const dismissDevice = (device: number): Promise<undefined> => send('DELETE', `${DEVICES}/unknown/${device}`)
