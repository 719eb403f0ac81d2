import { z } from 'zod';
import { checkpoint, retention } from '../checkpoint.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'auditor'] as const;
const writers = ['operator', 'admin'] as const;
const one = z.object({ checkpointId: z.string().max(64) });

/** A backup as one file: a gzipped tar of the tenant's files with a manifest of their hashes. */
export const backupMediaType = 'application/vnd.clawpool.backup+gzip';

export const backupRoutes = {
  listCheckpoints: route({
    method: 'GET',
    path: '/checkpoints',
    tag: 'Backups',
    summary: 'Checkpoints, newest first; those of deleted tenants too',
    access: readers,
    scope: 'organization',
    query: z.object({
      tenantId: z.string().max(64).optional(),
      backups: z.stringbool().optional().describe('only backups'),
      orphans: z.stringbool().optional().describe('only those of deleted tenants'),
      search: z.string().max(100).optional().describe('in tenant names, ids and notes'),
      newest: z.stringbool().optional().describe('of each tenant only the newest that fits: a list of tenants'),
      before: z.string().max(64).optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.object({ checkpoints: z.array(checkpoint), next: z.string().nullable(), total: z.int() }),
  }),
  changeCheckpoint: route({
    method: 'PATCH',
    path: '/checkpoints/:checkpointId',
    tag: 'Backups',
    summary: 'Pins it, makes it a backup, or changes its note',
    access: writers,
    scope: 'organization',
    params: one,
    body: z.object({
      pinned: z.boolean().optional(),
      backup: z.boolean().optional(),
      note: z.string().max(200).optional(),
    }),
    response: checkpoint,
  }),
  deleteCheckpoint: route({
    method: 'DELETE',
    path: '/checkpoints/:checkpointId',
    tag: 'Backups',
    summary: 'Removes a checkpoint; not the newest of a living tenant, nor a pinned one',
    access: writers,
    scope: 'organization',
    params: one,
    status: 204,
  }),
  verifyCheckpoint: route({
    method: 'POST',
    path: '/checkpoints/:checkpointId/verification',
    tag: 'Backups',
    summary: 'Reads everything it consists of and compares the hashes',
    access: writers,
    scope: 'organization',
    params: one,
    response: z.object({
      ok: z.boolean(),
      files: z.int(),
      bytes: z.int(),
      problems: z.array(z.object({ path: z.string(), hash: z.string(), problem: z.enum(['missing', 'damaged']) })),
    }),
  }),
  exportCheckpoint: route({
    method: 'GET',
    path: '/checkpoints/:checkpointId/file',
    tag: 'Backups',
    summary: 'The whole checkpoint as one file. It contains what the agent knows: reading it is audited',
    access: writers,
    scope: 'organization',
    params: one,
    download: backupMediaType,
  }),
  importCheckpoint: route({
    method: 'POST',
    path: '/checkpoints',
    tag: 'Backups',
    summary: 'Takes in an exported file; its tenant counts as deleted, so it can be restored into a new one',
    access: writers,
    scope: 'organization',
    upload: backupMediaType,
    status: 201,
    response: checkpoint,
  }),
  retention: route({
    method: 'GET',
    path: '/retention',
    tag: 'Backups',
    summary: 'How long checkpoints and backups are kept',
    access: readers,
    scope: 'organization',
    response: retention,
  }),
  setRetention: route({
    method: 'PUT',
    path: '/retention',
    tag: 'Backups',
    summary: 'Changes how long they are kept',
    access: writers,
    scope: 'organization',
    body: retention,
    response: retention,
  }),
  collectBlobs: route({
    method: 'POST',
    path: '/blob-collection',
    tag: 'Backups',
    summary: 'Applies retention and removes what no checkpoint refers to, now instead of at night',
    access: ['operator'],
    scope: 'installation',
    response: z.object({
      checkpoints: z.int().describe('removed by retention, in the caller’s organization'),
      blobs: z.int(),
      bytes: z.int(),
    }),
  }),
};
