import type { TenantEvent } from '@clawpool/contracts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import type { TenantPool } from './tenant-service.ts';
import { listScopes, type TenantInScope } from './tenant-store.ts';

/** How often the memory of running tenants is measured while somebody looks, and of how many at most. */
const samplingMs = 5_000;
const sampledTenants = 200;

/** Changes that come together, as in a batch, are read together. */
const gatheringMs = 50;

export interface LiveTenants {
  /** Sends `snapshot`, then every change in the scope. Ends with the function it returns. */
  follow(scope: TenantScope, listener: (event: TenantEvent) => void): () => void;
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
}

export function createLiveTenants(
  database: Database,
  notifications: NotificationListener,
  pool: Pick<TenantPool, 'getAll'>,
  onError: (error: unknown) => void,
): LiveTenants {
  const followers = new Set<Follower>();
  let changed = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  let sampling = false;

  const stopChanged = notifications.on('tenant_changed', ({ organizationId, tenantId }) => {
    if (![...followers].some(({ scope }) => scope.organizationId === organizationId)) return;
    changed.add(tenantId);
    gathering ??= setTimeout(() => {
      gathering = undefined;
      const ids = [...changed];
      changed = new Set();
      tell({ ids }).catch(onError);
    }, gatheringMs);
  });
  // What was told while the connection was gone is unknown: whoever follows reads the page again.
  const stopGap = notifications.onGap(() => {
    for (const { listener } of followers) listener({ type: 'snapshot' });
  });
  const sampler = setInterval(() => {
    if (followers.size === 0 || sampling) return;
    sampling = true;
    const organizations = [...new Set([...followers].map(({ scope }) => scope.organizationId))];
    tell({ runningIn: organizations, limit: sampledTenants })
      .catch(onError)
      .finally(() => {
        sampling = false;
      });
  }, samplingMs);
  sampler.unref();

  async function tell(which: Parameters<typeof listScopes>[1]): Promise<void> {
    const scopes = (await listScopes(database.db, which)).filter((tenant) => [...followers].some(sees(tenant)));
    const shown = new Map((await pool.getAll(scopes.map(({ id }) => id))).map((tenant) => [tenant.id, tenant]));
    for (const scope of scopes) {
      const tenant = shown.get(scope.id);
      if (!tenant) continue;
      const event: TenantEvent =
        tenant.state === 'deleted' ? { type: 'gone', tenantId: tenant.id } : { type: 'tenant', tenant };
      for (const follower of followers) if (sees(scope)(follower)) follower.listener(event);
    }
  }

  return {
    follow: (scope, listener) => {
      const follower: Follower = { scope, listener };
      followers.add(follower);
      listener({ type: 'snapshot' });
      return () => void followers.delete(follower);
    },
    close: () => {
      clearInterval(sampler);
      clearTimeout(gathering);
      stopChanged();
      stopGap();
      followers.clear();
    },
  };
}

const sees =
  ({ organizationId, departmentId }: TenantInScope) =>
  ({ scope }: Follower): boolean =>
    scope.organizationId === organizationId &&
    (scope.departmentIds === null || (departmentId !== null && scope.departmentIds.includes(departmentId)));
