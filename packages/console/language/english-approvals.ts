/** Texts of the console in English; a part of `english.ts`. */
export const approvalsEnglish = {
  approvals: { title: 'Approvals' },
  security: { title: 'Security Center' },
  myRequests: { title: 'My requests' },
} as const;
