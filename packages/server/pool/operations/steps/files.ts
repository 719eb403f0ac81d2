import { MissingBlobError } from '@clawpool/checkpoints';
import { ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import type { Transaction } from '../../../store/database.ts';
import { tenants } from '../../../store/schema/index.ts';
import { needOf, placeOf } from '../../capacity/capacity.ts';
import { listRooms, release, reserve } from '../../capacity/capacity-store.ts';
import type { CheckpointRow } from '../../checkpoints/checkpoint.ts';
import { effectiveValues } from '../../templates/template.ts';
import { lockTenant, type TenantRow, transitionTenant } from '../../tenant-store.ts';
import { OperationFailure, OperationLost, requestOf } from '../operation.ts';
import { saveProgress } from '../operation-store.ts';
import { ran } from '../plan.ts';
import { checkpointFailure, hostOf, inTransaction, remember, tenantOf, type Work } from '../world.ts';

/**
 * Replaces the tenant's files on its host. The host counts the new ones from the next epoch on, the database from the commit below. A
 * process that dies in between does both again; where nobody goes on with it, `undoFiles` makes what the host has outdated.
 */
export async function restoreFiles(work: Work): Promise<void> {
  const { world, operation } = work;
  const checkpoint = await resolve(work, requestOf(operation, 'restore').from);
  const tenant = await tenantOf(work);
  const hostId = tenant.hostId ?? (await anyHost(work));
  await putNext(work, tenant, hostId, checkpoint.root);
  await inTransaction(work, async (tx) => {
    const newest =
      checkpoint.tenantId === tenant.id
        ? checkpoint
        : await world.checkpoints.adopt(tx, { ...key(work), from: checkpoint, cause: 'clone' });
    await tx
      .update(tenants)
      .set({ filesEpoch: tenant.filesEpoch + 1, checkpointId: newest.id, diskBytes: newest.bytes, hostId })
      .where(eq(tenants.id, tenant.id));
    operation.result.checkpointId = checkpoint.id;
    await saveProgress(tx, operation, operation);
  });
}

/** Of a tenant that is being made: another one's files as they are now. */
export async function copyFiles(work: Work): Promise<void> {
  const { world, operation } = work;
  const { cloneFrom } = operation.progress;
  if (cloneFrom === undefined) return;
  const taken = await world.checkpoints
    .take({ organizationId: operation.organizationId, tenantId: cloneFrom, cause: 'clone' })
    .catch((error: unknown) => {
      const failure = checkpointFailure(error, 'backup_failed');
      // It never ran: a copy of nothing begins with nothing.
      if (failure.reason === 'checkpoint_missing') return null;
      throw failure;
    });
  if (taken) await remember(work, { checkpointId: taken.id });
}

/** The new tenant begins with the checkpoint. One that is not started at once has its files put in place, verified. */
export async function beginWithCheckpoint(work: Work): Promise<void> {
  const { world, operation } = work;
  const { checkpointId } = operation.progress;
  if (checkpointId === undefined) return;
  const from = await resolve(work, { checkpointId });
  await inTransaction(work, async (tx) => {
    const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
    if (!row) throw new OperationLost();
    if (row.checkpointId === null) await world.checkpoints.adopt(tx, { ...key(work), from, cause: 'clone' });
    if (row.state === 'queued')
      await transitionTenant(tx, { ...key(work), to: 'restoring', generation: row.generation });
    operation.result.checkpointId = from.id;
    await saveProgress(tx, operation, operation);
  });
  if (operation.request.kind === 'create' && operation.request.start) return;
  const tenant = await tenantOf(work);
  const hostId = tenant.hostId ?? (await anyHost(work));
  await put(work, tenant, hostId, from.root, tenant.filesEpoch);
  await inTransaction(work, (tx) => tx.update(tenants).set({ hostId }).where(eq(tenants.id, tenant.id)));
}

/** Room on the target before anything is stopped: a migration that cannot succeed costs no interruption. */
export async function lookForRoomOnTarget(work: Work): Promise<void> {
  const { world, operation } = work;
  const { host } = requestOf(operation, 'migrate');
  hostOf(world, host);
  const tenant = await tenantOf(work);
  const source = operation.progress.sourceHost ?? tenant.hostId;
  if (source !== null) await remember(work, { sourceHost: source });
  const room = (await listRooms(world.database.db)).find(({ hostId }) => hostId === host);
  const place = room ? placeOf([room], needOn(work, tenant, host), host) : null;
  if (place === null) {
    throw new OperationFailure(
      'capacity_unavailable',
      `The host ${host} has no room for the tenant, or takes no new ones.`,
    );
  }
}

/** The newest files, on the target; from the commit on they count there and nowhere else. */
export async function moveFiles(work: Work): Promise<void> {
  const { operation } = work;
  const { host } = requestOf(operation, 'migrate');
  const tenant = await tenantOf(work);
  if (tenant.hostId === host) return;
  // After the stop: what OpenClaw wrote while it ended belongs to it.
  const root = hasFiles(tenant) ? (await moved(work)).root : null;
  if (root !== null) await putNext(work, tenant, host, root);
  await inTransaction(work, async (tx) => {
    const room =
      !ran(work) ||
      (await reserve(tx, {
        ...needOn(work, tenant, host),
        ownerId: tenant.id,
        kind: 'tenant',
        organizationId: tenant.organizationId,
        hostId: host,
        generation: tenant.generation,
      }));
    if (!room) throw new OperationFailure('capacity_unavailable', `The host ${host} has no room any more.`);
    await tx
      .update(tenants)
      .set({ hostId: host, filesEpoch: tenant.filesEpoch + 1 })
      .where(eq(tenants.id, tenant.id));
  });
}

/**
 * The host may have taken the new files, or take them later, and counts them from an epoch that the row never came to. Epochs only rise:
 * beyond that one, the next start puts the newest checkpoint in place, which is the one of before.
 */
export async function undoFiles(tx: Transaction, { operation }: Work): Promise<void> {
  const { filesEpoch } = operation.progress;
  const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
  if (filesEpoch === undefined || !row || row.filesEpoch >= filesEpoch) return;
  await tx
    .update(tenants)
    .set({ filesEpoch: filesEpoch + 1 })
    .where(eq(tenants.id, operation.tenantId));
}

/**
 * Back to the source. Epochs only rise, so the next start there restores the checkpoint that was taken for the move. Where its runtime is
 * on the target already, the move is done, whatever becomes of what it left behind.
 */
export async function undoMove(tx: Transaction, work: Work): Promise<void> {
  const { operation } = work;
  const { sourceHost } = operation.progress;
  await undoFiles(tx, work);
  const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
  if (sourceHost === undefined || !row || row.hostId === sourceHost || row.state === 'running') return;
  await release(tx, operation.tenantId);
  await tx
    .update(tenants)
    .set({ hostId: sourceHost, filesEpoch: row.filesEpoch + 1 })
    .where(eq(tenants.id, operation.tenantId));
}

/** What is left on the source is of no use to anybody. */
export async function removeFromSource(work: Work): Promise<void> {
  const { world, operation } = work;
  const { sourceHost } = operation.progress;
  if (sourceHost === undefined || sourceHost === requestOf(operation, 'migrate').host) return;
  const host = world.hosts.get(sourceHost);
  if (!host) return;
  await host.stop(operation.tenantId);
  await host.removeFiles(operation.tenantId).catch(world.onError);
}

/** True when there is something to lose: a tenant that never ran, and was not made of a checkpoint, has no files. */
export const hasFiles = (tenant: TenantRow): boolean =>
  tenant.checkpointId !== null || (tenant.hostId !== null && tenant.generation > 0);

async function moved({ world, operation }: Work): Promise<CheckpointRow> {
  const { organizationId, tenantId } = operation;
  return world.checkpoints.take({ organizationId, tenantId, cause: 'migrate' }).catch((error: unknown) => {
    throw checkpointFailure(error, 'backup_failed');
  });
}

async function resolve({ world, operation }: Work, reference: Parameters<typeof world.checkpoints.resolve>[1]) {
  return world.checkpoints.resolve(operation.organizationId, reference).catch((error: unknown) => {
    throw checkpointFailure(error, 'checkpoint_missing');
  });
}

/** Counted from the next epoch on, which is noted before the host is told. */
async function putNext(work: Work, tenant: TenantRow, hostId: string, root: string): Promise<void> {
  const { progress } = work.operation;
  const epoch = tenant.filesEpoch + 1;
  // A process that ended has told the host already, and nobody knows what became of it.
  const isTold = progress.filesEpoch === epoch;
  try {
    hostOf(work.world, hostId);
    if (!isTold) await remember(work, { filesEpoch: epoch });
    await put(work, tenant, hostId, root, epoch);
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error;
    // Nothing was replaced: the host's files are as they were, and may be newer than any checkpoint.
    if (!isTold && leavesFiles(error)) {
      delete progress.filesEpoch;
      throw error;
    }
    const hint =
      'It is not known whether its files were replaced. It begins with those of its newest checkpoint, which may be older: look at them, then restore again.';
    throw new OperationFailure(error.reason, error.message, hint, { cause: error });
  }
}

/** The host was not told, or refused before it replaced anything. Anything else may be an answer that was lost. */
const leavesFiles = ({ reason, cause }: OperationFailure): boolean =>
  reason === 'checkpoint_damaged' ||
  reason === 'storage_full' ||
  reason === 'host_unreachable' ||
  cause instanceof ClawpoolError;

async function put(work: Work, tenant: TenantRow, hostId: string, root: string, epoch: number): Promise<void> {
  try {
    await hostOf(work.world, hostId).restore({ tenantId: tenant.id, uid: tenant.uid, root, epoch });
  } catch (error) {
    if (error instanceof DamagedBlobError || error instanceof MissingBlobError) {
      const hint = 'Its files stay as they are. Restore another checkpoint.';
      throw new OperationFailure('checkpoint_damaged', error.message, hint, { cause: error });
    }
    if (isStorageFull(error)) {
      throw new OperationFailure('storage_full', 'The host has no space for the files.', undefined, { cause: error });
    }
    throw checkpointFailure(error, 'checkpoint_missing');
  }
}

const isStorageFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'storage_full'].includes((error as { code?: string }).code ?? '');

async function anyHost({ world, operation }: Work): Promise<string> {
  const rooms = await listRooms(world.database.db);
  const connected = rooms.filter(({ hostId }) => world.hosts.has(hostId));
  const place = placeOf(connected, { cpuMillis: 0, memoryMegabytes: 0 }, operation.progress.preferredHost ?? null);
  if (place === null) throw new OperationFailure('host_unreachable', 'No host takes new tenants now.');
  return place;
}

function needOn({ world }: Work, tenant: TenantRow, hostId: string) {
  const values = effectiveValues(tenant);
  const description = world.descriptions.get(hostId);
  const image = values.image ?? description?.image;
  return needOf(values, description?.images.find(({ id }) => id === image)?.typicalMemoryMegabytes);
}

const key = ({ operation }: Work) => ({ organizationId: operation.organizationId, tenantId: operation.tenantId });
