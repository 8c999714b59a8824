import { createI18n, useI18n } from 'vue-i18n'
import type { Language } from '@/stores/preferences'
import { en } from './en'
import type { TextKey } from './keys'
import { zhCN } from './zh-CN'

export type { TextKey } from './keys'
export type Text = (key: TextKey, values?: Record<string, string | number>) => string

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN' satisfies Language,
  fallbackLocale: false,
  messages: { 'zh-CN': zhCN, en },
})

/** The texts of the page, by keys that the compiler knows. */
export function useText(): Text {
  const { t } = useI18n()
  return (key, values) => (values ? t(key, values) : t(key))
}
