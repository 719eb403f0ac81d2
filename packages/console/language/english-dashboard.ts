/** Texts of the console in English; a part of `english.ts`. */
export const dashboardEnglish = {
  dashboard: { title: 'Dashboard' },
} as const;
