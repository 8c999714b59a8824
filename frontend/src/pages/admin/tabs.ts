/** The tabs of the page, in order, and what each needs. The tab stands behind the # of the address: a reload stays there. */
export const TABS = [
  { name: 'people', atom: 'person.read' },
  { name: 'roles', atom: 'grant.read' },
  { name: 'sessions', atom: 'session.read' },
  { name: 'devices', atom: 'device.read' },
  { name: 'keys', atom: 'key.read' },
  { name: 'organisation', atom: 'organisation.read' },
  { name: 'approvals', atom: 'approval.read' },
  { name: 'audit', atom: 'audit.read' },
  { name: 'retention', atom: 'retention.read' },
  { name: 'parked', atom: 'fleet.read' },
] as const
export type TabName = (typeof TABS)[number]['name']

export function tabsFor(may: (atom: string) => boolean): TabName[] {
  return TABS.filter((tab) => may(tab.atom)).map((tab) => tab.name)
}

/** The tab of an address; the first one where it names none that is open. */
export function tabOf(hash: string, tabs: readonly TabName[]): TabName | null {
  return tabs.find((tab) => hash === `#${tab}`) ?? tabs[0] ?? null
}
