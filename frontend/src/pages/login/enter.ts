import { wayTo } from '@/doors'
import { readSession } from '@/live/api'

/**
 * Leads somebody who has just signed in to where he was going. The page is loaded anew: nothing that it held of
 * whoever was here before is left.
 */
export async function enter(wanted: unknown): Promise<void> {
  const atoms = await readSession().then((session) => session.atoms, () => null)
  // Without an answer his own profile, which opens for everybody, says the rest.
  window.location.assign(atoms ? wayTo(wanted, atoms) : '/profile')
}
