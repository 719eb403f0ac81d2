import { MissingBlobError } from '@clawpool/checkpoints';
import {
  type CheckpointCause,
  type CheckpointReference,
  ClawpoolError,
  DamagedBlobError,
  type FilesSnapshot,
  type Host,
  type NewAuditEvent,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { systemActor } from '../../organization/installation.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { createGate } from '../operations/gate.ts';
import { lockTenant } from '../tenant-store.ts';
import { keepBlobs, whileBlobsStay } from './blob-lock.ts';
import { CheckpointError, type CheckpointRow, isBackupCause } from './checkpoint.ts';
import {
  deleteCheckpointsOf,
  findCheckpoint,
  findCheckpointOf,
  findNewestRoot,
  findTenantFiles,
  holdCheckpoint,
  insertCheckpoint,
  isDoubtful,
  lockUnlessSuperseded,
  noteDrift,
  setNewestCheckpoint,
  type TenantFiles,
} from './checkpoint-store.ts';
import { createSoon } from './soon.ts';

export interface TakeCheckpoint {
  organizationId: string;
  tenantId: string;
  cause: CheckpointCause;
  note?: string;
  pinned?: boolean;
  /** Who is in the audit trail for a backup; Clawpool itself unless given. */
  actor?: NewAuditEvent['actor'];
}

export interface CheckpointService {
  /**
   * Takes one now and commits it, fenced by the tenant's generation and epoch as they are at the beginning. Rejects with
   * CheckpointError, whose `reason` an operation can fail with. Two for one tenant at once share one snapshot when the second began
   * before the first read files; otherwise it comes after. A tenant that has no files on a host is what its newest checkpoint is.
   * When nothing changed, only a backup makes a new row; otherwise the newest one is the answer.
   */
  take(input: TakeCheckpoint): Promise<CheckpointRow>;
  /** After a turn: in the background, soon, one at a time per tenant, bounded over all. Never rejects. */
  takeSoon(organizationId: string, tenantId: string): void;
  /** Error: ClawpoolError `not_found`. Checkpoints of deleted tenants too. */
  resolve(organizationId: string, reference: CheckpointReference): Promise<CheckpointRow>;
  newestRoot(tenantId: string): Promise<string | null>;
  /**
   * Makes a checkpoint another tenant's own beginning (clone, restore into a new tenant): a row of its own with the same content, which
   * lives as long as that tenant needs it. Sets the tenant's `checkpoint_id` and `disk_bytes`. Error: ClawpoolError `not_found`, when it
   * was removed meanwhile.
   */
  adopt(
    tx: Transaction,
    input: { organizationId: string; tenantId: string; from: CheckpointRow; cause: CheckpointCause },
  ): Promise<CheckpointRow>;
  /** Removes all checkpoints of a tenant, pinned ones too: for a deletion that keeps nothing. */
  forget(tx: Transaction, organizationId: string, tenantId: string): Promise<void>;
  /** Waits for what is being taken; what was only asked for is dropped. */
  close(): Promise<void>;
}

export interface CheckpointServiceOptions {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  /** Told about failures that have no caller. */
  onError: (error: unknown) => void;
  /** Milliseconds after the last turn, and at the latest after the first, that `takeSoon` begins. 1 s and 10 s unless given. */
  soon?: { quietMs: number; latestMs: number };
}

/** Requests for one tenant that one snapshot answers. */
interface Round {
  requests: TakeCheckpoint[];
  rows: Promise<Map<TakeCheckpoint, CheckpointRow>>;
}

/** Of the pool's 20 database connections; each snapshot holds one until it is committed. */
const concurrent = 8;
/** In the background, so that people's backups and stops need not wait behind turns'. */
const concurrentSoon = 4;

/** Files may be larger than their disk, since nothing that was written is to be lost; a file of nothing but holes has to end somewhere. */
const largestCheckpoint = 16 * 2 ** 30;

export function createCheckpointService(options: CheckpointServiceOptions): CheckpointService {
  const { database, hosts, onError } = options;
  const gate = createGate(concurrent);
  const { signal } = new AbortController();
  /** Rounds that have not begun to read: whoever comes now joins. */
  const open = new Map<string, Round>();
  /** The end of each tenant's newest round. */
  const last = new Map<string, Promise<unknown>>();

  const soon = createSoon({
    quietMs: options.soon?.quietMs ?? 1_000,
    latestMs: options.soon?.latestMs ?? 10_000,
    concurrency: concurrentSoon,
    run: async (key) => {
      const [organizationId, tenantId] = JSON.parse(key) as [string, string];
      await take({ organizationId, tenantId, cause: 'turn' }).catch(async (error: unknown) => {
        // Somebody started, restored or deleted it meanwhile, and sees to its files.
        if (error instanceof CheckpointError && error.reason === 'superseded') return;
        onError(error);
        await noteFailure(organizationId, tenantId, error).catch(onError);
      });
    },
  });

  async function take(input: TakeCheckpoint): Promise<CheckpointRow> {
    const key = keyOf(input.organizationId, input.tenantId);
    const round = open.get(key) ?? startRound(key);
    round.requests.push(input);
    const row = (await round.rows).get(input);
    if (!row) throw new Error('a round answers each of its requests');
    return row;
  }

  function startRound(key: string): Round {
    const requests: TakeCheckpoint[] = [];
    const before = last.get(key) ?? Promise.resolve();
    const noMore = () => {
      if (open.get(key) === round) open.delete(key);
    };
    const rows = before.then(() => gate.pass('all', signal, () => runRound(requests, noMore))).finally(noMore);
    const round = { requests, rows };
    open.set(key, round);
    const over = rows.then(
      () => {},
      () => {},
    );
    last.set(key, over);
    void over.then(() => {
      if (last.get(key) === over) last.delete(key);
    });
    return round;
  }

  async function runRound(requests: TakeCheckpoint[], noMore: () => void): Promise<Awaited<Round['rows']>> {
    const [{ organizationId, tenantId }] = requests as [TakeCheckpoint];
    try {
      return await whileBlobsStay(database, async (db) => {
        const files = await findTenantFiles(db, organizationId, tenantId);
        if (!files || files.deleted) throw new CheckpointError('superseded', `There is no tenant ${tenantId}.`);
        noMore();
        const snapshot = await snapshotOf(files);
        const image = files.image ?? (await defaultImage(files)) ?? files.newest?.image ?? '';
        return await db.transaction((tx) => commit(tx, { requests, files, snapshot, image }));
      });
    } catch (error) {
      throw toCheckpointError(error, tenantId);
    }
  }

  async function snapshotOf(files: TenantFiles): Promise<Snapshot> {
    if (files.hostId === null) return newestAsSnapshot(files);
    const host = hosts.get(files.hostId);
    if (!host) {
      throw new CheckpointError('host_unreachable', `The host ${files.hostId}, which has the files, is not here.`);
    }
    // Where it may be damaged, every file is read and stored again: that repairs what has the same content.
    const previous = (await isDoubtful(database.db, files)) ? null : (files.newest?.root ?? null);
    const maxBytes = Math.max(largestCheckpoint, 2 * files.diskLimitBytes);
    const store = (known: string | null) => host.checkpoint(files.tenantId, known, maxBytes, files.filesEpoch);
    try {
      return await store(previous);
    } catch (error) {
      if (error instanceof ClawpoolError && error.code === 'not_found') return newestAsSnapshot(files);
      if (!isDamage(error) || previous === null) throw error;
      // What an earlier checkpoint left in the store is damaged. The files are here, so all of them are stored again.
      await noteDamage(files, error);
      return store(null);
    }
  }

  async function defaultImage({ hostId }: TenantFiles): Promise<string | undefined> {
    return hostId === null ? undefined : (await hosts.get(hostId)?.describe())?.image;
  }

  const noteDamage = (files: TenantFiles, { hash }: Damage) =>
    noteDrift(database.db, {
      kind: 'damaged_blob',
      organizationId: files.organizationId,
      tenantId: files.tenantId,
      detail: `Stored content ${hash} of ${files.name}’s newest checkpoint is damaged or missing; its files were stored again.`,
    });

  async function noteFailure(organizationId: string, tenantId: string, error: unknown): Promise<void> {
    if (!(error instanceof CheckpointError) || error.reason !== 'storage_full') return;
    await noteDrift(database.db, {
      kind: 'storage_full',
      organizationId,
      tenantId,
      detail: 'No checkpoint could be taken after a turn: the blob store is full. The next turn or stop tries again.',
    });
  }

  return {
    take,
    takeSoon: (organizationId, tenantId) => soon.ask(keyOf(organizationId, tenantId)),
    resolve: async (organizationId, reference) => {
      const row =
        'checkpointId' in reference
          ? await findCheckpoint(database.db, organizationId, reference.checkpointId)
          : await findCheckpointOf(
              database.db,
              organizationId,
              reference.tenantId,
              reference.at === undefined ? null : new Date(reference.at),
            );
      if (!row) throw noSuchCheckpoint();
      return row;
    },
    newestRoot: (tenantId) => findNewestRoot(database.db, tenantId),
    adopt,
    forget: deleteCheckpointsOf,
    close: async () => {
      await soon.close();
      await Promise.all(last.values());
    },
  };
}

export const noSuchCheckpoint = () =>
  new ClawpoolError('not_found', 'There is no such checkpoint.', '`clawpool backups` lists what can be restored.');

const keyOf = (organizationId: string, tenantId: string) => JSON.stringify([organizationId, tenantId]);

type Damage = DamagedBlobError | MissingBlobError;
const isDamage = (error: unknown): error is Damage =>
  error instanceof DamagedBlobError || error instanceof MissingBlobError;

type Snapshot = Pick<FilesSnapshot, 'root' | 'files' | 'bytes' | 'storedBytes' | 'tookMs' | 'skipped'>;

/** No host has files of it: its newest checkpoint is all there is. */
function newestAsSnapshot({ newest, name }: TenantFiles): Snapshot {
  if (!newest) throw new CheckpointError('checkpoint_missing', `${name} has no files yet: it never ran.`);
  const { root, files, bytes, skipped } = newest;
  return { root, files, bytes, skipped, storedBytes: 0, tookMs: 0 };
}

interface Commit {
  requests: readonly TakeCheckpoint[];
  files: TenantFiles;
  snapshot: Snapshot;
  image: string;
}

/** One row for each backup, and one for all others together where the files changed. */
async function commit(tx: Transaction, { requests, files, snapshot, image }: Commit) {
  if (!(await lockUnlessSuperseded(tx, files))) {
    throw new CheckpointError(
      'superseded',
      `${files.name} was started, restored or deleted while its files were stored; this checkpoint does not count.`,
    );
  }
  const rows = new Map<TakeCheckpoint, CheckpointRow>();
  let newest = files.newest?.root === snapshot.root ? files.newest : null;
  let { storedBytes } = snapshot;
  const insert = async ({ cause, note, pinned }: TakeCheckpoint) => {
    const { organizationId, tenantId, generation, filesEpoch, name: tenantName } = files;
    const fences = { organizationId, tenantId, generation, filesEpoch };
    newest = await insertCheckpoint(tx, {
      ...fences,
      tenantName,
      image,
      ...snapshot,
      storedBytes,
      cause,
      note,
      pinned,
    });
    storedBytes = 0;
    return newest;
  };
  for (const request of requests.filter(({ cause }) => isBackupCause(cause))) {
    const row = await insert(request);
    rows.set(request, row);
    await auditBackup(tx, row, request.actor);
  }
  for (const request of requests) {
    if (!rows.has(request)) rows.set(request, newest ?? (await insert(request)));
  }
  if (newest === null || newest.id === files.newest?.id) return rows;
  await setNewestCheckpoint(tx, files.tenantId, newest);
  await noteOverLimit(tx, files, snapshot.bytes);
  await notify(tx, 'tenant_changed', { organizationId: files.organizationId, tenantId: files.tenantId });
  return rows;
}

async function auditBackup(tx: Transaction, row: CheckpointRow, actor: TakeCheckpoint['actor']): Promise<void> {
  await recordAudit(tx, row.organizationId, {
    actor: actor ?? systemActor,
    action: 'backup.created',
    target: { type: 'tenant', id: row.tenantId, name: row.tenantName },
    outcome: 'allowed',
    detail: { checkpointId: row.id, cause: row.cause, bytes: row.bytes, storedBytes: row.storedBytes },
  });
}

/** Its files are stored all the same: what the agent wrote comes first. Whoever looks after the pool is told once. */
async function noteOverLimit(db: Queryable, files: TenantFiles, bytes: number): Promise<void> {
  if (bytes <= files.diskLimitBytes || (files.diskBytes ?? 0) > files.diskLimitBytes) return;
  const megabytes = (value: number) => Math.ceil(value / 2 ** 20);
  await noteDrift(db, {
    kind: 'storage_full',
    organizationId: files.organizationId,
    tenantId: files.tenantId,
    detail: `The files of ${files.name} take ${megabytes(bytes)} MB; its disk is ${megabytes(files.diskLimitBytes)} MB. Resize it, or ask it to tidy up.`,
  });
}

async function adopt(
  tx: Transaction,
  { organizationId, tenantId, from, cause }: Parameters<CheckpointService['adopt']>[1],
): Promise<CheckpointRow> {
  await keepBlobs(tx);
  // The tenant before its checkpoints, as whoever removes them locks.
  await lockTenant(tx, organizationId, tenantId);
  const files = await findTenantFiles(tx, organizationId, tenantId);
  if (!files || from.organizationId !== organizationId || !(await holdCheckpoint(tx, from))) throw noSuchCheckpoint();
  const { root, bytes, image, skipped } = from;
  const { generation, filesEpoch, name: tenantName } = files;
  const fences = { organizationId, tenantId, generation, filesEpoch };
  const content = { root, files: from.files, bytes, skipped, storedBytes: 0, tookMs: 0, image };
  const row = await insertCheckpoint(tx, { ...fences, tenantName, ...content, cause });
  await setNewestCheckpoint(tx, tenantId, row);
  return row;
}

/** In the words of an operation's failure. What nobody foresaw keeps its cause for the log. */
function toCheckpointError(error: unknown, tenantId: string): CheckpointError {
  if (error instanceof CheckpointError) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (isDamage(error)) return new CheckpointError('checkpoint_damaged', message, { cause: error });
  if (code === 'storage_full' || code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') {
    return new CheckpointError('storage_full', `The files of ${tenantId} could not be stored: the disk is full.`, {
      cause: error,
    });
  }
  if (code === 'unavailable') return new CheckpointError('host_unreachable', message, { cause: error });
  // Folders nested too deep, for example: whoever reads it can do something about it.
  if (error instanceof ClawpoolError) {
    return new CheckpointError('backup_failed', message, { cause: error, hint: error.hint });
  }
  return new CheckpointError('system_error', `The files of ${tenantId} could not be stored.`, { cause: error });
}
