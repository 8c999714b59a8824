import type { DemoPerson } from '@/live/account'

/** Who sits together, by role; somebody of another role stands with the departments. */
const GROUPS = {
  command: ['shift_supervisor', 'dispatcher', 'wallboard'],
  hotline: ['call_taker', 'senior_call_taker', 'intake', 'quality_inspector'],
  street: ['squad_leader', 'officer', 'collector'],
  departments: ['leader', 'department_officer', 'assessor'],
  administration: ['system_administrator', 'security_administrator', 'auditor'],
} as const satisfies Record<string, readonly string[]>

export type DemoGroup = keyof typeof GROUPS
const NAMES = Object.keys(GROUPS) as DemoGroup[]

export function groupPeople(people: readonly DemoPerson[]): { name: DemoGroup; people: DemoPerson[] }[] {
  return NAMES.map((name) => ({ name, people: people.filter((person) => groupOf(person) === name) })).filter((group) => group.people.length > 0)
}

function groupOf({ roles }: DemoPerson): DemoGroup {
  return NAMES.find((name) => GROUPS[name].some((role) => roles.includes(role))) ?? 'departments'
}
