import { randomUUID } from 'node:crypto';
import type { CheckpointCause, FilesSnapshot } from '@clawpool/contracts';
import { and, desc, eq, gt, lte, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { checkpoints, configTemplates, drifts, tenants, tiers } from '../../store/schema/index.ts';
import { type NewDrift, recordDrift } from '../upkeep/drift-store.ts';
import { type CheckpointRow, isBackupCause } from './checkpoint.ts';

/** What has to be known of a tenant to take a checkpoint of it. */
export interface TenantFiles {
  organizationId: string;
  tenantId: string;
  name: string;
  deleted: boolean;
  generation: number;
  filesEpoch: number;
  hostId: string | null;
  /** Null: the host's default. */
  image: string | null;
  diskBytes: number | null;
  diskLimitBytes: number;
  newest: CheckpointRow | null;
}

export async function findTenantFiles(
  db: Queryable,
  organizationId: string,
  tenantId: string,
): Promise<TenantFiles | null> {
  const [found] = await db
    .select({
      tenant: tenants,
      tierImage: tiers.image,
      tierDiskMegabytes: tiers.diskMegabytes,
      template: configTemplates.content,
      newest: checkpoints,
    })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(
      checkpoints,
      and(eq(checkpoints.organizationId, tenants.organizationId), eq(checkpoints.id, tenants.checkpointId)),
    )
    .leftJoin(
      configTemplates,
      and(
        eq(configTemplates.organizationId, tenants.organizationId),
        eq(configTemplates.name, tenants.configTemplate),
        sql`not exists (select from ${configTemplates} as newer where newer.organization_id = ${configTemplates.organizationId}
          and newer.name = ${configTemplates.name} and newer.version > ${configTemplates.version})`,
      ),
    )
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  if (!found) return null;
  const { tenant, template } = found;
  const diskMegabytes = tenant.diskMegabytes ?? template?.diskMegabytes ?? found.tierDiskMegabytes;
  return {
    organizationId,
    tenantId,
    name: tenant.name,
    deleted: tenant.state === 'deleted',
    generation: tenant.generation,
    filesEpoch: tenant.filesEpoch,
    hostId: tenant.hostId,
    image: tenant.image ?? template?.image ?? found.tierImage,
    diskBytes: tenant.diskBytes,
    diskLimitBytes: diskMegabytes * 2 ** 20,
    newest: found.newest,
  };
}

/** Locks the tenant until the transaction ends. False: it was started, restored or deleted since `files` was read. */
export async function lockUnlessSuperseded(tx: Transaction, files: TenantFiles): Promise<boolean> {
  const [now] = await tx
    .select({ generation: tenants.generation, filesEpoch: tenants.filesEpoch, state: tenants.state })
    .from(tenants)
    .where(and(eq(tenants.organizationId, files.organizationId), eq(tenants.id, files.tenantId)))
    .for('update');
  return (
    now !== undefined &&
    now.state !== 'deleted' &&
    now.generation === files.generation &&
    now.filesEpoch === files.filesEpoch
  );
}

export type NewCheckpoint = Pick<TenantFiles, 'organizationId' | 'tenantId' | 'generation' | 'filesEpoch'> &
  Pick<FilesSnapshot, 'root' | 'files' | 'bytes' | 'storedBytes' | 'tookMs'> & {
    /** None, unless it is said. */
    skipped?: number;
    tenantName: string;
    cause: CheckpointCause;
    note?: string | undefined;
    pinned?: boolean | undefined;
    image: string;
  };

/** The caller holds the blobs' lock (`blob-lock.ts`) since before the content was stored. */
export async function insertCheckpoint(tx: Transaction, checkpoint: NewCheckpoint): Promise<CheckpointRow> {
  const [row] = await tx
    .insert(checkpoints)
    .values({
      organizationId: checkpoint.organizationId,
      id: randomUUID(),
      tenantId: checkpoint.tenantId,
      tenantName: checkpoint.tenantName,
      generation: checkpoint.generation,
      filesEpoch: checkpoint.filesEpoch,
      cause: checkpoint.cause,
      backup: isBackupCause(checkpoint.cause),
      pinned: checkpoint.pinned ?? false,
      note: checkpoint.note ?? '',
      image: checkpoint.image,
      root: checkpoint.root,
      files: checkpoint.files,
      bytes: checkpoint.bytes,
      storedBytes: checkpoint.storedBytes,
      skipped: checkpoint.skipped ?? 0,
      tookMs: Math.round(checkpoint.tookMs),
      // When it is inserted, not when the transaction began: two of one transaction have an order.
      createdAt: sql`clock_timestamp()`,
    })
    .returning();
  if (!row) throw new Error('an insert returns its row');
  return row;
}

/** From now on the tenant begins with it. */
export async function setNewestCheckpoint(tx: Transaction, tenantId: string, row: CheckpointRow): Promise<void> {
  await tx
    .update(tenants)
    .set({ checkpointId: row.id, diskBytes: row.bytes })
    .where(and(eq(tenants.organizationId, row.organizationId), eq(tenants.id, tenantId)));
}

export async function findCheckpoint(
  db: Queryable,
  organizationId: string,
  checkpointId: string,
): Promise<CheckpointRow | null> {
  const [row] = await db
    .select()
    .from(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.id, checkpointId)));
  return row ?? null;
}

/** The newest of a tenant, at or before a time where one is given; the tenant may be gone. */
export async function findCheckpointOf(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  at: Date | null,
): Promise<CheckpointRow | null> {
  const [row] = await db
    .select()
    .from(checkpoints)
    .where(
      and(
        eq(checkpoints.organizationId, organizationId),
        eq(checkpoints.tenantId, tenantId),
        at === null ? undefined : lte(checkpoints.createdAt, at),
      ),
    )
    .orderBy(desc(checkpoints.createdAt), desc(checkpoints.id))
    .limit(1);
  return row ?? null;
}

export async function findNewestRoot(db: Queryable, tenantId: string): Promise<string | null> {
  const [row] = await db
    .select({ root: checkpoints.root })
    .from(tenants)
    .innerJoin(
      checkpoints,
      and(eq(checkpoints.organizationId, tenants.organizationId), eq(checkpoints.id, tenants.checkpointId)),
    )
    .where(eq(tenants.id, tenantId));
  return row?.root ?? null;
}

/** Keeps a checkpoint from being removed until the transaction ends. False: it is gone already. */
export async function holdCheckpoint(tx: Transaction, { organizationId, id }: CheckpointRow): Promise<boolean> {
  const rows = await tx
    .select({ id: checkpoints.id })
    .from(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.id, id)))
    .for('key share');
  return rows.length === 1;
}

/** Also takes it from the tenant, which begins with nothing then. */
export async function deleteCheckpointsOf(tx: Transaction, organizationId: string, tenantId: string): Promise<void> {
  await tx
    .update(tenants)
    .set({ checkpointId: null })
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  await tx
    .delete(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.tenantId, tenantId)));
}

/** Once an hour for the same thing: what is found at every turn is not news. */
export async function noteDrift(db: Queryable, drift: Omit<NewDrift, 'action'>): Promise<void> {
  const [lately] = await db
    .select({ id: drifts.id })
    .from(drifts)
    .where(
      and(
        eq(drifts.kind, drift.kind),
        eq(drifts.organizationId, drift.organizationId ?? ''),
        eq(drifts.tenantId, drift.tenantId ?? ''),
        eq(drifts.detail, drift.detail),
        gt(drifts.at, sql`now() - interval '1 hour'`),
      ),
    )
    .limit(1);
  if (!lately) await recordDrift(db, { ...drift, action: 'noted' });
}

/** Was something in the blob store found to be damaged after the newest checkpoint? It may refer to that, and so must the next one not. */
export async function isDoubtful(db: Queryable, { organizationId, tenantId, newest }: TenantFiles): Promise<boolean> {
  if (!newest) return false;
  const [found] = await db
    .select({ id: drifts.id })
    .from(drifts)
    .where(
      and(
        eq(drifts.kind, 'damaged_blob'),
        eq(drifts.organizationId, organizationId),
        eq(drifts.tenantId, tenantId),
        gt(drifts.at, newest.createdAt),
      ),
    )
    .limit(1);
  return found !== undefined;
}
