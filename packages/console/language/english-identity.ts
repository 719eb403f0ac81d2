/** Texts of the console in English; a part of `english.ts`. */
export const identityEnglish = {
  identity: { title: 'Sign-in' },
} as const;
