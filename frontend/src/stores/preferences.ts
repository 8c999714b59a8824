import { defineStore } from 'pinia'
import { ref, watch, type Ref } from 'vue'
import { THEMES, type Theme } from '@/look/colours'

export type Language = 'zh-CN' | 'en'
const LANGUAGES: readonly Language[] = ['zh-CN', 'en']

/** What this person chose on this PC; kept in the browser. */
export const usePreferences = defineStore('preferences', () => {
  const language = kept('liandong.language', LANGUAGES, languageOf(navigator.languages))
  // A wall hangs in a darkened room: light is for who asks for it, whatever the desktop's own theme is.
  const theme = kept<Theme>('liandong.theme', THEMES, 'dark')
  return { language, theme }
})

export function languageOf(languages: readonly string[]): Language {
  return languages[0]?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

/** A choice among a few words, remembered under a key; a browser that forbids storage forgets it, no more. */
function kept<Choice extends string>(key: string, choices: readonly Choice[], first: Choice): Ref<Choice> {
  const choice = ref(remembered(key, choices) ?? first) as Ref<Choice>
  watch(choice, (value) => {
    try {
      localStorage.setItem(key, value)
    } catch {
      // Nothing to do: the choice holds as long as the page.
    }
  })
  return choice
}

function remembered<Choice extends string>(key: string, choices: readonly Choice[]): Choice | null {
  try {
    const value = localStorage.getItem(key)
    return choices.find((choice) => choice === value) ?? null
  } catch {
    return null
  }
}
