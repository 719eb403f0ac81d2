/** Texts of the console in English; a part of `english.ts`. */
export const filesEnglish = {
  agentFiles: { title: 'Files' },
  profile: { title: 'My profile' },
  workspace: { title: 'Workspace' },
} as const;
