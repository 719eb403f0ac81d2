import { z } from 'zod';
import {
  layer,
  layerContent,
  layerPreview,
  layerProposal,
  layerScope,
  layerSummary,
  layerVersion,
  proposalState,
} from '../layer.ts';
import { route } from './route.ts';

const params = z.object({ scope: layerScope, ownerId: z.string().max(64).describe('`-` for the global layer') });
const proposalParams = z.object({ proposalId: z.string().max(64) });
const note = z.string().trim().max(500).default('');
const everybody = 'signed-in' as const;

/**
 * Who reads and writes which layer is decided by the use case: the global one is an admin's with the permission `policy`, a position's an admin's
 * or a manager's of its department, a personal one its owner's (and an admin's, who may have to remove something). Everybody reads
 * the layers of their own agent.
 */
export const layerRoutes = {
  listLayers: route({
    method: 'GET',
    path: '/layers',
    tag: 'Governance',
    summary: 'The layers in the caller’s scope: the global one, positions, people',
    access: ['admin', 'manager', 'auditor'],
    scope: 'departments',
    response: z.object({ layers: z.array(layerSummary), reviewRequired: z.boolean() }),
  }),
  getLayer: route({
    method: 'GET',
    path: '/layers/:scope/:ownerId',
    tag: 'Governance',
    summary: 'One layer with its text',
    access: everybody,
    scope: 'departments',
    params,
    response: layer,
  }),
  saveLayer: route({
    method: 'PUT',
    path: '/layers/:scope/:ownerId',
    tag: 'Governance',
    summary:
      'Save a new version; `conflict` with the other’s change in `details` when it is not the version that was read',
    access: everybody,
    scope: 'departments',
    params,
    body: z.object({ content: layerContent, expectedVersion: z.int().min(0), note }),
    response: layer,
  }),
  rollBackLayer: route({
    method: 'POST',
    path: '/layers/:scope/:ownerId/rollback',
    tag: 'Governance',
    summary: 'Make an earlier version the newest',
    access: everybody,
    scope: 'departments',
    params,
    body: z.object({ version: z.int().min(1), expectedVersion: z.int().min(0), note }),
    response: layer,
  }),
  listLayerVersions: route({
    method: 'GET',
    path: '/layers/:scope/:ownerId/versions',
    tag: 'Governance',
    summary: 'A layer’s history, the newest first',
    access: everybody,
    scope: 'departments',
    params,
    response: z.object({ versions: z.array(layerVersion) }),
  }),
  getLayerVersion: route({
    method: 'GET',
    path: '/layers/:scope/:ownerId/versions/:version',
    tag: 'Governance',
    summary: 'One version with its text',
    access: everybody,
    scope: 'departments',
    params: params.extend({ version: z.coerce.number().int().min(1) }),
    response: layerVersion.extend({ content: z.string() }),
  }),
  previewLayers: route({
    method: 'POST',
    path: '/layers/preview',
    tag: 'Governance',
    summary: 'The files an agent would read with these texts in place of the saved ones',
    access: everybody,
    scope: 'departments',
    body: z.object({
      employeeId: z
        .string()
        .max(64)
        .nullable()
        .default(null)
        .describe('whose agent; null: somebody of the position, or the caller'),
      positionId: z.string().max(64).nullable().default(null),
      global: layerContent.optional(),
      position: layerContent.optional(),
      personal: layerContent.optional(),
    }),
    response: layerPreview,
  }),
  requireLayerReview: route({
    method: 'PUT',
    path: '/layer-review',
    tag: 'Governance',
    summary:
      'Whether the global layer and those of positions change by proposals that somebody else approves; needs the permission `policy`',
    access: ['admin'],
    scope: 'organization',
    body: z.object({ required: z.boolean() }),
    response: z.object({ required: z.boolean() }),
  }),
  listProposals: route({
    method: 'GET',
    path: '/layer-proposals',
    tag: 'Governance',
    summary: 'Proposed changes in the caller’s scope, the newest first, at most 100',
    access: ['admin', 'manager', 'auditor'],
    scope: 'departments',
    query: z.object({
      state: proposalState.optional(),
      scope: layerScope.optional(),
      ownerId: z.string().max(64).optional(),
    }),
    response: z.object({ proposals: z.array(layerProposal) }),
  }),
  createProposal: route({
    method: 'POST',
    path: '/layer-proposals',
    tag: 'Governance',
    summary: 'Draft a change',
    access: ['admin', 'manager'],
    scope: 'departments',
    body: z.object({
      scope: layerScope,
      ownerId: z.string().max(64),
      content: layerContent,
      baseVersion: z.int().min(0),
      note,
    }),
    status: 201,
    response: layerProposal,
  }),
  changeProposal: route({
    method: 'PATCH',
    path: '/layer-proposals/:proposalId',
    tag: 'Governance',
    summary: 'Change a draft; `conflict` when somebody did meanwhile',
    access: ['admin', 'manager'],
    scope: 'departments',
    params: proposalParams,
    body: z.object({ content: layerContent, note, baseVersion: z.int().min(0), expectedRevision: z.int() }),
    response: layerProposal,
  }),
  decideProposal: route({
    method: 'POST',
    path: '/layer-proposals/:proposalId/decision',
    tag: 'Governance',
    summary: 'Take it a step on: submit, approve, reject, try with some agents, give to all, withdraw',
    access: ['admin', 'manager'],
    scope: 'departments',
    params: proposalParams,
    body: z.discriminatedUnion('step', [
      z.object({ step: z.literal('submit') }),
      z.object({
        step: z.literal('approve'),
        note,
        expectedRevision: z.int().describe('what was looked at: `conflict` when it is another by now'),
      }),
      z.object({ step: z.literal('reject'), note: z.string().trim().min(1).max(500) }),
      z.object({ step: z.literal('canary'), percent: z.int().min(1).max(99) }),
      z.object({ step: z.literal('publish') }),
      z.object({ step: z.literal('withdraw') }),
    ]),
    response: layerProposal,
  }),
};
