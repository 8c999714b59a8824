import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import EnterPage from '@/pages/enter/EnterPage.vue'

beforeEach(() => {
  setActivePinia(createPinia())
  i18n.global.locale.value = 'en'
})

describe('the page without a key', () => {
  it('says where the link is, and tries again', async () => {
    const page = mount(EnterPage, { global: { plugins: [i18n] } })
    expect(page.text()).toContain('Open the link that “make run” printed')
    await page.find('button').trigger('click')
    expect(page.emitted('retry')).toHaveLength(1)
  })
})
