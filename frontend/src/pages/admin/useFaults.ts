import { ref } from 'vue'
import { useText } from '@/i18n'
import type { RequestError } from '@/live/send'
import { useNames } from './names'
import { fieldOf, refusalWords } from './refusals'

/** What is wrong with the fields of a form: one is needed and still empty, or the server refused it. */
export interface Faults<Field extends string> {
  /** Whether nothing is missing. What is still empty is not scolded before this was asked. */
  complete(): boolean
  wrong(field: Field, refusal: RequestError | null): string | undefined
  /** Whether a field says it. */
  saysItself(refusal: RequestError): boolean
}

/** `missing`: those that are needed and empty. */
export function useFaults<Field extends string>(fields: readonly Field[], missing: () => readonly Field[]): Faults<Field> {
  const text = useText()
  const names = useNames()
  const sent = ref(false)
  return {
    complete: () => {
      sent.value = true
      return missing().length === 0
    },
    wrong: (field, refusal) => {
      if (sent.value && missing().includes(field)) return text('admin.needed')
      return refusal && fieldOf(refusal, fields) === field ? refusalWords(text, names, refusal) : undefined
    },
    saysItself: (refusal) => fieldOf(refusal, fields) !== null,
  }
}
