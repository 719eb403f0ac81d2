import type { Drift, Host, HostDescription, HostedRuntime } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Database, Transaction } from '../../store/database.ts';
import { reservations, tiers } from '../../store/schema/index.ts';
import { needOf } from '../capacity/capacity.ts';
import { findReservation, release } from '../capacity/capacity-store.ts';
import { findOpenOperation } from '../operations/operation-store.ts';
import { effectiveValues } from '../templates/template.ts';
import { runtimeFailureHints, statesWithRuntime } from '../tenant.ts';
import type { TenantPool } from '../tenant-service.ts';
import { findTenant, lockTenant, type TenantColumns, transitionTenant } from '../tenant-store.ts';
import type { WarmSlots } from '../warm-slots/warm-slots.ts';
import { recordDrift } from './drift-store.ts';
import { listRuntimes } from './hosted-runtimes.ts';

export interface ReconcilerOptions {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  slots: Pick<WarmSlots, 'holds'>;
  pool: Pick<TenantPool, 'adopt'>;
}

/** What one host's findings are settled with. */
export interface Settling extends ReconcilerOptions {
  hostId: string;
  host: Host;
  description: HostDescription;
}

interface TenantKey {
  organizationId: string;
  id: string;
}

/** The tenant's runtime is gone and nobody said so. An always-on tenant is started again by its own rule. */
export function settleLost(
  { database, hostId }: Settling,
  lost: TenantKey & { generation: number },
): Promise<Drift | null> {
  return database.db.transaction(async (tx) => {
    const tenant = await lockLeftAlone(tx, lost);
    if (!tenant || tenant.generation !== lost.generation || !isUp(tenant)) return null;
    const moved = await transitionTenant(tx, {
      ...{ organizationId: tenant.organizationId, tenantId: tenant.id, to: 'failed', generation: tenant.generation },
      ...{ reason: 'exited', hint: runtimeFailureHints.exited, detail: { foundBy: 'reconciliation' } },
    });
    if (!moved) return null;
    await release(tx, tenant.id);
    return recordDrift(tx, {
      ...{ kind: 'lost_runtime', organizationId: tenant.organizationId, tenantId: tenant.id, hostId },
      detail: `was ${tenant.state}, and ${hostId} has no runtime of it`,
      action: (await isAlwaysOn(tx, tenant)) ? 'restarted' : 'failed',
    });
  });
}

/**
 * A runtime that does not fit what is known of its tenant. When it is the tenant's newest and only the news of it was lost, the tenant
 * runs; anything else is ended, so that a tenant never runs twice.
 */
export async function settleRuntime(settling: Settling, runtime: HostedRuntime): Promise<Drift | null> {
  const { database, host, hostId, pool } = settling;
  const known = await findTenant(database.db, runtime.id);
  if (!known) {
    await host.stop(runtime.id);
    return recordDrift(database.db, {
      ...{ kind: 'ghost_runtime', tenantId: runtime.id, hostId, action: 'removed' },
      detail: `${hostId} had a runtime of a tenant that does not exist`,
    });
  }
  const drift = await database.db.transaction(async (tx) => {
    const tenant = await lockLeftAlone(tx, known);
    if (!tenant || (isUp(tenant) && tenant.hostId === hostId && tenant.generation === runtime.generation)) return null;
    // With the row locked nothing starts or stops it: what is still there now is a ghost and not on its way out.
    const still = (await listRuntimes(host))?.find(({ id }) => id === runtime.id);
    if (!still || still.generation !== runtime.generation) return null;
    const about = {
      kind: 'ghost_runtime' as const,
      organizationId: tenant.organizationId,
      tenantId: tenant.id,
      hostId,
    };
    const detail = `generation ${runtime.generation} ran on ${hostId}; the tenant was ${tenant.state}, generation ${tenant.generation}`;
    if (isExpected(tenant, still, hostId)) {
      const moved = await transitionTenant(tx, {
        ...{ organizationId: tenant.organizationId, tenantId: tenant.id, generation: tenant.generation },
        ...{ to: 'running', detail: { foundBy: 'reconciliation' } },
      });
      if (moved) {
        await insertReservation(tx, settling, tenant);
        return recordDrift(tx, { ...about, detail, action: 'adopted' });
      }
    }
    // Given up just now: whoever did that ends it. The next comparison sees whether that went well.
    if (tenant.generation === still.generation && Date.now() - tenant.stateSince.getTime() < surelyThereMs) return null;
    await host.stop(tenant.id);
    return recordDrift(tx, { ...about, detail, action: 'removed' });
  });
  if (drift?.action === 'adopted') {
    pool.adopt(runtime.id, { organizationId: known.organizationId, hostId, generation: runtime.generation });
  }
  return drift;
}

/** A runtime that was given up is being ended at first. */
const surelyThereMs = 30_000;

/** Its start was given up or believed to have failed, and then it came. */
function isExpected(tenant: TenantColumns, runtime: HostedRuntime, hostId: string): boolean {
  return (
    tenant.generation === runtime.generation &&
    tenant.hostId === hostId &&
    (tenant.state === 'failed' || tenant.state === 'creating') &&
    Date.now() - tenant.stateSince.getTime() > surelyThereMs &&
    runtime.answers === true
  );
}

/** A slot that nobody keeps: its runtime ends, then its room is free. */
export async function releaseSlot(settling: Settling, slotId: string): Promise<Drift | null> {
  const { database, host, hostId, slots } = settling;
  // It may have been claimed or ended since the host was asked.
  const runs = (await listRuntimes(host))?.some(({ id }) => id === slotId) ?? false;
  const reserved = await findReservation(database.db, slotId);
  if (slots.holds(slotId) || (!runs && !reserved)) return null;
  await host.dropSlot(slotId);
  return database.db.transaction(async (tx) => {
    const wasReserved = await release(tx, slotId);
    const about = { organizationId: reserved?.organizationId ?? null, hostId, detail: `warm slot ${slotId}` };
    return runs
      ? recordDrift(tx, { ...about, kind: 'ghost_runtime', action: 'removed' })
      : wasReserved
        ? recordDrift(tx, { ...about, kind: 'leaked_reservation', action: 'released' })
        : null;
  });
}

/** Room that no tenant needs any more. */
export async function releaseLeaked(
  { database, hostId }: Settling,
  { organizationId, ownerId }: { organizationId: string; ownerId: string },
): Promise<Drift | null> {
  return database.db.transaction(async (tx) => {
    const tenant = await lockTenant(tx, organizationId, ownerId);
    if (tenant) {
      if (await findOpenOperation(tx, organizationId, ownerId)) return null;
      if (statesWithRuntime.includes(tenant.state) && tenant.hostId === hostId) return null;
    }
    const still = await findReservation(tx, ownerId);
    if (still?.hostId !== hostId || !(await release(tx, ownerId))) return null;
    return recordDrift(tx, {
      ...{ kind: 'leaked_reservation', organizationId, tenantId: ownerId, hostId, action: 'released' },
      detail: `${still.memoryMegabytes} MB were held for a tenant that ${tenant ? `is ${tenant.state}` : 'does not exist'}`,
    });
  });
}

/** A runtime that holds room which nobody counted. */
export async function reserveMissing(
  settling: Settling,
  missing: TenantKey & { generation: number },
): Promise<Drift | null> {
  const { database, hostId } = settling;
  return database.db.transaction(async (tx) => {
    const tenant = await lockLeftAlone(tx, missing);
    if (!tenant || tenant.generation !== missing.generation || !isUp(tenant) || tenant.hostId !== hostId) return null;
    const memoryMegabytes = await insertReservation(tx, settling, tenant);
    if (memoryMegabytes === null) return null;
    return recordDrift(tx, {
      ...{ kind: 'missing_reservation', organizationId: tenant.organizationId, tenantId: tenant.id, hostId },
      ...{ detail: `${memoryMegabytes} MB were in use and not in the ledger`, action: 'reserved' },
    });
  });
}

/** Also where there is no room for it: it is in use. Null: there is a row already. */
async function insertReservation(
  tx: Transaction,
  { hostId, description }: Settling,
  { organizationId, id, generation }: TenantColumns,
): Promise<number | null> {
  const tenant = await findTenant(tx, id);
  if (!tenant) return null;
  const values = effectiveValues(tenant);
  const image = values.image ?? description.image;
  const need = needOf(values, description.images.find((one) => one.id === image)?.typicalMemoryMegabytes);
  const rows = await tx
    .insert(reservations)
    .values({ ownerId: id, kind: 'tenant', organizationId, hostId, generation, ...need })
    .onConflictDoNothing()
    .returning({ memoryMegabytes: reservations.memoryMegabytes });
  return rows[0]?.memoryMegabytes ?? null;
}

/** The tenant, locked; null when it is gone or something is being done to it. */
async function lockLeftAlone(tx: Transaction, { organizationId, id }: TenantKey): Promise<TenantColumns | null> {
  const tenant = await lockTenant(tx, organizationId, id);
  return tenant && !(await findOpenOperation(tx, organizationId, id)) ? tenant : null;
}

const isUp = ({ state }: TenantColumns) => state === 'running' || state === 'paused';

async function isAlwaysOn(tx: Transaction, { organizationId, tierId }: TenantColumns): Promise<boolean> {
  const [tier] = await tx
    .select({ alwaysOn: tiers.alwaysOn })
    .from(tiers)
    .where(and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId)));
  return tier?.alwaysOn ?? false;
}
