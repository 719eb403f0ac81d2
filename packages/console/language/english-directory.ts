/** Texts of the console in English; a part of `english.ts`. */
export const directoryEnglish = {
  directory: { title: 'Directory sync' },
} as const;
