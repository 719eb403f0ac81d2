import { z } from 'zod';

/** Whose text it is: the organization's, a position's, or a person's own. */
export const layerScope = z.enum(['global', 'position', 'personal']);
export type LayerScope = z.infer<typeof layerScope>;

/** Characters a layer may have. All three, and what Clawpool adds, share a SOUL.md of 19,500: the preview tells what is cut. */
export const maxLayerLength = 18_000;
export const layerContent = z.string().max(maxLayerLength);

export type LayerChangeCause = 'edit' | 'rollback' | 'review' | 'first';
const layerChangeCause = z.enum(['edit', 'rollback', 'review', 'first']);

export const proposalState = z.enum(['draft', 'in_review', 'approved', 'canary', 'published', 'rejected', 'withdrawn']);
export type ProposalState = z.infer<typeof proposalState>;

export const layerSummary = z.object({
  scope: layerScope,
  ownerId: z.string().describe('`-` for the global layer'),
  ownerName: z.string().describe('the organization, the position, the person'),
  words: z.int(),
  version: z.int().describe('0: nothing written yet'),
  updatedAt: z.iso.datetime().nullable(),
  updatedBy: z.string(),
  affected: z.int().describe('agents whose files have it'),
  openProposals: z.int(),
});
export type LayerSummary = z.infer<typeof layerSummary>;

export const layer = layerSummary.extend({
  content: z.string(),
  mayEdit: z.boolean().describe('whether the caller may save a version'),
  needsReview: z.boolean().describe('the caller may propose a change, somebody else has to approve it'),
});
export type Layer = z.infer<typeof layer>;

export const layerVersion = z.object({
  version: z.int(),
  cause: layerChangeCause,
  note: z.string(),
  author: z.string(),
  words: z.int(),
  createdAt: z.iso.datetime(),
});
export type LayerVersion = z.infer<typeof layerVersion>;

export const layerProposal = z.object({
  id: z.string(),
  scope: layerScope,
  ownerId: z.string(),
  ownerName: z.string(),
  baseVersion: z.int(),
  outdated: z.boolean().describe('the layer has changed since: it has to be drafted again from the newest'),
  content: z.string(),
  note: z.string(),
  state: proposalState,
  revision: z.int(),
  author: z.string(),
  reviewer: z.string().nullable(),
  reviewNote: z.string(),
  canary: z.object({ percent: z.int(), tenants: z.int() }).nullable().describe('how many agents have it already'),
  affected: z.int(),
  publishedVersion: z.int().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** What the caller may do with it now. */
  may: z.array(z.enum(['edit', 'submit', 'approve', 'reject', 'canary', 'publish', 'withdraw'])),
});
export type LayerProposal = z.infer<typeof layerProposal>;

/** MEMORY.md, which the agent keeps itself: OpenClaw gives it the room that the files before it leave. */
export const memoryRoom = z.object({
  characters: z.int().nullable().describe('as it is now; null: there is none, or nobody knows'),
  limit: z.int().describe('of more than that the middle is left out of what the agent sees'),
});
export type MemoryRoom = z.infer<typeof memoryRoom>;

/** What whoever edits a layer should know of the files. The words are the reader's. */
export const layerWarning = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cut'), scope: layerScope, lines: z.int().describe('left out of SOUL.md') }),
  z.object({
    kind: z.literal('memory_cut'),
    characters: z.int().describe('of MEMORY.md'),
    limit: z.int().describe('what the agent sees of them: the other files take the rest of what all may have'),
    total: z.int().describe('characters that all files may have together'),
  }),
  z.object({ kind: z.literal('nearly_full'), path: z.string(), characters: z.int(), limit: z.int() }),
  z.object({
    kind: z.literal('renamed_heading'),
    scope: layerScope,
    title: z.string().describe('of a section that is not this layer’s: the agent reads from whom it comes'),
  }),
  z.object({ kind: z.literal('empty'), scope: layerScope.nullable().describe('null: no layer says anything') }),
]);
export type LayerWarning = z.infer<typeof layerWarning>;

/** The files an agent reads, as they would be. */
export const layerPreview = z.object({
  agent: z
    .object({ tenantId: z.string().nullable(), name: z.string(), owner: z.string() })
    .describe('whose files these are'),
  files: z.array(
    z.object({
      path: z.string(),
      content: z.string(),
      characters: z.int(),
      limit: z
        .int()
        .nullable()
        .describe('what goes beyond it is left out; null: OpenClaw does not read the file by itself'),
    }),
  ),
  memory: memoryRoom,
  warnings: z.array(layerWarning),
});
export type LayerPreview = z.infer<typeof layerPreview>;
