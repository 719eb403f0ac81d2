import type {
  AgentDefinition,
  Host,
  HostDescription,
  ModelChoice,
  RuntimeFailureReason,
  RuntimeUsage,
  Tenant,
  UnexpectedExit,
} from '@clawpool/contracts';
import { loadAgentDefinition } from '../organization/agent-definition.ts';
import type { Database } from '../store/database.ts';
import { runtimeFailureHints } from './tenant.ts';
import { findTenant, listTenants, listTenantsWithRuntime, type TenantRow, transitionTenant } from './tenant-store.ts';

export type WakeResult =
  | { ok: true; generation: number; woken: boolean }
  | { ok: false; reason: RuntimeFailureReason; message: string; hint: string };

export interface TenantPool {
  /** True when the tenant's gateway answers, as far as this process knows. */
  isRunning(tenantId: string): boolean;
  /** Starts the tenant's runtime unless it runs. Callers for the same tenant share one start. */
  wake(tenantId: string): Promise<WakeResult>;
  /** Hibernates a tenant in order; one that does not run is no error. */
  stop(tenantId: string): Promise<void>;
  /** The tenants of an organization (or of some departments) as the API shows them, with their memory now. */
  list(organizationId: string, departmentIds: readonly string[] | null): Promise<Tenant[]>;
  get(tenantId: string): Promise<Tenant | null>;
  /** Stops every runtime in order. */
  close(): Promise<void>;
}

export interface TenantPoolOptions {
  database: Database;
  host: Host;
  /** What an agent asks the model gateway for when its tier names no model. */
  model: ModelChoice;
  /** Told about failures that have no caller. */
  onError: (error: unknown) => void;
}

/** The tenant side of the pool on one host. Nothing runs yet when it is made: states left by an earlier process are set right. */
export async function createTenantPool({ database, host, model, onError }: TenantPoolOptions): Promise<TenantPool> {
  const description = await host.describe();
  /** Generation of every runtime whose gateway answers. */
  const running = new Map<string, number>();
  const starts = new Map<string, Promise<WakeResult>>();
  let closing = false;

  for (const left of await listTenantsWithRuntime(database.db)) {
    await database.db.transaction((tx) =>
      transitionTenant(tx, {
        ...key(left),
        to: 'hibernated',
        generation: left.generation,
        detail: { cause: 'restart' },
      }),
    );
  }
  host.onExit((exit) => void recordExit(exit).catch(onError));

  function wake(tenantId: string): Promise<WakeResult> {
    const generation = running.get(tenantId);
    if (generation !== undefined) return Promise.resolve({ ok: true, generation, woken: false });
    const under = starts.get(tenantId);
    if (under) return under;
    const start = startTenant(tenantId).finally(() => starts.delete(tenantId));
    starts.set(tenantId, start);
    return start;
  }

  async function startTenant(tenantId: string): Promise<WakeResult> {
    if (closing)
      return failure('exited', 'Clawpool is stopping.', 'The message is kept and answered after the next start.');
    const tenant = await findTenant(database.db, tenantId);
    if (!tenant) return failure('configuration_invalid', `There is no tenant ${tenantId}.`);
    const agent = await loadAgentDefinition(database.db, tenant.organizationId, tenant.id, choiceFor(tenant, model));
    const claimed = await database.db.transaction((tx) =>
      transitionTenant(tx, { ...key(tenant), to: 'creating', generation: tenant.generation }),
    );
    if (!claimed) return failure('exited', 'The agent is being started or stopped by somebody else.');
    return runStart(tenant, agent, claimed.generation);
  }

  async function runStart(tenant: TenantRow, agent: AgentDefinition, generation: number): Promise<WakeResult> {
    const started = await host
      .start({
        organizationId: tenant.organizationId,
        tenantId: tenant.id,
        generation,
        uid: tenant.uid,
        limits: { memoryBytes: tenant.memoryMegabytes * 2 ** 20, pids: tenant.pids, cpus: tenant.cpuMillis / 1000 },
        agent,
      })
      .catch((error: unknown) => {
        onError(error);
        return failure('exited', 'The host could not start the agent.');
      });
    if (started.ok) running.set(tenant.id, generation);
    await database.db.transaction((tx) =>
      transitionTenant(tx, {
        ...key(tenant),
        generation,
        ...(started.ok
          ? { to: 'running', detail: { readyMs: started.readyMs } }
          : { to: 'failed', reason: started.reason, hint: started.hint, detail: { message: started.message } }),
      }),
    );
    return started.ok ? { ok: true, generation, woken: true } : started;
  }

  async function recordExit(exit: UnexpectedExit): Promise<void> {
    if (running.get(exit.tenantId) !== exit.generation) return;
    running.delete(exit.tenantId);
    const tenant = await findTenant(database.db, exit.tenantId);
    if (!tenant) return;
    await database.db.transaction((tx) =>
      transitionTenant(tx, {
        ...key(tenant),
        to: 'failed',
        generation: exit.generation,
        reason: exit.reason,
        hint: runtimeFailureHints[exit.reason],
        detail: { message: exit.message },
      }),
    );
  }

  async function stop(tenantId: string): Promise<void> {
    await starts.get(tenantId);
    const generation = running.get(tenantId);
    if (generation === undefined) return;
    running.delete(tenantId);
    const tenant = await findTenant(database.db, tenantId);
    if (!tenant) return;
    await database.db.transaction((tx) => transitionTenant(tx, { ...key(tenant), to: 'stopping', generation }));
    await host.stop(tenantId);
    await database.db.transaction((tx) => transitionTenant(tx, { ...key(tenant), to: 'hibernated', generation }));
  }

  async function show(row: TenantRow): Promise<Tenant> {
    return toTenant(row, description, running.has(row.id) ? await host.usage(row.id) : null);
  }

  return {
    isRunning: (tenantId) => running.has(tenantId),
    wake,
    stop,
    list: async (organizationId, departmentIds) =>
      Promise.all((await listTenants(database.db, organizationId, departmentIds)).map(show)),
    get: async (tenantId) => {
      const row = await findTenant(database.db, tenantId);
      return row && show(row);
    },
    close: async () => {
      closing = true;
      await Promise.allSettled(starts.values());
      await Promise.all([...running.keys()].map(stop));
    },
  };
}

const key = (tenant: { organizationId: string; id: string }) => ({
  organizationId: tenant.organizationId,
  tenantId: tenant.id,
});

function failure(reason: RuntimeFailureReason, message: string, hint = runtimeFailureHints[reason]) {
  return { ok: false as const, reason, message, hint };
}

const choiceFor = (tenant: TenantRow, model: ModelChoice): ModelChoice =>
  tenant.tierModel === null ? model : { ...model, id: tenant.tierModel };

function toTenant(row: TenantRow, host: HostDescription, usage: RuntimeUsage | null): Tenant {
  return {
    id: row.id,
    name: row.name,
    owner: { employeeId: row.employeeId, name: row.ownerName, position: row.position, department: row.department },
    tier: row.tier,
    driver: row.tierDriver ?? host.driver,
    image: row.tierImage ?? host.image,
    state: row.state,
    stateSince: row.stateSince.toISOString(),
    reason: row.reason as Tenant['reason'],
    hint: row.hint,
    memoryBytes: usage?.memoryBytes ?? null,
    memoryLimitBytes: row.memoryMegabytes * 2 ** 20,
    cpus: row.cpuMillis / 1000,
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
  };
}
