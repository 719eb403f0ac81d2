import type {
  Host,
  ModelChoice,
  RuntimeUsage,
  Tenant,
  TurnEvent,
  TurnFailureReason,
  TurnRequest,
  UnexpectedExit,
} from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import { release } from './capacity/capacity-store.ts';
import { registerHosts } from './capacity/hosts-store.ts';
import type { CheckpointService } from './checkpoints/checkpoint-service.ts';
import { createGate } from './operations/gate.ts';
import { createOperationService, type OperationService } from './operations/operation-service.ts';
import { recoverTenants } from './operations/recovery.ts';
import { agentOf, type OperationWorld } from './operations/world.ts';
import { createRuntimes, type RunningRuntime } from './runtimes.ts';
import { createSeenRuntimes } from './seen-runtimes.ts';
import { runtimeFailureHints, startBackoffMs } from './tenant.ts';
import { changeTenant, type TenantChange } from './tenant-change.ts';
import { pageOfTenants, type TenantList, type TenantListQuery } from './tenant-list.ts';
import { findTenant, findTenants, lockTenant, type TenantRow, transitionTenant } from './tenant-store.ts';
import { toTenant } from './tenant-view.ts';
import { wakeTenant } from './wake.ts';
import type { WarmSlots } from './warm-slots/warm-slots.ts';

export type WakeResult =
  | { ok: true; generation: number; woken: boolean }
  | {
      ok: false;
      reason: TurnFailureReason;
      message: string;
      hint: string;
      /** When it is worth another try: by itself, only when something happens to the tenant, or never. */
      again: 'soon' | 'when_it_changes' | 'never';
    };

/** The tenants of the installation, on all its hosts. */
export interface TenantPool {
  /** True when the tenant's gateway answers, as far as this process knows. */
  isRunning(tenantId: string): boolean;
  /**
   * For a message that waits: starts the tenant's runtime unless it runs. Callers for the same tenant share one start. What is being done
   * to the tenant is waited for.
   */
  wake(tenantId: string): Promise<WakeResult>;
  /** Hibernates a tenant in order, as at the end of the process; one that does not run is left alone. */
  stop(tenantId: string): Promise<void>;
  /**
   * One message to a running tenant, on the host that has it. `agentRevision` is what the agent has to be made of at least: a runtime with an
   * older definition is given the newest first. After it the tenant's files are checkpointed, in the background.
   */
  turn(request: TurnRequest, signal: AbortSignal, agentRevision?: number): AsyncIterable<TurnEvent>;
  /** The `agent_revision` of what a running agent was made of last; null: it does not run, or since before this process. */
  configuredRevision(tenantId: string): number | null;
  /** Tenants with a turn that runs in this process now. */
  busyTenants(): ReadonlySet<string>;
  /** Null when it does not run. */
  usage(tenantId: string): Promise<RuntimeUsage | null>;
  /** The last lines of its runtime's output, tenant data. */
  logs(tenantId: string, lines: number): Promise<string[]>;
  list(query: TenantListQuery): Promise<TenantList>;
  get(tenantId: string): Promise<Tenant | null>;
  /** Several at once, in any order; those that are not there are left out. */
  getAll(tenantIds: readonly string[]): Promise<Tenant[]>;
  /** Errors: `not_found`, `conflict`, `invalid_request`. */
  change(principal: Principal, tenantId: string, change: TenantChange): Promise<Tenant>;
  /** A tenant that was believed not to run does, as the database says by now: its messages go there. */
  adopt(tenantId: string, runtime: RunningRuntime): void;
  readonly operations: OperationService;
  /** Warm slots that starts may use; made of the pool's own parts, so they come after it. */
  useSlots(slots: WarmSlots): void;
  /** Begins with the operations that wait, which may be an earlier process's. */
  start(): void;
  /** Refuses new work, gives up what is under way to the next process, hibernates every runtime in order. */
  close(): Promise<void>;
}

export interface TenantPoolOptions {
  database: Database;
  /** By the name each was started with. */
  hosts: ReadonlyMap<string, Host>;
  /** What an agent asks the model gateway for when neither its template nor its tier names a model. */
  model: ModelChoice;
  checkpoints: CheckpointService;
  notifications: NotificationListener;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  /** Told about failures that have no caller. */
  onError: (error: unknown) => void;
}

/** More plain starts at once on a host only make each slower: booting is all CPU, for seconds. */
const startsAtOnce = 4;

/** Agents that are given a changed definition at once, in the background. */
const configuresAtOnce = 4;

/** Runtimes that are put to sleep at once when the process ends. */
const stopsAtOnce = 8;

/** Sets right what an earlier process left; does nothing by itself until `start`. */
export async function createTenantPool(options: TenantPoolOptions): Promise<TenantPool> {
  const { database, hosts, notifications, checkpoints, owner, onError } = options;
  const descriptions = await registerHosts(database.db, hosts);
  const runtimes = createRuntimes();
  await recoverTenants(database, { hosts, runtimes, owner });

  let slots: WarmSlots | null = null;
  const world: OperationWorld = {
    database,
    hosts,
    descriptions,
    model: options.model,
    checkpoints,
    slots: () => slots,
    runtimes,
    starts: createGate(startsAtOnce),
    hibernateNow: async (tenant, requestedBy) =>
      (await operations.doNow({ ...tenant, kind: 'hibernate', requestedBy }))?.end === 'succeeded',
    owner,
    onError,
  };
  const operations = createOperationService(world, notifications, get);
  const seen = createSeenRuntimes(hosts, runtimes, onError);
  const wakes = new Map<string, Promise<WakeResult>>();
  /** Ends of what is being configured, by tenant. */
  const configuring = new Map<string, Promise<void>>();
  const defaultImage = [...descriptions.values()][0]?.image ?? '';
  let closing = false;

  for (const host of hosts.values()) host.onExit((exit) => void recordExit(exit).catch(onError));
  const stopChanged = notifications.on('tenant_changed', ({ tenantId }) => {
    follow(tenantId).catch(onError);
  });
  const stopAgents = notifications.on('agents_changed', ({ organizationId }) => {
    configureChanged(organizationId).catch(onError);
  });
  const stopGap = notifications.onGap(() => {
    for (const id of runtimes.ids()) follow(id).catch(onError);
    const organizationIds = new Set(runtimes.ids().flatMap((id) => runtimes.get(id)?.organizationId ?? []));
    for (const id of organizationIds) configureChanged(id).catch(onError);
  });

  /** What another part of the pool, or another process, did to a tenant that runs here as far as this one knows. */
  async function follow(tenantId: string): Promise<void> {
    const known = runtimes.get(tenantId);
    if (!known) return;
    const row = await findTenant(database.db, tenantId);
    if (row?.state !== 'running' || row.generation !== known.generation) runtimes.ended(tenantId, known.generation);
  }

  function wake(tenantId: string): Promise<WakeResult> {
    const runtime = runtimes.get(tenantId);
    if (runtime) return Promise.resolve({ ok: true, generation: runtime.generation, woken: false });
    const under = wakes.get(tenantId);
    if (under) return under;
    const one = wakeTenant(world, operations, notifications, { tenantId, closing: () => closing }).finally(() =>
      wakes.delete(tenantId),
    );
    wakes.set(tenantId, one);
    return one;
  }

  async function* turn(request: TurnRequest, signal: AbortSignal, agentRevision = 0): AsyncGenerator<TurnEvent, void> {
    if (agentRevision > (runtimes.get(request.tenantId)?.agentRevision ?? 0)) await configure(request.tenantId);
    const runtime = runtimes.get(request.tenantId);
    const host = runtime && hosts.get(runtime.hostId);
    if (!host) {
      yield { type: 'failed', reason: 'exited', message: 'The agent is not running.', retry: true };
      return;
    }
    const over = runtimes.turn(request.tenantId);
    try {
      yield* host.turn(request, signal);
    } finally {
      over();
      checkpoints.takeSoon(runtime.organizationId, request.tenantId);
    }
  }

  async function recordExit({ tenantId, generation, reason, message }: UnexpectedExit): Promise<void> {
    const runtime = runtimes.get(tenantId);
    runtimes.ended(tenantId, generation);
    const known = await findTenant(database.db, tenantId);
    if (!known || known.generation !== generation) return;
    // One that starts says so as the result of its start.
    if (known.state !== 'running' && known.state !== 'paused') return;
    await database.db.transaction(async (tx) => {
      const row = await lockTenant(tx, known.organizationId, tenantId);
      if (!row || row.generation !== generation) return;
      // One that had run for long before is no crash in a row.
      const ranLong = Date.now() - row.stateSince.getTime() > 300_000;
      const failures = ranLong ? 1 : row.startFailures + 1;
      const moved = await transitionTenant(tx, {
        organizationId: row.organizationId,
        tenantId,
        to: 'failed',
        generation,
        reason,
        hint: runtimeFailureHints[reason],
        detail: { message, host: runtime?.hostId },
        set: { startFailures: failures, retryAt: new Date(Date.now() + startBackoffMs(failures)) },
      });
      if (moved) await release(tx, tenantId);
    });
  }

  async function show(rows: readonly TenantRow[]): Promise<Tenant[]> {
    if (rows.some(({ state }) => state === 'running' || state === 'paused')) await seen.refresh();
    const now = new Date();
    return Promise.all(
      rows.map(async (row) =>
        toTenant(row, {
          host: descriptions.get(row.hostId ?? '') ?? [...descriptions.values()][0],
          seen: seen.of(row.id),
          usage: row.state === 'running' ? await seen.usage(row.id) : null,
          now,
        }),
      ),
    );
  }

  async function get(tenantId: string): Promise<Tenant | null> {
    const row = await findTenant(database.db, tenantId);
    return row ? ((await show([row]))[0] ?? null) : null;
  }

  /** What its files say changed: a runtime that runs has it with its next turn. */
  function configure(tenantId: string): Promise<void> {
    // One after the other: of two definitions the newer one is given last.
    const next = (configuring.get(tenantId) ?? Promise.resolve()).then(async () => {
      const runtime = runtimes.get(tenantId);
      const tenant = runtime && (await findTenant(database.db, tenantId));
      if (!tenant || tenant.agentRevision <= (runtime.agentRevision ?? 0)) return;
      await hosts.get(runtime.hostId)?.configure(tenantId, await agentOf(world, tenant));
      runtime.agentRevision = tenant.agentRevision;
    });
    const settled = next.catch(() => {});
    configuring.set(tenantId, settled);
    void settled.then(() => configuring.get(tenantId) === settled && configuring.delete(tenantId));
    return next;
  }

  /** Those of this process whose definition is older than what the database says; a few at once, since turns come first. */
  async function configureChanged(organizationId: string): Promise<void> {
    const ids = runtimes.ids().filter((id) => runtimes.get(id)?.organizationId === organizationId);
    if (ids.length === 0) return;
    const { rows } = await database.db.execute<{ id: string; agent_revision: number }>(
      sql`select id, agent_revision from tenants where id = any(${sql.param(ids)}::text[])`,
    );
    const left = rows.filter((row) => row.agent_revision > (runtimes.get(row.id)?.agentRevision ?? 0));
    await Promise.all(
      Array.from({ length: configuresAtOnce }, async () => {
        for (let row = left.pop(); row && !closing; row = left.pop()) await configure(row.id).catch(onError);
      }),
    );
  }

  async function hibernate(tenantId: string, requestedBy: string): Promise<void> {
    await wakes.get(tenantId);
    const row = await findTenant(database.db, tenantId);
    if (row?.state !== 'running' && row?.state !== 'paused') return;
    await operations.doNow({ organizationId: row.organizationId, tenantId, kind: 'hibernate', requestedBy });
  }

  /** Those that are being worked on are left to their operation, which goes on in the next process. */
  async function hibernateAll(): Promise<void> {
    const { rows } = await database.db.execute<{ id: string }>(sql`
      select id from tenants where state in ('running', 'paused') and host_id = any(${sql.param([...hosts.keys()])}::text[])`);
    const left = rows.map(({ id }) => id);
    await Promise.all(
      Array.from({ length: stopsAtOnce }, async () => {
        for (let id = left.pop(); id !== undefined; id = left.pop()) await hibernate(id, 'shutdown').catch(onError);
      }),
    );
  }

  return {
    isRunning: (tenantId) => runtimes.get(tenantId) !== null,
    wake,
    stop: (tenantId) => hibernate(tenantId, 'shutdown'),
    turn,
    configuredRevision: (tenantId) => runtimes.get(tenantId)?.agentRevision ?? null,
    busyTenants: () => runtimes.busy(),
    usage: async (tenantId) => {
      const runtime = runtimes.get(tenantId);
      return (await (runtime && hosts.get(runtime.hostId)?.usage(tenantId))) ?? null;
    },
    logs: async (tenantId, lines) => {
      const row = await findTenant(database.db, tenantId);
      return (await hosts.get(row?.hostId ?? '')?.logs(tenantId, lines)) ?? [];
    },
    list: async (query) => {
      const { rows, ...page } = await pageOfTenants(database.db, query, defaultImage);
      return { tenants: await show(rows), ...page };
    },
    get,
    getAll: async (tenantIds) => show(await findTenants(database.db, tenantIds)),
    change: async (principal, tenantId, change) => {
      await database.db.transaction((tx) => changeTenant(tx, principal, tenantId, change));
      const tenant = await get(tenantId);
      if (!tenant) throw new Error('a tenant that was just changed is gone');
      return tenant;
    },
    adopt: runtimes.started,
    operations,
    useSlots: (given) => {
      slots = given;
    },
    start: () => operations.start(),
    close: async () => {
      closing = true;
      await operations.stopClaiming();
      await hibernateAll();
      await operations.close();
      stopChanged();
      stopAgents();
      stopGap();
    },
  };
}
