import { RequestError } from '@/live/send'

/**
 * A code as it was meant: a Chinese keyboard writes wide digits, an app shows them in two groups.
 * Throws what the server would say to none, and does not use up a try for it.
 */
export function typedCode(typed: string): string {
  const code = typed.normalize('NFKC').replace(/\s/g, '')
  if (code === '') throw new RequestError(401, 'no code was typed')
  return code
}
