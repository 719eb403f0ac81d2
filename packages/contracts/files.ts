import { z } from 'zod';

export const workspaceLimits = {
  /** Of one file that is uploaded, or made of an earlier version. */
  uploadBytes: 50 * 1024 * 1024,
  /** Of a text that is opened in an editor. */
  textBytes: 5 * 1024 * 1024,
  /** Entries of a folder in one answer. */
  pageEntries: 1_000,
} as const;

/** What an agent writes down of a conversation. */
export const noteLimits = {
  /** Characters of one. */
  characters: 500,
  /** Of a day's file. */
  dayBytes: 64 * 1024,
} as const;

/** What the owner tells of themselves, for USER.md. */
export const maxAboutLength = 4_000;

/**
 * Files of a workspace that Clawpool writes before every turn, and what they are made of. They are changed there: what is written into
 * the file itself would be gone with the next turn. Skills of ours are managed too.
 */
export const managedFiles = {
  'SOUL.md': 'soul',
  'AGENTS.md': 'instructions',
  'IDENTITY.md': 'identity',
  'USER.md': 'about',
  'TOOLS.md': 'tools',
  'CHANNELS.md': 'channels',
  'SESSION_CONTEXT.md': 'session',
} as const;

export const managedBy = z.enum(['soul', 'instructions', 'identity', 'about', 'tools', 'channels', 'session', 'skill']);
export type ManagedBy = z.infer<typeof managedBy>;

/** Below the workspace, with `/`; never leads out of it. */
export const workspacePath = z
  .string()
  .max(1_000)
  .refine(
    (path) => path.split('/').every((name) => !['', '.', '..'].includes(name) && !name.includes('\0')),
    'use the path below the workspace, without . and ..',
  );

/** Of something that people make; what agents made may have any name. */
export const newWorkspacePath = workspacePath.refine(
  (path) => path.split('/').every(isPlainName),
  'use names of at most 200 characters, without control characters, a space at an end, or .clawpool- in front',
);

const isPlainName = (name: string): boolean =>
  new TextEncoder().encode(name).length <= 240 &&
  name.trim() === name &&
  !/^\.clawpool-|[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) &&
  name.isWellFormed();

const fileHash = z.string().regex(/^[0-9a-f]{64}$/u);

export const workspaceEntry = z.object({
  name: z.string(),
  kind: z.enum(['file', 'folder', 'other']).describe('other: a link, a pipe, a file with several names: not opened'),
  bytes: z.int().describe('0 where it is no file'),
  modifiedAt: z.iso.datetime().nullable().describe('null: not known, as of folders in a checkpoint'),
  managed: managedBy.nullable().describe('Clawpool writes it: read-only here, changed where it comes from'),
});
export type WorkspaceEntry = z.infer<typeof workspaceEntry>;

export const workspaceFolder = z.object({
  path: z.string().describe('empty: the workspace itself'),
  entries: z.array(workspaceEntry).describe('folders first, then by name'),
  total: z.int(),
  complete: z.boolean().describe('false: there are more than anybody counts'),
  takenAt: z.iso
    .datetime()
    .nullable()
    .describe('the agent sleeps elsewhere: this is its newest checkpoint, of that time; null: as it is now'),
  mayEdit: z.boolean(),
});
export type WorkspaceFolder = z.infer<typeof workspaceFolder>;

export const workspaceFile = z.object({
  path: z.string(),
  bytes: z.int(),
  modifiedAt: z.iso.datetime(),
  managed: managedBy.nullable(),
  mayEdit: z.boolean(),
  kind: z.enum(['text', 'binary', 'large']).describe('large: not looked into; download it'),
  text: z.string().nullable().describe('null unless it is text'),
  hash: z.string().nullable().describe('SHA-256 of the content: name it when you save; null: large'),
  promptLimit: z
    .int()
    .nullable()
    .describe(
      'of MEMORY.md, as it is now: characters that the agent sees in every conversation; null: of any other file',
    ),
});
export type WorkspaceFile = z.infer<typeof workspaceFile>;

/** What a file has to be for a write to happen. */
export const expectedFile = z
  .union([z.literal('none'), z.literal('any'), fileHash])
  .default('none')
  .describe('none: nothing is there yet; any: whatever is there is replaced; a hash: exactly this content is replaced');
export type ExpectedFile = z.infer<typeof expectedFile>;

export const fileVersion = z.object({
  id: z.string().describe('of the checkpoint it is in'),
  at: z.iso.datetime().describe('when the file was last changed then'),
  takenAt: z.iso.datetime().describe('when the checkpoint was taken'),
  bytes: z.int(),
  backup: z.boolean().describe('it is in a backup, and so kept longer'),
});
export type FileVersion = z.infer<typeof fileVersion>;

/** A person's own page. */
export const myProfile = z.object({
  name: z.string(),
  email: z.string(),
  number: z.string(),
  position: z.string().nullable(),
  department: z.string(),
  manager: z.string().nullable(),
  contactFor: z.array(z.string()).describe('what others ask them about'),
  agent: z
    .object({ tenantId: z.string(), name: z.string(), tier: z.string() })
    .nullable()
    .describe('null: there is none yet'),
  about: z.string(),
  aboutVersion: z.int(),
});
export type MyProfile = z.infer<typeof myProfile>;
