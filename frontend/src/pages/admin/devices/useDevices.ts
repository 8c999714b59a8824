import { readDevice, readDevices, type Device } from '@/live/devices'
import { usePaged, type Paged } from '../usePaged'

export interface Devices {
  paged: Paged<Device>
  /** Reads one of the list again after something was done to it; null where it cannot be read. */
  renew(device: Device): Promise<Device | null>
}

export function useDevices(): Devices {
  const paged = usePaged<Device>((question, signal) => readDevices(question, signal).then(({ devices, more }) => ({ rows: devices, more })))

  async function renew(device: Device): Promise<Device | null> {
    const now = await readDevice(device).catch(() => null)
    if (now) paged.replace(now)
    return now
  }

  return { paged, renew }
}
