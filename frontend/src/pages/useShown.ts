import { computed, watch, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { ENROL, isPublic, LOGIN, mayOpen } from '@/doors'
import { loginFor } from '@/router'
import { useSession } from '@/stores/session'

/** What is shown: the page itself, that it is not this person's, or nothing yet. Leads to the log-in when a session ends. */
export function useShown(): ComputedRef<'page' | 'noRight' | 'waiting'> {
  const [route, router, session] = [useRoute(), useRouter(), useSession()]

  // The router asks before it opens a page; a session may also end while one is open.
  watch(() => session.status, (status) => {
    if (status === 'refused' && route.matched.length > 0 && !isPublic(route.path)) void router.replace(loginFor(route))
  })

  return computed(() => {
    // Whoever is signed in or not: the token of a one-time link has to leave the address at once.
    if (route.path === ENROL) return 'page'
    if (session.status === 'refused') return route.path === LOGIN ? 'page' : 'waiting'
    if (session.status !== 'open' || route.matched.length === 0) return 'waiting'
    return mayOpen(route.path, session.atoms) ? 'page' : 'noRight'
  })
}
