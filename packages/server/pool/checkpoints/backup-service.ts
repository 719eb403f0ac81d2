import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { exportTree, importTree, type TreeVerification, verifyTree } from '@clawpool/checkpoints';
import {
  type BlobStore,
  type Checkpoint,
  ClawpoolError,
  type NewAuditEvent,
  type Retention,
} from '@clawpool/contracts';
import { z } from 'zod';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { type CheckpointQuery, findCheckpointView, listCheckpoints, updateCheckpoint } from './backup-store.ts';
import { whileBlobsStay } from './blob-lock.ts';
import { type CheckpointRow, type CheckpointView, toCheckpoint } from './checkpoint.ts';
import { noSuchCheckpoint } from './checkpoint-service.ts';
import { insertCheckpoint, noteDrift } from './checkpoint-store.ts';
import { findRetention, removeCheckpoints, saveRetention } from './retention-store.ts';

/** Checkpoints as people see and change them. Everything in the principal's organization only; errors are ClawpoolErrors. */
export interface BackupService {
  list(
    principal: Principal,
    query: CheckpointQuery,
  ): Promise<{ checkpoints: Checkpoint[]; next: string | null; total: number }>;
  change(principal: Principal, checkpointId: string, changes: CheckpointChanges): Promise<Checkpoint>;
  /** Error: `conflict` for a pinned one, and for one that a tenant begins with. */
  remove(principal: Principal, checkpointId: string): Promise<void>;
  verify(principal: Principal, checkpointId: string): Promise<TreeVerification>;
  /** The whole checkpoint as one file, read while it is sent, and the name to save it under. */
  export(principal: Principal, checkpointId: string): Promise<{ file: Readable; name: string }>;
  /** Errors: `invalid_request` (no backup, cut off, damaged), `too_large`, `storage_full`. */
  import(principal: Principal, file: AsyncIterable<Uint8Array>): Promise<Checkpoint>;
  retention(principal: Principal): Promise<Retention>;
  setRetention(principal: Principal, retention: Retention): Promise<Retention>;
}

export interface CheckpointChanges {
  pinned?: boolean | undefined;
  backup?: boolean | undefined;
  note?: string | undefined;
}

/** Of a file that is taken in: larger than any tier's disk so far, and more files than OpenClaw and an agent make in years. */
const importLimits = { maxBytes: 4 * 2 ** 30, maxFiles: 200_000 };

/** Each keeps a database connection, and content from being collected, for as long as its file takes to arrive. */
const importsAtOnce = 2;

/** What an exported file says of itself. Read back it is somebody's claim: shown to people, and nothing else. */
const description = z.object({
  tenantName: z.string().min(1).max(64).catch('imported'),
  image: z.string().max(64).catch(''),
  note: z.string().max(200).catch(''),
});

export function createBackupService({ database, blobs }: { database: Database; blobs: BlobStore }): BackupService {
  let importing = 0;

  async function find(principal: Principal, checkpointId: string): Promise<CheckpointView> {
    const retention = await findRetention(database.db, principal.organizationId);
    const view = await findCheckpointView(database.db, principal.organizationId, checkpointId, retention);
    if (!view) throw noSuchCheckpoint();
    return view;
  }

  async function takeIn(principal: Principal, file: AsyncIterable<Uint8Array>): Promise<string> {
    const { organizationId } = principal;
    const began = performance.now();
    return whileBlobsStay(database, async (db) => {
      const { root, description: said, ...content } = await importTree(file, blobs, importLimits);
      const { tenantName, image, note } = description.parse(said);
      return db.transaction(async (tx) => {
        const row = await insertCheckpoint(tx, {
          organizationId,
          // Nobody's: what the file says of its tenant must not make it one of ours.
          tenantId: `imported-${randomBytes(6).toString('hex')}`,
          tenantName,
          generation: 0,
          filesEpoch: 0,
          cause: 'import',
          note,
          image,
          root,
          ...content,
          tookMs: performance.now() - began,
        });
        await audit(tx, principal, 'backup.imported', row, { bytes: row.bytes });
        return row.id;
      });
    });
  }

  return {
    list: async ({ organizationId }, query) =>
      listCheckpoints(database.db, organizationId, query, await findRetention(database.db, organizationId)),

    change: async (principal, checkpointId, changes) => {
      const { row } = await find(principal, checkpointId);
      await database.db.transaction(async (tx) => {
        if (!(await updateCheckpoint(tx, row, changes))) throw noSuchCheckpoint();
        await audit(tx, principal, 'backup.changed', row, { ...changes });
      });
      return toCheckpoint(await find(principal, checkpointId));
    },

    remove: async (principal, checkpointId) => {
      const { row } = await find(principal, checkpointId);
      const removed = await database.db.transaction(async (tx) => {
        const [id] = await removeCheckpoints(tx, principal.organizationId, [checkpointId]);
        if (id !== undefined) await audit(tx, principal, 'backup.deleted', row);
        return id !== undefined;
      });
      if (!removed) throw stillKept(await find(principal, checkpointId));
    },

    verify: async (principal, checkpointId) => {
      const { row } = await find(principal, checkpointId);
      const result = await verifyTree(row.root, blobs);
      await audit(database.db, principal, 'backup.verified', row, { ok: result.ok });
      if (!result.ok) {
        await noteDrift(database.db, {
          kind: 'damaged_blob',
          organizationId: row.organizationId,
          tenantId: row.tenantId,
          detail: `The checkpoint ${row.id} of ${row.tenantName} is damaged: ${result.problems.length} of its parts are missing or changed.`,
        });
      }
      return result;
    },

    export: async (principal, checkpointId) => {
      const { row } = await find(principal, checkpointId);
      // Before the first byte: who began to read has read.
      await audit(database.db, principal, 'backup.exported', row, { bytes: row.bytes });
      const { tenantName, image, note } = row;
      const taken = row.createdAt.toISOString();
      return {
        file: exportTree(row.root, { tenantName, image, note, takenAt: taken }, blobs),
        name: `${tenantName}-${taken.slice(0, 19).replace(/[:T]/g, '-')}.clawpool-backup`,
      };
    },

    import: async (principal, file) => {
      if (importing >= importsAtOnce) {
        const hint = 'Try again when one has ended.';
        throw new ClawpoolError('too_many_requests', `${importsAtOnce} files are being taken in already.`, hint);
      }
      importing += 1;
      const id = await takeIn(principal, file).finally(() => {
        importing -= 1;
      });
      return toCheckpoint(await find(principal, id));
    },

    retention: ({ organizationId }) => findRetention(database.db, organizationId),

    setRetention: async (principal, retention) => {
      const { organizationId } = principal;
      await database.db.transaction(async (tx) => {
        await saveRetention(tx, organizationId, retention);
        await recordAudit(tx, organizationId, {
          actor: actorOf(principal),
          action: 'retention.changed',
          target: { type: 'organization', id: organizationId, name: organizationId },
          outcome: 'allowed',
          detail: { ...retention },
        });
      });
      return retention;
    },
  };
}

const actorOf = ({ userId, name }: Principal): NewAuditEvent['actor'] => ({ type: 'person', id: userId, name });

async function audit(
  db: Transaction | Database['db'],
  principal: Principal,
  action: string,
  row: CheckpointRow,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await recordAudit(db, principal.organizationId, {
    actor: actorOf(principal),
    action,
    target: { type: 'tenant', id: row.tenantId, name: row.tenantName },
    outcome: 'allowed',
    detail: { checkpointId: row.id, ...detail },
  });
}

function stillKept({ row }: CheckpointView): ClawpoolError {
  return row.pinned
    ? new ClawpoolError('conflict', 'The checkpoint is pinned.', 'Unpin it first; then it can be removed.')
    : new ClawpoolError(
        'conflict',
        `${row.tenantName} begins with this checkpoint when it wakes.`,
        'Take a newer one first, or delete the tenant with its data.',
      );
}
