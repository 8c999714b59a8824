import { LOGIN } from '@/doors'
import { RequestError } from '@/live/api'
import { signOut } from '@/live/account'

/**
 * Signs out and loads the log-in anew, so that this page holds nothing of the person any more.
 * False where the server could not be told: then the session goes on.
 */
export async function leave(wayOut: string = LOGIN): Promise<boolean> {
  try {
    await signOut()
  } catch (error) {
    const refused = error instanceof RequestError && error.status >= 400 && error.status < 500
    // A session that has ended, or another one in its place: the log-in says which.
    if (!refused) return false
  }
  window.location.assign(wayOut)
  return true
}
