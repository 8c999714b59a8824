import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { vi, type Mock } from 'vitest'
import type { Component } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import { usePreferences, type Language } from '@/stores/preferences'

/** A page at an address, in English, on a document of its own. */
export async function openAt(address: string, page: Component, props: Record<string, unknown> = {}): Promise<VueWrapper> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '<i />' } }] })
  await router.push(address)
  return mount(page, { props, global: { plugins: [i18n, router] }, attachTo: document.body })
}

export function begin(language: Language = 'en'): void {
  localStorage.clear()
  setActivePinia(createPinia())
  usePreferences().language = language
  i18n.global.locale.value = language
}

/** Where the page goes that is loaded anew. */
export function watchLeaving(): Mock<(url: string | URL) => void> {
  return vi.spyOn(window.location, 'assign').mockImplementation(() => undefined)
}

/** Types into the fields in their order; null leaves one as it is. */
export async function type(page: VueWrapper, ...texts: (string | null)[]): Promise<void> {
  const fields = page.findAll('input:not([hidden])')
  for (const [index, text] of texts.entries()) if (text !== null) await fields[index]?.setValue(text)
}
