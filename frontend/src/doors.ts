/** Which page needs which right, and where somebody goes who has signed in. The server decides; this spares him its refusal. */

interface Door {
  path: string
  /** One of them opens it; none where it is enough to have signed in. */
  atoms?: readonly string[]
}

/** The first one that opens for somebody is his first page. */
export const DOORS = [
  { path: '/wall', atoms: ['wall.open'] },
  // Not for those who may only look at devices: they have them on the wall.
  { path: '/admin', atoms: ['person.read', 'organisation.read', 'approval.read', 'retention.read', 'fleet.read'] },
  { path: '/health', atoms: ['system.read'] },
  { path: '/profile' },
] as const satisfies readonly Door[]

export type DoorPath = (typeof DOORS)[number]['path']

/** Pages for whoever has not signed in. */
export const LOGIN = '/login'
export const ENROL = '/enrol'

export function isPublic(path: string): boolean {
  return path === LOGIN || path === ENROL
}

/** Whether these rights open the page; one that is not known here needs none. */
export function mayOpen(path: string, atoms: readonly string[]): boolean {
  const needed = doorOf(path)?.atoms
  return needed === undefined || needed.some((atom) => atoms.includes(atom))
}

export function firstPage(atoms: readonly string[]): DoorPath {
  return DOORS.find((door) => mayOpen(door.path, atoms))?.path ?? '/profile'
}

/** Where somebody goes who wanted to go to `wanted`: there if it is a page of ours that opens for him, else to his first page. */
export function wayTo(wanted: unknown, atoms: readonly string[]): string {
  const url = ownAddress(wanted)
  return url && doorOf(url.pathname) && mayOpen(url.pathname, atoms) ? url.pathname + url.search + url.hash : firstPage(atoms)
}

/** An address of our own origin, or null. What a link brings along may be written by anybody. */
function ownAddress(wanted: unknown): URL | null {
  if (typeof wanted !== 'string' || !/^\/(?![/\\])/.test(wanted)) return null
  try {
    // Read as the browser will read it: to that "/\t/evil" is another host.
    const url = new URL(wanted, window.location.origin)
    return url.origin === window.location.origin ? url : null
  } catch {
    return null
  }
}

function doorOf(path: string): Door | undefined {
  return DOORS.find((door) => path === door.path || path.startsWith(`${door.path}/`))
}
