import type { TenantEvent } from '@clawpool/contracts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import type { TenantPool } from './tenant-service.ts';
import { findTenant } from './tenant-store.ts';

/** How often the memory of running tenants is measured while somebody looks. */
const samplingMs = 5_000;

export interface LiveTenants {
  /** Sends a snapshot of the scope, then every change in it. Resolves with the function that ends it. */
  follow(scope: TenantScope, listener: (event: TenantEvent) => void): Promise<() => void>;
  close(): void;
}

/** `departmentIds` null: the whole organization. */
export interface TenantScope {
  organizationId: string;
  departmentIds: readonly string[] | null;
}

interface Follower {
  scope: TenantScope;
  listener: (event: TenantEvent) => void;
  /** Ids of the last snapshot's tenants that ran: their memory is measured. */
  running: Set<string>;
}

export function createLiveTenants(
  database: Database,
  notifications: NotificationListener,
  pool: TenantPool,
  onError: (error: unknown) => void,
): LiveTenants {
  const followers = new Set<Follower>();
  const stopChanged = notifications.on('tenant_changed', ({ organizationId, tenantId }) => {
    tell(organizationId, tenantId).catch(onError);
  });
  const stopGap = notifications.onGap(() => {
    for (const follower of followers) sendSnapshot(follower).catch(onError);
  });
  const sampler = setInterval(() => {
    for (const follower of followers) if (follower.running.size > 0) sendSnapshot(follower).catch(onError);
  }, samplingMs);
  sampler.unref();

  async function tell(organizationId: string, tenantId: string): Promise<void> {
    const interested = [...followers].filter(({ scope }) => scope.organizationId === organizationId);
    if (interested.length === 0) return;
    const row = await findTenant(database.db, tenantId);
    const tenant = row && (await pool.get(tenantId));
    if (!tenant) return;
    for (const { scope, listener, running } of interested) {
      if (scope.departmentIds !== null && !scope.departmentIds.includes(row.departmentId)) continue;
      if (tenant.state === 'running') running.add(tenantId);
      else running.delete(tenantId);
      listener({ type: 'tenant', tenant });
    }
  }

  async function sendSnapshot(follower: Follower): Promise<void> {
    const tenants = await pool.list(follower.scope.organizationId, follower.scope.departmentIds);
    follower.running = new Set(tenants.filter(({ state }) => state === 'running').map(({ id }) => id));
    follower.listener({ type: 'snapshot', tenants });
  }

  return {
    follow: async (scope, listener) => {
      const follower: Follower = { scope, listener, running: new Set() };
      followers.add(follower);
      try {
        await sendSnapshot(follower);
      } catch (error) {
        followers.delete(follower);
        throw error;
      }
      return () => void followers.delete(follower);
    },
    close: () => {
      clearInterval(sampler);
      stopChanged();
      stopGap();
      followers.clear();
    },
  };
}
