import type { TextKey } from '@/i18n'
import type { PasswordRules } from '@/live/account'

/** As they are set when nobody has set them: the step that renews an old password is not told them. */
export const USUAL_RULES: PasswordRules = { length: 10, kinds: 3 }

const LONGEST = 200
const KINDS = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{N}]/u]

export interface RuleLine {
  words: TextKey
  values: Record<string, string | number>
  met: boolean
}

/** Each rule, and whether the password meets it; the same as `backend/identity/passwords.py` asks for. */
export function ruleLines(password: string, again: string, login: string, rules: PasswordRules): RuleLine[] {
  const length = [...password].length
  const kinds = KINDS.filter((kind) => kind.test(password)).length
  const holdsLogin = login !== '' && password.toLowerCase().includes(login.toLowerCase())
  return [
    { words: 'login.rules.length', values: { length: rules.length }, met: length >= rules.length && length <= LONGEST },
    { words: 'login.rules.kinds', values: { kinds: rules.kinds }, met: kinds >= rules.kinds },
    { words: 'login.rules.login', values: {}, met: password !== '' && !holdsLogin },
    { words: 'login.rules.same', values: {}, met: password !== '' && password === again },
  ]
}
