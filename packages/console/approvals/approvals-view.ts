export const approvalTabs = ['waiting', 'decided', 'grants'] as const;
export type ApprovalTab = (typeof approvalTabs)[number];

/** What the address says of the page. */
export interface ApprovalsView {
  tab?: ApprovalTab | undefined;
}

export function approvalsViewOf(search: Record<string, unknown>): ApprovalsView {
  const tab = approvalTabs.find((known) => known === search.tab);
  return tab && tab !== 'waiting' ? { tab } : {};
}
