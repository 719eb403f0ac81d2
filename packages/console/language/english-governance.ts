/** Texts of the console in English; a part of `english.ts`. */
export const governanceEnglish = {
  soul: { title: 'SOUL' },
  agentFactory: { title: 'Agent Factory' },
} as const;
