import { z } from 'zod';

/** What is narrower than a tier: null leaves it to whatever is wider. */
export const agentSettings = z.object({
  model: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullable()
    .describe('provider/model; the installation’s others stay its fallbacks'),
  contextWindow: z.int().min(8_000).max(2_000_000).nullable().describe('tokens'),
  maxOutputTokens: z.int().min(256).max(128_000).nullable(),
  compaction: z
    .enum(['default', 'safeguard'])
    .nullable()
    .describe('how OpenClaw shortens a long conversation; safeguard: in pieces, for very long ones'),
  responseLanguage: z
    .string()
    .trim()
    .min(2)
    .max(60)
    .nullable()
    .describe(
      'the language answers are in, as people call it: English, 中文, Deutsch; null: the one that is written to it',
    ),
});
export type AgentSettings = z.infer<typeof agentSettings>;

export const settingsScope = z.enum(['organization', 'position', 'employee']);
export type SettingsScope = z.infer<typeof settingsScope>;

export const settingsRow = z.object({
  scope: settingsScope,
  ownerId: z.string().describe('`-` for the organization'),
  ownerName: z.string(),
  settings: agentSettings,
  version: z.int(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  affected: z.int(),
});
export type SettingsRow = z.infer<typeof settingsRow>;

/** From the narrowest to the widest: the first that says something decides. */
export const settingOrigin = z.enum(['employee', 'position', 'template', 'tier', 'organization', 'installation']);
export type SettingOrigin = z.infer<typeof settingOrigin>;

const effective = <T extends z.ZodType>(value: T) =>
  z.object({
    value,
    from: settingOrigin,
    fromName: z.string().describe('Ryan Park, Software Engineer, Engineering tier, …'),
  });

export const effectiveSettings = z.object({
  model: effective(z.string()),
  contextWindow: effective(z.int()),
  maxOutputTokens: effective(z.int()),
  compaction: effective(z.enum(['default', 'safeguard'])),
  responseLanguage: effective(z.string().nullable()),
});
export type EffectiveSettings = z.infer<typeof effectiveSettings>;
