import type { Host } from '@clawpool/contracts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { reservations, tenants } from '../../store/schema/index.ts';
import { release, releaseAll } from '../capacity/capacity-store.ts';
import type { Runtimes } from '../runtimes.ts';
import { lockTenant, transitionTenant } from '../tenant-store.ts';
import { releaseOperationsOfTheDead } from './operation-store.ts';

/**
 * At the start of a process: what the one before it left. Its runtimes died with it, so what counts as having one has none and sleeps;
 * what an operation was doing to a tenant goes on, with what the operation's row says. What does run on a host that outlived the
 * process, with the generation the database knows, is taken over.
 */
export async function recoverTenants(
  { db }: Database,
  { hosts, runtimes, owner }: { hosts: ReadonlyMap<string, Host>; runtimes: Runtimes; owner: string },
): Promise<void> {
  await releaseOperationsOfTheDead(db, owner);
  const alive = new Map<string, { hostId: string; generation: number; paused: boolean }>();
  for (const [hostId, host] of hosts) {
    for (const { id, kind, generation, state } of await host.list()) {
      if (kind === 'tenant') alive.set(id, { hostId, generation, paused: state === 'paused' });
    }
  }
  const rows = await db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      state: tenants.state,
      generation: tenants.generation,
      hostId: tenants.hostId,
      open: sql<boolean>`exists (select from operations o where o.organization_id = ${tenants.organizationId}
        and o.tenant_id = ${tenants.id} and o.finished_at is null)`,
    })
    .from(tenants)
    .where(inArray(tenants.state, ['running', 'paused', 'creating']));
  for (const tenant of rows) {
    const runtime = alive.get(tenant.id);
    const known = runtime?.generation === tenant.generation && runtime.hostId === tenant.hostId;
    if (known && tenant.state === 'running')
      runtimes.started(tenant.id, { organizationId: tenant.organizationId, ...runtime });
    if (known && tenant.state !== 'creating') continue;
    // A start that is under way begins anew with its operation, and keeps its place in the ledger until then.
    if (tenant.state === 'creating' && tenant.open) continue;
    await db.transaction(async (tx) => {
      const { organizationId, id: tenantId, generation } = tenant;
      const row = await lockTenant(tx, organizationId, tenantId);
      if (row?.state !== tenant.state || row.generation !== generation) return;
      await transitionTenant(tx, {
        organizationId,
        tenantId,
        to: 'hibernated',
        generation,
        detail: { cause: 'restart' },
      });
      await release(tx, tenantId);
    });
  }
  await releaseWhatNobodyHolds({ db }, alive);
}

/** Warm slots of an earlier process, and tenants that have no runtime and get none. */
async function releaseWhatNobodyHolds(
  { db }: Pick<Database, 'db'>,
  alive: ReadonlyMap<string, unknown>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const held = await tx
      .select({ ownerId: reservations.ownerId, kind: reservations.kind, state: tenants.state })
      .from(reservations)
      .leftJoin(
        tenants,
        and(eq(tenants.organizationId, reservations.organizationId), eq(tenants.id, reservations.ownerId)),
      )
      .for('update', { of: reservations });
    const gone = held.filter(({ ownerId, kind, state }) =>
      kind === 'slot'
        ? !alive.has(ownerId)
        : !(state === 'running' || state === 'paused' || state === 'creating' || state === 'migrating'),
    );
    await releaseAll(
      tx,
      gone.map(({ ownerId }) => ownerId),
    );
  });
}
