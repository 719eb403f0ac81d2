import { z } from 'zod';
import { toolName } from './tools.ts';

/** Commands that no agent runs, as a regular expression over the whole command line (JavaScript, case-insensitive). */
export const commandPattern = z.object({
  pattern: z.string().min(1).max(300),
  why: z.string().trim().min(1).max(200).describe('told to the agent and to the person'),
});
export type CommandPattern = z.infer<typeof commandPattern>;

export const toolPolicy = z.object({
  blockedTools: z.array(toolName).describe('nobody’s agent may use them, whatever a position or a grant says'),
  commandPatterns: z.array(commandPattern).max(100),
  version: z.int().describe('0: the product’s own, never changed'),
  updatedAt: z.iso.datetime().nullable(),
  updatedBy: z.string(),
});
export type ToolPolicy = z.infer<typeof toolPolicy>;

/**
 * What is refused unless an organization decides otherwise: what destroys a machine, opens it, or runs what somebody sends. The reference
 * product's list, as patterns.
 */
export const defaultCommandPatterns: readonly CommandPattern[] = [
  {
    // Whatever is removed with it, in whatever order the options are.
    pattern: String.raw`\brm\s(?=[^;&|]*(?<=\s)(?:-[a-z]*r|--recursive))[^;&|]*(?<=\s)(?:/+|~/*|\$\{?HOME\}?/*)[.*]*(?=\s|[;&|)]|$)`,
    why: 'it deletes everything there is',
  },
  { pattern: String.raw`\bchmod\s+(-[a-z]+\s+)*0?777\b`, why: 'it lets everybody write' },
  {
    pattern: String.raw`\b(curl|wget)\b[^\n]*\|&?\s*(?:(?:sudo|env|exec|nohup)\s+(?:-\S+\s+|\w+=\S*\s+)*)*(?:[\w./-]*/)?(?:ba|z|da|k)?sh\b`,
    why: 'it runs what a stranger sends',
  },
  {
    pattern: String.raw`(?:\bsource|\beval|(?:^|\s)\.)\s+["']?(?:[<$]\(|\x60)\s*(curl|wget)\b`,
    why: 'it runs what a stranger sends',
  },
  { pattern: String.raw`\b(ba|z|da|k)?sh\s+(-c\s+)?["']?[<$]\(\s*(curl|wget)\b`, why: 'it runs what a stranger sends' },
  { pattern: String.raw`\b(drop|truncate)\s+(table|database|schema)\b`, why: 'it destroys data' },
  { pattern: String.raw`\b(mkfs(\.\w+)?|fdisk|parted)\b|\bdd\b[^|;&]*\bof=/dev/`, why: 'it overwrites a disk' },
  { pattern: String.raw`:\s*\(\s*\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:`, why: 'it starts processes without end' },
  { pattern: String.raw`\bnc\b[^|;&]*\s-[a-z]*e\b|/dev/tcp/`, why: 'it opens a shell to somebody outside' },
];

/** A tool of one agent: whether it may use it, and what decided so. */
export const toolStanding = z.object({
  tool: toolName,
  allowed: z.boolean(),
  because: z.enum([
    'position',
    'tier',
    'grant',
    'not_in_position',
    'not_in_agent',
    'above_tier',
    'always_blocked',
    'public_twin',
    'assistant',
  ]),
  until: z.iso.datetime().nullable().describe('of a grant that ends'),
});
export type ToolStanding = z.infer<typeof toolStanding>;

/** What really runs: one agent as its host says, beside what is decided for it. */
export const runningAgent = z.object({
  tenantId: z.string(),
  name: z.string(),
  owner: z.string(),
  position: z.string().nullable(),
  tier: z.string(),
  state: z.string(),
  driver: z.string(),
  isolates: z.boolean(),
  image: z.string(),
  tools: z.array(toolStanding),
  /** True: it has the newest files and configuration. False: with its next turn. Null: it does not run. */
  upToDate: z.boolean().nullable(),
});
export type RunningAgent = z.infer<typeof runningAgent>;
