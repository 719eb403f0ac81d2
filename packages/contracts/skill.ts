import { z } from 'zod';

export const skillName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/u, 'use 1 to 64 of a-z, 0-9 and -, neither first nor last a hyphen');

/** At most 256 KiB of UTF-8. */
export const skillContent = z
  .string()
  .min(1)
  .refine((text) => new TextEncoder().encode(text).length <= 262_144, 'at most 256 KiB');

/** A skill of the organization: a `SKILL.md` (https://agentskills.io) that agents find in their workspace. */
export const skill = z.object({
  name: skillName,
  description: z.string(),
  version: z.int(),
  bytes: z.int(),
  tenants: z.int().describe('that have it'),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type Skill = z.infer<typeof skill>;

/** A named set of skills; a tenant has its own skills and those of its groups. */
export const skillGroup = z.object({
  name: skillName,
  description: z.string(),
  skills: z.array(z.string()),
});
export type SkillGroup = z.infer<typeof skillGroup>;
