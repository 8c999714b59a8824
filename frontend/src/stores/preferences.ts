import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export type Language = 'zh-CN' | 'en'
const KEY = 'liandong.language'

/** What this person chose on this PC; kept in the browser. */
export const usePreferences = defineStore('preferences', () => {
  const language = ref<Language>(remembered() ?? languageOf(navigator.languages))
  watch(language, (value) => {
    try {
      localStorage.setItem(KEY, value)
    } catch {
      // A browser that forbids storage forgets the choice, no more.
    }
  })
  return { language }
})

export function languageOf(languages: readonly string[]): Language {
  return languages[0]?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

function remembered(): Language | null {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'zh-CN' || value === 'en' ? value : null
  } catch {
    return null
  }
}
