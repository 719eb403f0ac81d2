/** The views of one tenant, in their order; `overview` is where one begins. */
export const tenantTabs = ['overview', 'timeline', 'metrics', 'logs', 'checkpoints'] as const;
export type TenantTab = (typeof tenantTabs)[number];
