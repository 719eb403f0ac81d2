import type { LoadTest, NewAuditEvent } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, loadTests, quotas, reservations, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { startPoolWorld } from '../../testing/pool-world.ts';
import type { ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import type { TenantPool } from '../tenant-service.ts';
import { percentilesOf } from './load-test.ts';
import { type LoadTestService, startLoadTests } from './load-test-service.ts';

/** A busy machine takes its time. */
const patience = { timeout: 20_000, interval: 20 };

describe('percentiles', () => {
  test('are values that were measured', () => {
    expect(percentilesOf([3, 1, 2])).toEqual({ p50: 2, p99: 3, max: 3 });
    expect(percentilesOf(Array.from({ length: 200 }, (_, n) => n + 1))).toEqual({ p50: 100, p99: 198, max: 200 });
    expect(percentilesOf([7])).toEqual({ p50: 7, p99: 7, max: 7 });
    expect(percentilesOf([])).toBeNull();
  });
});

describe('a load test', () => {
  const actor: NewAuditEvent['actor'] = { type: 'person', id: 'user-ann', name: 'ann' };
  const wanted = { organizationId: 'org', cpus: 1, memoryMegabytes: 512, actor };
  let database: Database;
  let host: ScriptedHost;
  let pool: TenantPool;
  let service: LoadTestService;
  const closers: (() => Promise<unknown>)[] = [];
  const onError = (error: unknown) => {
    throw error;
  };

  beforeEach(async () => {
    database = await createTestDatabase();
    await insertSmallOrganization(database);
    const world = await startPoolWorld(database);
    ({ host, pool } = world);
    service = startService();
    closers.push(
      () => service.close(),
      () => world.close(),
      () => database.close(),
    );
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  const startService = () => startLoadTests({ database, operations: pool.operations, lookMs: 20, onError });
  const until = (id: string, state: LoadTest['state']): Promise<LoadTest> =>
    vi.waitFor(async () => {
      const found = await service.find('org', id);
      expect(found.state).toBe(state);
      return found;
    }, patience);

  test('makes that many tenants for real, and tells how long requests and starts took', async () => {
    const { id } = await service.start({ ...wanted, count: 12 });
    const found = await until(id, 'finished');
    expect(found).toMatchObject({ count: 12, tier: 'Standard', accepted: 12, running: 12, failed: 0, remaining: 12 });
    expect(found.requestMs?.max).toBeGreaterThanOrEqual(found.requestMs?.p50 ?? Number.NaN);
    expect(found.runningMs?.p50).toBeGreaterThan(0);
    expect(found.allRunningMs).toBeGreaterThan(0);
    expect(host.starts).toHaveLength(12);
    const [one] = await database.db
      .select()
      .from(tenants)
      .where(eq(tenants.name, `lt-${id}-12`));
    expect(one).toMatchObject({ group: 'load-test', state: 'running', memoryMegabytes: 512, employeeId: null });
    const [event] = await database.db
      .select()
      .from(auditEvents)
      .where(eq(auditEvents.action, 'pool.load_test_started'));
    expect(event).toMatchObject({ actorName: 'ann', detail: { count: 12 } });
  });

  test('counts what is refused and what does not start, with the reasons', async () => {
    await database.db.insert(quotas).values({ organizationId: 'org', tenants: 5 });
    let starts = 0;
    host.startWith(async () => {
      starts += 1;
      return starts === 1
        ? { ok: false, reason: 'start_timeout', message: 'too slow', hint: '' }
        : { ok: true, readyMs: 1 };
    });
    const { id } = await service.start({ ...wanted, count: 6 });
    const found = await until(id, 'finished');
    expect(found).toMatchObject({ accepted: 3, running: 2, failed: 4, remaining: 3 });
    expect(found.failures.map(({ reason }) => reason).sort()).toEqual([
      'quota_exceeded',
      'quota_exceeded',
      'quota_exceeded',
      'start_timeout',
    ]);
  });

  test('is cleaned up in one go: no tenant, room or file is left, and other tests keep theirs', async () => {
    const first = await service.start({ ...wanted, count: 4 });
    const second = await service.start({ ...wanted, count: 3 });
    await until(first.id, 'finished');
    await until(second.id, 'finished');
    await service.cleanUp('org', first.id, actor);
    expect(await until(first.id, 'cleaned')).toMatchObject({ remaining: 0, running: 4 });
    expect(await service.find('org', second.id)).toMatchObject({ state: 'finished', remaining: 3 });
    expect(await database.db.select().from(reservations)).toHaveLength(3);
    expect(host.runtimes.size).toBe(3);
    expect((await service.list('org')).map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test('can be cleaned up while its tenants still wait to be started', async () => {
    // A boot that takes for ever ends when its own runtime is stopped.
    const booting = new Map<string, () => void>();
    const { stop } = host;
    host.start = ({ tenantId }) =>
      new Promise((resolve) => {
        booting.set(tenantId, () => resolve({ ok: false, reason: 'exited', message: 'stopped', hint: '' }));
      });
    host.stop = async (tenantId) => {
      await stop(tenantId);
      booting.get(tenantId)?.();
    };
    const { id } = await service.start({ ...wanted, count: 3 });
    await until(id, 'starting');
    await vi.waitFor(() => expect(booting.size).toBe(3), patience);
    await service.cleanUp('org', id, actor);
    const found = await until(id, 'cleaned');
    expect(found.failures.map(({ reason }) => reason)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  test('goes on after a restart, also with its clean-up', async () => {
    const { id } = await service.start({ ...wanted, count: 3 });
    await until(id, 'finished');
    await service.close();
    await database.db.update(loadTests).set({ finishedAt: null, cleanedAt: new Date() });
    service = startService();
    expect(await until(id, 'cleaned')).toMatchObject({ finishedAt: expect.any(String) });
  });

  test('what Clawpool had not asked for when it was killed is not asked for later, and what it had made counts', async () => {
    const { id } = await service.start({ ...wanted, count: 5 });
    await until(id, 'finished');
    await service.close();
    // As if it was killed after two answers were noted and three tenants were made.
    const [row] = await database.db.select().from(loadTests);
    await database.db.update(loadTests).set({ finishedAt: null, requests: row?.requests.slice(0, 2) ?? [], count: 6 });
    service = startService();
    const found = await until(id, 'finished');
    expect(found).toMatchObject({ accepted: 5, running: 5, failed: 1 });
    expect(found.failures).toMatchObject([{ tenant: `lt-${id}-6`, reason: 'cancelled' }]);
  });

  test('what finds no room for a minute counts as failed, and the test ends', async () => {
    await database.pool.query('update hosts set memory_megabytes = 1024');
    const { id } = await service.start({ ...wanted, count: 3 });
    await vi.waitFor(async () => {
      const rows = await database.db.select().from(tenants).where(eq(tenants.group, 'load-test'));
      expect(rows.map(({ state }) => state).sort()).toEqual(['pending', 'running', 'running']);
    }, patience);
    await database.pool.query(`
      update operations set finished_at = finished_at - interval '2 minutes' where finished_at is not null;
      update tenants set state_since = state_since - interval '2 minutes'`);
    const found = await until(id, 'finished');
    expect(found.failures).toMatchObject([{ reason: 'capacity_unavailable' }]);
    expect(found.running).toBe(2);
  });

  test('needs a tier that there is, and one’s own', async () => {
    await expect(service.start({ ...wanted, count: 1, tier: 'none' })).rejects.toMatchObject({ code: 'not_found' });
    const { id } = await service.start({ ...wanted, count: 1 });
    await expect(service.find('two', id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.cleanUp('two', id, actor)).rejects.toMatchObject({ code: 'not_found' });
    await until(id, 'finished');
  });
});
