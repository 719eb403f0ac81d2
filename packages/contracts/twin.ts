import { z } from 'zod';

/** A person's digital twin: an agent with an own copy of their workspace, which anybody with the link can talk to. */
export const twin = z.object({
  active: z.boolean(),
  tenantId: z.string().nullable(),
  /** Where the public page is; null while it is not active. */
  url: z.string().nullable(),
  greeting: z.string(),
  views: z.number().int(),
  messages: z.number().int(),
  /** When the copy of the workspace was made. */
  copiedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
});
export type Twin = z.infer<typeof twin>;

/** What a visitor sees of it before they write. */
export const twinPage = z.object({
  name: z.string(),
  position: z.string(),
  company: z.string(),
  greeting: z.string(),
});
export type TwinPage = z.infer<typeof twinPage>;

/** Characters of a visitor's message; the reference product's figure. */
export const maxTwinMessageLength = 2_000;
