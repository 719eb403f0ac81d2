import { MissingBlobError, referencesOf } from '@clawpool/checkpoints';
import { type BlobStore, ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import pg from 'pg';
import type { Database } from '../../store/database.ts';
import { becomeCollector, whileNobodyStores } from './blob-lock.ts';
import { noteDrift } from './checkpoint-store.ts';

export interface Collected {
  blobs: number;
  bytes: number;
  /** Kept checkpoints of which a part cannot be read. */
  unreadable: number;
}

export interface CollectionOptions {
  database: Database;
  blobs: BlobStore;
  /** Ends it between two steps; what is removed by then stays removed. */
  signal: AbortSignal;
  now?: () => Date;
}

/** Removed at once while nobody can store: a fraction of a second on a disk, some seconds on S3. */
const batchSize = 250;
const deletesAtOnce = 16;
/** Clocks of this machine, of PostgreSQL and of the blob store are less than this apart. */
const clocksApartMs = 3_600_000;

/**
 * Removes the content that no checkpoint refers to: marks what every row's tree consists of, then sweeps the rest. Only what was there
 * before the mark is looked at, and rows committed since then are marked before each batch is removed, while nobody can store.
 * Whatever else is put into this blob store one day has to be marked here.
 *
 * What cannot be read of a kept checkpoint cannot be marked. All of it was stored before that checkpoint's row: so of what is older than
 * the newest such row nothing is removed, and the rest is collected as ever. The damage is noted for its tenant, and it is over when the
 * checkpoint goes.
 *
 * A collection that is killed leaves nothing half: the next one begins anew. Errors: `conflict` (one is running), whatever the blob
 * store says when it does not answer.
 */
export async function collectBlobs(options: CollectionOptions): Promise<Collected> {
  const client = new pg.Client({ ...options.database.connection, keepAlive: true });
  const lost = new AbortController();
  // With the connection the locks are gone: somebody may be storing again.
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('the connection was lost')));
  await client.connect();
  try {
    if (!(await becomeCollector(client))) {
      throw new ClawpoolError('conflict', 'A collection is running already.', 'Wait until it has ended.');
    }
    return await markAndSweep(client, { ...options, signal: AbortSignal.any([options.signal, lost.signal]) });
  } finally {
    await client.end().catch(() => {});
  }
}

async function markAndSweep(
  client: pg.Client,
  { database, blobs, signal, now }: CollectionOptions,
): Promise<Collected> {
  const startedAt = now?.() ?? new Date();
  const marks = createMarks(client, database, blobs, signal);
  await marks.catchUp();
  const collected = { blobs: 0, bytes: 0 };

  async function sweep(candidates: readonly Candidate[]): Promise<void> {
    // The long part of the reading without being in anybody's way; what comes in between is little.
    await marks.catchUp();
    await whileNobodyStores(client, signal, async () => {
      await marks.catchUp();
      const garbage = candidates.filter((blob) => marks.isGarbage(blob));
      for (let at = 0; at < garbage.length; at += deletesAtOnce) {
        signal.throwIfAborted();
        const some = garbage.slice(at, at + deletesAtOnce);
        // All settle before the lock is given back, also when one fails.
        const results = await Promise.allSettled(some.map(({ hash }) => blobs.delete(hash)));
        for (const result of results) if (result.status === 'rejected') throw result.reason;
        collected.blobs += some.length;
        collected.bytes += some.reduce((sum, { bytes }) => sum + bytes, 0);
      }
    });
  }

  let candidates: Candidate[] = [];
  for await (const blob of blobs.list()) {
    signal.throwIfAborted();
    if (blob.storedAt >= startedAt || !marks.isGarbage(blob)) continue;
    candidates.push(blob);
    if (candidates.length < batchSize) continue;
    await sweep(candidates);
    candidates = [];
  }
  if (candidates.length > 0) await sweep(candidates);
  return { ...collected, unreadable: marks.unreadable() };
}

interface Candidate {
  hash: string;
  bytes: number;
  storedAt: Date;
}

interface Marks {
  /** Marks what the rows refer to that were committed since the last time. */
  catchUp(): Promise<void>;
  isGarbage(blob: Candidate): boolean;
  unreadable(): number;
}

interface MarkedRow {
  organization_id: string;
  tenant_id: string;
  tenant_name: string;
  id: string;
  root: string;
  created_at: Date;
}

function createMarks(client: pg.Client, database: Database, blobs: BlobStore, signal: AbortSignal): Marks {
  /** What is referred to, and by which trees it was seen. */
  const seen = new Set<string>();
  const readable = new Map<string, boolean>();
  /** Nothing stored until then is garbage. */
  let keptUntil = Number.NEGATIVE_INFINITY;
  let unreadable = 0;
  let prepared = false;

  /** By id and not by time: no clock decides what is new. */
  async function newRows(): Promise<MarkedRow[]> {
    if (!prepared) await client.query('create temporary table marked_checkpoints (id text primary key)');
    prepared = true;
    const { rows } = await client.query<MarkedRow>(`
      with new as (
        insert into marked_checkpoints
        select id from checkpoints c where not exists (select from marked_checkpoints m where m.id = c.id)
        returning id)
      select c.organization_id, c.tenant_id, c.tenant_name, c.id, c.root, c.created_at
      from checkpoints c join new on new.id = c.id`);
    return rows;
  }

  async function mark(root: string): Promise<boolean> {
    try {
      for await (const _ of referencesOf(root, blobs, seen)) if (signal.aborted) signal.throwIfAborted();
      return true;
    } catch (error) {
      if (error instanceof DamagedBlobError || error instanceof MissingBlobError) return false;
      throw error;
    }
  }

  return {
    catchUp: async () => {
      for (const row of await newRows()) {
        signal.throwIfAborted();
        seen.add(row.root);
        const ok = readable.get(row.root) ?? (await mark(row.root));
        readable.set(row.root, ok);
        if (ok) continue;
        unreadable += 1;
        keptUntil = Math.max(keptUntil, row.created_at.getTime() + clocksApartMs);
        await noteDrift(database.db, {
          kind: 'damaged_blob',
          organizationId: row.organization_id,
          tenantId: row.tenant_id,
          detail: `The checkpoint ${row.id} of ${row.tenant_name} is damaged: verify it, and delete it when a newer one is well.`,
        });
      }
    },
    isGarbage: ({ hash, storedAt }) => !seen.has(hash) && storedAt.getTime() > keptUntil,
    unreadable: () => unreadable,
  };
}
