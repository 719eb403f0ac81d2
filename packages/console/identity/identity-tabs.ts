export const identityTabs = ['providers', 'rules', 'people'] as const;
export type IdentityTab = (typeof identityTabs)[number];
