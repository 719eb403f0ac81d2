import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startLoadTests } from '../pool/load-tests/load-test-service.ts';
import { registerPoolMetrics } from '../pool/pool-metrics.ts';
import { recordDrift } from '../pool/upkeep/drift-store.ts';
import { startUpkeep } from '../pool/upkeep/upkeep.ts';
import { startWarmSlots } from '../pool/warm-slots/warm-slots.ts';
import { auditEvents, organizations, tiers } from '../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { type PoolWorld, startPoolWorld } from '../testing/pool-world.ts';
import { registerPoolRoutes } from './routes/pool-routes.ts';

/** A busy machine takes its time. */
const patience = { timeout: 20_000, interval: 20 };

let world: HttpWorld;
let pool: PoolWorld;
let cookie: string;
const closers: (() => Promise<unknown>)[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  world = await startHttpWorld({
    register: async (app, database) => {
      await database.db.insert(tiers).values({
        ...{ organizationId: 'world', id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000 },
        ...{ pids: 128, diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
      });
      pool = await startPoolWorld(database);
      const { hosts } = pool;
      const onError = (error: unknown) => errors.push(error);
      const model = { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 };
      const slots = await startWarmSlots({ database, hosts, model, onError, lookMs: 50, quietMs: 0 });
      const upkeep = startUpkeep({ database, hosts, pool: pool.pool, slots, watchedConversations: () => [], onError });
      const loadTests = startLoadTests({ database, operations: pool.pool.operations, lookMs: 20, onError });
      registerPoolRoutes(app, { database, hosts, slots, upkeep, loadTests });
      registerPoolMetrics(app.metrics, database, slots);
      closers.push(
        () => loadTests.close(),
        () => upkeep.close(),
        () => slots.close(),
        () => pool.close(),
      );
    },
  });
  cookie = await world.signIn(emailOf('operator'));
});
afterAll(async () => {
  for (const close of closers) await close();
  await world.close();
});

interface Body {
  id?: string;
  state?: string;
  reconciledAt?: string | null;
}

async function call(method: string, path: string, body?: unknown, as = cookie) {
  const response = await world.send(method, `/api/v1${path}`, { cookie: as, ...(body === undefined ? {} : { body }) });
  return { status: response.status, body: (await response.json()) as Body };
}

describe('pool operations', () => {
  test('shows hosts with their room, warm slots of every tier, and when the ledger was compared', async () => {
    await vi.waitFor(async () => expect((await call('GET', '/pool')).body.reconciledAt).not.toBeNull(), patience);
    expect((await call('GET', '/pool')).body).toMatchObject({
      hosts: [
        {
          ...{ id: 'local', state: 'active', driver: 'sandbox', isolates: true, tenants: 0 },
          images: [{ id: 'test-image', installed: true, isDefault: true }],
          ...{ cpus: { total: 64, reserved: 0 }, diskMegabytes: { total: 100_000, free: 50_000 } },
        },
      ],
      warmSlots: [{ tier: 'Standard', image: 'test-image', target: 0, minimum: 0, maximum: 4 }],
      drifts: [],
      operations: { queued: 0, running: 0, failedLastHour: 0 },
    });
  });

  test('bounds of warm slots are set and kept', async () => {
    const set = await call('PUT', '/pool/warm-slots/Standard', { minimum: 1, maximum: 2 });
    expect(set).toMatchObject({ status: 200, body: { tier: 'Standard', target: 1, minimum: 1, maximum: 2 } });
    await vi.waitFor(async () => {
      expect((await call('GET', '/pool')).body).toMatchObject({ hosts: [{ warmSlots: 1 }], warmSlots: [{ ready: 1 }] });
    }, patience);
    expect((await call('PUT', '/pool/warm-slots/Standard', { minimum: 3, maximum: 2 })).status).toBe(400);
    expect((await call('PUT', '/pool/warm-slots/none', { minimum: 0, maximum: 2 })).status).toBe(404);
  });

  test('a comparison that is asked for tells what it found, and another organization’s drifts are not shown', async () => {
    await world.database.db.insert(organizations).values({ id: 'elsewhere', name: 'Elsewhere' });
    await recordDrift(world.database.db, {
      ...{ kind: 'lost_runtime', organizationId: 'elsewhere', tenantId: 'theirs', detail: 'theirs', action: 'failed' },
    });
    pool.host.runtimes.set('stranger', {
      ...{ id: 'stranger', kind: 'tenant', generation: 1, image: 'test-image', state: 'running', answers: true },
      ...{ startedAt: new Date(), address: 'unix:/run/in.sock', port: 1 },
    });
    const { body } = await call('POST', '/pool/reconciliation');
    expect(body).toMatchObject({ drifts: [{ kind: 'ghost_runtime', tenantId: 'stranger', action: 'removed' }] });
    expect(JSON.stringify((await call('GET', '/pool')).body)).not.toContain('theirs');
    const audited = await world.database.db.select().from(auditEvents).where(eq(auditEvents.action, 'pool.reconciled'));
    expect(audited).toMatchObject([{ actorName: 'The operator' }]);
  });

  test('quotas are set, shown with what is used, and audited', async () => {
    const limits = {
      ...{ tenants: 10, runningTenants: null, cpusPerTenant: 2.5, memoryMegabytesPerTenant: null },
      ...{ diskMegabytesPerTenant: null, totalCpus: null, totalMemoryMegabytes: 65_536, totalDiskMegabytes: null },
    };
    expect(await call('PUT', '/quotas', limits)).toMatchObject({ status: 200, body: limits });
    const auditor = await world.signIn(emailOf('auditor'));
    expect((await call('GET', '/quotas', undefined, auditor)).body).toMatchObject({
      ...{ quotas: limits, used: { tenants: 0, runningTenants: 0 } },
    });
    const [event] = await world.database.db
      .select()
      .from(auditEvents)
      .where(eq(auditEvents.action, 'pool.quotas_changed'));
    expect(event).toMatchObject({ detail: { before: { tenants: null }, after: { tenants: 10 } } });
  });

  test('a load test is started, watched and cleaned up', async () => {
    const started = await call('POST', '/load-tests', { count: 2 });
    expect(started).toMatchObject({ status: 202, body: { count: 2, tier: 'Standard' } });
    const path = `/load-tests/${started.body.id}`;
    await vi.waitFor(
      async () => expect((await call('GET', path)).body).toMatchObject({ state: 'finished', running: 2 }),
      patience,
    );
    expect((await call('DELETE', `${path}/tenants`)).status).toBe(202);
    await vi.waitFor(async () => expect((await call('GET', path)).body.state).toBe('cleaned'), patience);
    expect((await call('GET', '/load-tests')).body).toMatchObject({ loadTests: [{ remaining: 0 }] });
    expect((await call('GET', '/load-tests/none')).status).toBe(404);
    expect((await call('POST', '/load-tests', { count: 501 })).status).toBe(400);
  });

  test('Prometheus reads room, warm slots, operations with how they came about, and drifts', async () => {
    // An end is counted two seconds after it, when it surely is visible.
    const metrics = await vi.waitFor(async () => {
      const text = await world.app.metrics.metrics();
      expect(text).toMatch(
        /clawpool_operation_duration_seconds_count\{kind="create",state="succeeded",started_by="(start|warm-slot)"\} \d/,
      );
      return text;
    }, patience);
    expect(metrics).toContain('clawpool_capacity_total{host="local",resource="cpus"} 64');
    expect(metrics).toMatch(/clawpool_capacity_reserved\{host="local",resource="memory_megabytes"\} \d+/);
    expect(metrics).toContain(
      'clawpool_warm_slots{organization="world",tier="Standard",image="test-image",state="target"} 1',
    );
    expect(metrics).toMatch(/clawpool_warm_slot_takes\{.*ready="(yes|no)"\} \d/);
    expect(metrics).toContain('clawpool_drifts_last_day{kind="ghost_runtime",action="removed"} 1');
    expect(errors).toEqual([]);
  });
});
