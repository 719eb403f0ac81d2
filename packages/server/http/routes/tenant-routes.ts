import { ClawpoolError, tenantRoutes } from '@clawpool/contracts';
import { listEventsOf, recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { BatchService } from '../../pool/batches/batch-service.ts';
import type { LiveTenants, TenantScope } from '../../pool/live-tenants.ts';
import { listSamples } from '../../pool/sample-store.ts';
import { effectiveValues } from '../../pool/templates/template.ts';
import type { TenantPool } from '../../pool/tenant-service.ts';
import { findTenantByAnyName, type TenantRow } from '../../pool/tenant-store.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface TenantRoutesOptions {
  database: Database;
  pool: TenantPool;
  live: LiveTenants;
  batches: BatchService;
  /** Departments whose people the principal may see; null for all. */
  scopeOf: (principal: Principal) => Promise<readonly string[] | null>;
}

export function registerTenantRoutes(
  app: HttpApp,
  { database, pool, live, batches, scopeOf }: TenantRoutesOptions,
): void {
  const { db } = database;
  const { operations } = pool;
  const tenantScope = async (principal: Principal): Promise<TenantScope> => ({
    organizationId: principal.organizationId,
    departmentIds: await scopeOf(principal),
  });

  /** By id, name or owner. One outside of the principal's scope is as unknown as one that never was. */
  async function find(principal: Principal, name: string): Promise<TenantRow> {
    const tenant = await findTenantByAnyName(db, principal.organizationId, name);
    if (tenant && (await sees(principal, tenant))) return tenant;
    throw new ClawpoolError('not_found', `There is no tenant “${name}”.`, '`clawpool tenants` lists them.');
  }

  async function sees(principal: Principal, { departmentId }: TenantRow): Promise<boolean> {
    const departments = await scopeOf(principal);
    return departments === null || (departmentId !== null && departments.includes(departmentId));
  }

  async function show(id: string) {
    const tenant = await pool.get(id);
    if (!tenant) throw new ClawpoolError('not_found', `There is no tenant “${id}”.`, '`clawpool tenants` lists them.');
    return tenant;
  }

  const asker = ({ userId, name }: Principal) => ({
    requestedBy: name,
    actor: { type: 'person' as const, id: userId, name },
  });
  const isNewReading = createReadings();

  registerRoutes(app, tenantRoutes, {
    listTenants: async ({ principal, query }) => pool.list({ ...(await tenantScope(principal)), ...query }),
    tenantEvents: async ({ principal }, stream) => {
      const stop = live.follow(await tenantScope(principal), (event) => stream.send(event));
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener('abort', stop);
    },
    createTenant: ({ principal, body }) =>
      operations.create({ organizationId: principal.organizationId, body, ...asker(principal) }),
    tenant: async ({ principal, params }) => show((await find(principal, params.tenantId)).id),
    changeTenant: async ({ principal, params, body }) =>
      pool.change(principal, (await find(principal, params.tenantId)).id, body),
    operateTenant: async ({ principal, params, body }) => {
      const { organizationId } = principal;
      const { id } = await find(principal, params.tenantId);
      return operations.request({ organizationId, tenantId: id, request: body, ...asker(principal) });
    },
    listTenantOperations: async ({ principal, params, query }) => {
      const { organizationId, id } = await find(principal, params.tenantId);
      return { operations: await operations.list(organizationId, id, query.limit) };
    },
    tenantTimeline: async ({ principal, params, query }) => {
      const { organizationId, id } = await find(principal, params.tenantId);
      const events = await listEventsOf(db, organizationId, { type: 'tenant', id }, query);
      return { events, next: events.length === query.limit ? (events.at(-1)?.id ?? null) : null };
    },
    operation: async ({ principal, params }) => {
      const operation = await operations.find(principal.organizationId, params.operationId);
      const tenant = operation && (await findTenantByAnyName(db, principal.organizationId, operation.tenantId));
      if (operation && tenant && (await sees(principal, tenant))) return operation;
      throw new ClawpoolError(
        'not_found',
        `There is no operation “${params.operationId}”.`,
        'A tenant’s page lists what was done to it.',
      );
    },
    cancelOperation: async ({ principal, params }) => {
      const { organizationId } = principal;
      const cancelled = await operations.cancel({ organizationId, ...params, actor: asker(principal).actor });
      if (cancelled) return cancelled;
      throw new ClawpoolError(
        'not_found',
        `There is no operation “${params.operationId}”.`,
        'A tenant’s page lists what was done to it.',
      );
    },
    tenantMetrics: async ({ principal, params, query }) => {
      const tenant = await find(principal, params.tenantId);
      const { memoryMegabytes, diskMegabytes } = effectiveValues(tenant);
      return {
        samples: await listSamples(db, tenant, query.hours),
        memoryLimitBytes: memoryMegabytes * 2 ** 20,
        diskLimitBytes: diskMegabytes * 2 ** 20,
      };
    },
    tenantLogs: async ({ principal, params, query }) => {
      const tenant = await find(principal, params.tenantId);
      if (isNewReading(principal.userId, tenant.id, Date.now())) {
        await recordAudit(db, principal.organizationId, {
          actor: asker(principal).actor,
          action: 'tenant.logs_read',
          target: { type: 'tenant', id: tenant.id, name: tenant.name },
          outcome: 'allowed',
          detail: { lines: query.lines },
        });
      }
      return { tenantId: tenant.id, lines: await pool.logs(tenant.id, query.lines) };
    },
    startBatch: ({ principal, body }) => batches.start(principal, body),
    listBatches: async ({ principal }) => ({
      // A batch is of the whole organization's tenants: who sees only some of them sees none.
      batches: (await scopeOf(principal)) === null ? await batches.list(principal.organizationId) : [],
    }),
    batch: async ({ principal, params }) => {
      const seesAll = (await scopeOf(principal)) === null;
      const batch = seesAll ? await batches.find(principal.organizationId, params.batchId) : null;
      if (batch) return batch;
      throw new ClawpoolError('not_found', `There is no batch “${params.batchId}”.`, 'Pool Ops lists them.');
    },
    cancelBatch: ({ principal, params }) => batches.cancel(principal, params.batchId),
  });
}

/** Whoever follows a log asks every few seconds: that is one reading, and one audit event, as long as no pause is longer than this. */
const readingPauseMs = 10 * 60 * 1000;

function createReadings() {
  const last = new Map<string, number>();
  return (userId: string, tenantId: string, at: number): boolean => {
    for (const [key, readAt] of last) if (at - readAt > readingPauseMs) last.delete(key);
    const key = `${userId} ${tenantId}`;
    const isNew = !last.has(key);
    last.set(key, at);
    return isNew;
  };
}
