export const securityTabs = ['running', 'tiers', 'positions', 'blocked'] as const;
export type SecurityTab = (typeof securityTabs)[number];

/** What the address says of the page. */
export interface SecurityView {
  tab?: SecurityTab | undefined;
}

export function securityViewOf(search: Record<string, unknown>): SecurityView {
  const tab = securityTabs.find((known) => known === search.tab);
  return tab && tab !== 'running' ? { tab } : {};
}
