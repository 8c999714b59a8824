import { createRouter, createWebHistory, type Router } from 'vue-router'

/** The addresses that the server answers with this page. Each page is a chunk of its own: /health needs no map. */
export function makeRouter(): Router {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', redirect: '/wall' },
      { path: '/wall', component: () => import('@/pages/wall/WallPage.vue') },
      { path: '/health', component: () => import('@/pages/health/HealthPage.vue') },
      { path: '/:rest(.*)*', component: () => import('@/pages/NotFoundPage.vue') },
    ],
  })
}
