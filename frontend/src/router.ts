import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw, type Router } from 'vue-router'
import { firstPage, isPublic, LOGIN, mayOpen } from '@/doors'
import { useSession } from '@/stores/session'

/** The addresses that the server answers with this page. Each page is a chunk of its own: /health needs no map. */
export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: '/wall' },
      { path: '/login', component: () => import('@/pages/login/LoginPage.vue') },
      { path: '/enrol', component: () => import('@/pages/login/EnrolPage.vue') },
      { path: '/wall', component: () => import('@/pages/wall/WallPage.vue') },
      { path: '/health', component: () => import('@/pages/health/HealthPage.vue') },
      { path: '/admin', component: () => import('@/pages/admin/AdminPage.vue') },
      { path: '/profile', component: () => import('@/pages/profile/ProfilePage.vue') },
      { path: '/:rest(.*)*', component: () => import('@/pages/NotFoundPage.vue') },
    ],
  })
  router.beforeEach(guard)
  return router
}

/** The way in, and from there back to the page that was wanted. */
export function loginFor(wanted: RouteLocationNormalized): RouteLocationRaw {
  return { path: LOGIN, query: { to: wanted.fullPath } }
}

async function guard(to: RouteLocationNormalized): Promise<RouteLocationRaw | true> {
  if (isPublic(to.path)) return true
  const session = useSession()
  await session.known()
  if (session.status === 'refused') return loginFor(to)
  // The wall is where every address without a page leads, so nobody is told off there; App.vue does that elsewhere.
  return to.path === '/wall' && !mayOpen('/wall', session.atoms) ? firstPage(session.atoms) : true
}
