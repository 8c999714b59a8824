/** What was done and to what, in words. Pure; what is not known here is shown as the server has it. */
import type { Text, TextKey } from '@/i18n'
import { governanceZh } from '@/i18n/governance.zh-CN'

type ActionKey = keyof typeof governanceZh.audit.actions
type ObjectKey = keyof typeof governanceZh.audit.objects

const isAction = (key: string): key is ActionKey => key in governanceZh.audit.actions
const isObject = (key: string): key is ObjectKey => key in governanceZh.audit.objects

/** `grant.made` has its words under `grant_made`: a dot parts the levels of a text's key. */
export function actionWords(text: Text, action: string): string {
  const key = action.replaceAll('.', '_')
  return isAction(key) ? text(`audit.actions.${key}` satisfies TextKey) : action
}

/** Of `unit:101` "Unit 101". */
export function objectWords(text: Text, object: string): string {
  const [kind = '', rest] = [object.slice(0, Math.max(0, object.indexOf(':'))), object.slice(object.indexOf(':') + 1)]
  return isObject(kind) ? text(`audit.objects.${kind}` satisfies TextKey, { id: rest }) : object
}

/** Of these a number is a moment and not a count: ms since 1970, from 2001 to 2286. */
const MOMENTS = [1e12, 1e13] as const

/** The details as lines, in the order in which they were written. */
export function detailLines(details: Record<string, unknown>, at: (time: number) => string): { name: string; value: string }[] {
  return Object.entries(details).map(([name, value]) => ({ name, value: valueWords(value, at) }))
}

function valueWords(value: unknown, at: (time: number) => string): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' && value >= MOMENTS[0] && value < MOMENTS[1] ? at(value) : JSON.stringify(value)
}
