import { type OperationRequest, operationKind, type TenantState, tenantState } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, batches, configTemplates, operations, tenants } from '../../store/schema/index.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { signedIn } from '../../testing/turn-context.ts';
import { unlimited } from '../quotas/quota.ts';
import { saveQuotas } from '../quotas/quota-store.ts';
import { operationsIn } from '../tenant.ts';
import { deadlineSeconds } from './operation.ts';
import { insertOperation, type NewOperation, nextOperationAt } from './operation-store.ts';

let database: Database;
let world: PoolWorld;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database, new Map(['local', 'other'].map((id) => [id, createScriptedHost()])));
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const body = {
  ...{ name: 'new', tags: {}, skills: [], skillGroups: [], ttlHours: null, onExpiry: 'stop' as const, timetable: null },
  start: true,
};
const olga = { type: 'person' as const, id: 'olga', name: 'Olga' };
const create = (more: object = {}) =>
  world.pool.operations.create({ organizationId: 'org', body: { ...body, ...more }, requestedBy: 'Olga', actor: olga });
const ask = (tenantId: string, request: OperationRequest) =>
  world.pool.operations.request({ organizationId: 'org', tenantId, request, requestedBy: 'Olga', actor: olga });
const limit = (limits: object) => database.db.transaction((tx) => saveQuotas(tx, 'org', { ...unlimited, ...limits }));
const stopAllStarts = () => {
  for (const host of world.hosts.values()) host.startWith(() => new Promise(() => {}));
};

describe('what a state forbids', () => {
  const requests: Record<string, OperationRequest> = {
    rebuild: { kind: 'rebuild' },
    resize: { kind: 'resize', cpus: 2 },
    backup: { kind: 'backup', note: '', pinned: false },
    restore: { kind: 'restore', from: { checkpointId: 'x' } },
    clone: { kind: 'clone', name: 'twin', start: false },
    migrate: { kind: 'migrate', host: 'other' },
    delete: { kind: 'delete', keepData: true, skipBackup: true },
  };
  test('is refused with a conflict that says what to do, for every state and kind', async () => {
    await world.pool.close();
    for (const state of tenantState.options) {
      const deletedAt = state === 'deleted' ? new Date() : null;
      await database.db
        .update(tenants)
        .set({ state: state as TenantState, deletedAt })
        .where(eq(tenants.id, 'ann'));
      for (const kind of operationKind.options) {
        if (kind === 'create' || kind === 'restore' || operationsIn[state].includes(kind)) continue;
        const asked = ask('ann', requests[kind] ?? ({ kind } as OperationRequest));
        const code = state === 'deleted' ? 'not_found' : 'conflict';
        await expect(asked, `${kind} of ${state}`).rejects.toMatchObject({ code, hint: expect.any(String) });
      }
    }
  });
});

test('two requests at once make one operation; the other is told which one is under way', async () => {
  stopAllStarts();
  const results = await Promise.allSettled([ask('ann', { kind: 'start' }), ask('ann', { kind: 'start' })]);
  const [refused] = results.filter((result) => result.status === 'rejected');
  const [made] = results.filter((result) => result.status === 'fulfilled');
  expect(refused?.reason).toMatchObject({ code: 'conflict', hint: expect.stringContaining(made?.value.id ?? '?') });
  expect(await database.db.select().from(operations)).toHaveLength(1);
});

test('the same client token is answered with the same operation, also at once and after its end', async () => {
  const request = { kind: 'start', clientToken: 'my-token' } as const;
  const both = await Promise.all([ask('ann', request), ask('ann', request)]);
  expect(both[0]?.id).toBe(both[1]?.id);
  await world.over(both[0]?.id ?? '');
  expect((await ask('ann', request)).id).toBe(both[0]?.id);
  expect([...world.hosts.values()].flatMap((host) => host.starts)).toEqual(['ann']);
  await expect(ask('ben', request)).rejects.toMatchObject({ code: 'conflict', hint: expect.any(String) });
  await expect(ask('ann', { kind: 'stop', clientToken: 'my-token' })).rejects.toMatchObject({ code: 'conflict' });
});

test('a create with the same token at once makes one tenant; with another name it is refused', async () => {
  const made = await Promise.all([1, 2, 3].map(() => create({ clientToken: 'once' })));
  expect(new Set(made.map(({ tenant }) => tenant.id)).size).toBe(1);
  await expect(create({ clientToken: 'once', name: 'else' })).rejects.toMatchObject({ code: 'conflict' });
  await expect(create({ name: 'new' })).rejects.toMatchObject({ code: 'conflict', hint: 'Choose another name.' });
});

test('two creates of one name at once: one is made', async () => {
  const results = await Promise.allSettled([create(), create()]);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
});

test('a request is an audit event of the person who asked, in the same transaction', async () => {
  await ask('ann', { kind: 'start' });
  await create();
  const events = await database.db.select().from(auditEvents).where(eq(auditEvents.actorId, 'olga'));
  expect(events.map(({ action, targetId }) => [action, targetId])).toContainEqual(['tenant.start_requested', 'ann']);
  expect(events.map(({ action }) => action)).toContain('tenant.created');
});

test.each([
  [{ tier: 'nonsense' }, 'invalid_request'],
  [{ employeeId: 'nobody' }, 'invalid_request'],
  [{ employeeId: 'ann' }, 'conflict'],
  [{ image: 'nonsense' }, 'invalid_request'],
  [{ preferredHost: 'nonsense' }, 'invalid_request'],
  [{ configTemplate: 'nonsense' }, 'not_found'],
  [{ skills: ['nonsense'] }, 'invalid_request'],
  [{ skillGroups: ['nonsense'] }, 'invalid_request'],
  [{ cloneFrom: 'nonsense' }, 'not_found'],
  [{ restoreFrom: { checkpointId: 'nonsense' } }, 'not_found'],
] as const)('a create with %j is refused as %s and leaves nothing behind', async (wrong, code) => {
  await expect(create(wrong)).rejects.toMatchObject({ code });
  expect(await database.db.select().from(tenants)).toHaveLength(2);
  expect(await database.db.select().from(operations)).toEqual([]);
});

test('a template gives a new tenant what it does not say itself, and follows with the next start', async () => {
  const content = { description: '', skills: [], skillGroups: [], instructions: 'Be brief.' };
  const version = { organizationId: 'org', name: 'small', createdBy: 'Olga' };
  await database.db
    .insert(configTemplates)
    .values({ ...version, version: 1, content: { ...content, cpus: 0.25, memoryMegabytes: 700 } });
  const { tenant, operation } = await create({ configTemplate: 'small', memoryMegabytes: 600 });
  await world.over(operation.id);
  expect(await world.pool.get(tenant.id)).toMatchObject({
    cpus: 0.25,
    memoryLimitBytes: 600 * 2 ** 20,
    configTemplate: 'small',
  });
  await database.db
    .insert(configTemplates)
    .values({ ...version, version: 2, content: { ...content, cpus: 0.75, model: 'demo/small' } });
  await world.operate(tenant.id, { kind: 'restart' });
  const request = [...world.hosts.values()]
    .flatMap((host) => host.startRequests)
    .findLast(({ tenantId }) => tenantId === tenant.id);
  expect(request).toMatchObject({
    limits: { cpus: 0.75 },
    agent: { model: { id: 'demo/small' }, layers: { global: 'Be brief.' } },
  });
});

test('quotas bound tenants, what runs, and sizes; what is refused leaves nothing behind', async () => {
  await limit({ tenants: 2 });
  await expect(create()).rejects.toMatchObject({ code: 'quota_exceeded', hint: expect.any(String) });
  await limit({ runningTenants: 1 });
  expect(await world.operate('ann', { kind: 'start' })).toMatchObject({ state: 'succeeded' });
  await expect(ask('ben', { kind: 'start' })).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect(await world.pool.wake('ben')).toMatchObject({ ok: false, reason: 'capacity_unavailable' });
  expect(await reservationsOf(database, 'ben')).toEqual([]);
  await limit({ cpusPerTenant: 1 });
  await expect(ask('ann', { kind: 'resize', cpus: 2 })).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect(await database.db.select().from(tenants)).toHaveLength(2);
});

test('a clone that was asked for before others took the last of the quota makes no tenant', async () => {
  await world.pool.wake('ann');
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  for (const host of world.hosts.values()) host.beforeFiles(() => gate);
  await limit({ tenants: 3 });
  const made = await ask('ann', { kind: 'clone', name: 'twin', start: false });
  const other = await create({ start: false });
  goOn();
  expect(await world.over(made.id)).toMatchObject({ state: 'failed', reason: 'quota_exceeded' });
  await world.over(other.operation.id);
  expect(await database.db.select().from(tenants)).toHaveLength(3);
  expect(world.errors).toEqual([]);
});

test('a rebuild with a larger template is refused beyond the quota, also when it was used up meanwhile', async () => {
  const content = { description: '', skills: [], skillGroups: [], instructions: '', memoryMegabytes: 4096 };
  await database.db
    .insert(configTemplates)
    .values({ organizationId: 'org', name: 'large', createdBy: 'Olga', version: 1, content });
  const rebuild = { kind: 'rebuild', configTemplate: 'large' } as const;
  await limit({ memoryMegabytesPerTenant: 2048 });
  await expect(ask('ann', rebuild)).rejects.toMatchObject({ code: 'quota_exceeded', hint: expect.any(String) });

  await limit({});
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  for (const host of world.hosts.values()) host.provideImage = () => gate;
  const made = await ask('ann', rebuild);
  await limit({ memoryMegabytesPerTenant: 2048 });
  goOn();
  expect(await world.over(made.id)).toMatchObject({ state: 'failed', reason: 'quota_exceeded' });
  expect(await tenantRow(database, 'ann')).toMatchObject({ configTemplate: null });
});

test('of many starts at once only as many run as the quota allows', async () => {
  const made = await Promise.all(['a', 'b', 'c', 'd'].map((name) => create({ name, start: false })));
  await Promise.all(made.map(({ operation }) => world.over(operation.id)));
  await limit({ runningTenants: 2 });
  const starts = await Promise.allSettled(made.map(({ tenant }) => ask(tenant.id, { kind: 'start' })));
  for (const start of starts) if (start.status === 'fulfilled') await world.over(start.value.id);
  const running = (await database.db.select().from(tenants)).filter(({ state }) => state === 'running');
  expect(running).toHaveLength(2);
});

test('a migration to nowhere is refused with what is wrong', async () => {
  await world.pool.wake('ann');
  const { hostId } = await tenantRow(database, 'ann');
  await expect(ask('ann', { kind: 'migrate', host: hostId ?? '' })).rejects.toMatchObject({ code: 'invalid_request' });
  await expect(ask('ann', { kind: 'migrate', host: 'mars' })).rejects.toMatchObject({ code: 'invalid_request' });
  await database.db.execute(sql`update hosts set state = 'draining' where id <> ${hostId}`);
  const other = hostId === 'local' ? 'other' : 'local';
  await expect(ask('ann', { kind: 'migrate', host: other })).rejects.toMatchObject({ code: 'conflict' });
});

test('a tenant that waits for room starts as soon as there is some, and its time does not count meanwhile', async () => {
  await database.db.execute(sql`update hosts set memory_megabytes = 512 where id = 'local'`);
  await database.db.execute(sql`update hosts set memory_megabytes = 100 where id = 'other'`);
  await world.operate('ann', { kind: 'start' });
  const { tenant, operation } = await create();
  await expect.poll(async () => (await tenantRow(database, tenant.id)).state).toBe('pending');
  const waiting = await world.pool.operations.find('org', operation.id);
  expect(waiting).toMatchObject({ state: 'queued', phase: 'waiting' });
  expect(Date.parse(waiting?.deadlineAt ?? '') - Date.now()).toBeGreaterThan(23 * 3_600_000);
  // A load test, or whoever makes many, does not push others out: somebody has to go.
  expect((await tenantRow(database, 'ann')).state).toBe('running');

  await world.operate('ann', { kind: 'stop' });
  const done = await world.over(operation.id);
  expect(done).toMatchObject({ state: 'succeeded' });
  const allowed = Date.parse(done.deadlineAt) - Date.parse(done.finishedAt ?? '');
  expect(allowed).toBeLessThanOrEqual(deadlineSeconds.create * 1_000);
  expect((await tenantRow(database, tenant.id)).state).toBe('running');
});

test('a message that waits pushes out who has been idle longest, but nobody who is at work', async () => {
  await database.db.execute(sql`update hosts set memory_megabytes = 512`);
  await database.db.execute(sql`update hosts set memory_megabytes = 100 where id = 'other'`);
  await world.pool.wake('ann');
  expect(await world.pool.wake('ben')).toMatchObject({ ok: true });
  expect((await tenantRow(database, 'ann')).state).toBe('hibernated');
  const over = world.pool.turn(
    { tenantId: 'ben', turnId: 't', session: 's', text: 'x', context: signedIn },
    new AbortController().signal,
  );
  const turn = over[Symbol.asyncIterator]();
  await turn.next();
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, reason: 'capacity_unavailable' });
  expect((await tenantRow(database, 'ann')).state).toBe('pending');
  await turn.next();
  await turn.next();
  await world.pool.stop('ben');
  await expect.poll(async () => (await tenantRow(database, 'ann')).state).toBe('running');
});

test('who does not want a waiting tenant any more cancels its wait', async () => {
  await database.db.execute(sql`update hosts set memory_megabytes = 100`);
  const { tenant, operation } = await create();
  await expect.poll(async () => (await tenantRow(database, tenant.id)).state).toBe('pending');
  expect(await world.operate(tenant.id, { kind: 'stop' })).toMatchObject({ state: 'succeeded' });
  expect(await world.over(operation.id)).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
  expect((await tenantRow(database, tenant.id)).state).toBe('stopped');
});

test('an operation that waits is called back; one that is under way, over, or another organization’s is not', async () => {
  const cancel = (operationId: string, organizationId = 'org') =>
    world.pool.operations.cancel({ organizationId, operationId, actor: olga });
  await database.db.execute(sql`update hosts set memory_megabytes = 100`);
  const { tenant, operation } = await create();
  await expect.poll(async () => (await tenantRow(database, tenant.id)).state).toBe('pending');
  expect(await cancel(operation.id, 'rival')).toBeNull();
  expect(await cancel(operation.id)).toMatchObject({ state: 'cancelled', message: expect.stringContaining('Olga') });
  expect(await tenantRow(database, tenant.id)).toMatchObject({ state: 'hibernated', reason: null });
  await expect(cancel(operation.id)).rejects.toMatchObject({ code: 'conflict' });
  const events = await database.db.select().from(auditEvents).where(eq(auditEvents.action, 'operation.cancelled'));
  expect(events).toMatchObject([{ actorId: 'olga', targetId: tenant.id }]);

  await database.db.execute(sql`update hosts set memory_megabytes = 65536`);
  stopAllStarts();
  const under = await ask('ann', { kind: 'start' });
  await expect.poll(async () => (await tenantRow(database, 'ann')).state).toBe('creating');
  await expect(cancel(under.id)).rejects.toMatchObject({ code: 'conflict', hint: expect.any(String) });
});

const later = new Date('2999-01-01T00:00:00Z');
/** Nobody claims it meanwhile. */
const insertWaiting = (made: NewOperation) =>
  database.db.transaction(async (tx) => {
    const row = await insertOperation(tx, made);
    await tx.update(operations).set({ retryAt: later });
    return row;
  });

test.each([{ cloneFrom: 'ann' }, { checkpointId: 'c' }])(
  'a create that knows what its tenant begins with (%o) is deleted, not called back or stopped',
  async (progress) => {
    await database.db.update(tenants).set({ state: 'queued' }).where(eq(tenants.id, 'ben'));
    const tenant = { organizationId: 'org', tenantId: 'ben' };
    const made = await insertWaiting({
      ...{ ...tenant, kind: 'create', request: { kind: 'create', start: false }, requestedBy: 'Olga', progress },
    });
    const refusal = { code: 'conflict', hint: 'Delete it instead.' };
    const called = { organizationId: 'org', operationId: made?.id ?? '', actor: olga };
    await expect(world.pool.operations.cancel(called)).rejects.toMatchObject(refusal);
    await expect(ask('ben', { kind: 'stop' })).rejects.toMatchObject(refusal);
    expect((await tenantRow(database, 'ben')).state).toBe('queued');
    await ask('ben', { kind: 'delete', keepData: false, skipBackup: true });
    expect(await world.pool.operations.find('org', made?.id ?? '')).toMatchObject({ state: 'cancelled' });
  },
);

test('a batch’s operation that is due is nothing to wake up for while no more of batches may be claimed', async () => {
  const request = { kind: 'start' } as const;
  const batch = { organizationId: 'org', id: 'b', request, pending: [], total: 1, requestedBy: 'Olga' };
  await database.db.insert(batches).values(batch);
  const made = {
    organizationId: 'org',
    tenantId: 'ann',
    kind: 'start',
    request,
    requestedBy: 'Olga',
    batchId: 'b',
  } as const;
  await insertWaiting(made);
  expect(await nextOperationAt(database.db, { ofBatches: false })).toBeNull();
  expect(await nextOperationAt(database.db, { ofBatches: true })).toEqual(later);
});

test('an operation ended at its deadline names the reason and leaves nothing in the ledger', async () => {
  stopAllStarts();
  const made = await ask('ann', { kind: 'start' });
  await expect.poll(async () => (await tenantRow(database, 'ann')).state).toBe('creating');
  const failure = { reason: 'deadline_exceeded', message: 'The start was not over at its deadline.' } as const;
  expect(await world.pool.operations.abandon(made.id, failure)).toBe(true);
  expect(await world.over(made.id)).toMatchObject({ state: 'failed', ...failure, hint: expect.any(String) });
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'failed', reason: 'deadline_exceeded' });
  expect(await reservationsOf(database, 'ann')).toEqual([]);
  expect(await world.pool.operations.abandon(made.id, failure)).toBe(false);
});

test('nobody asks for another organization’s tenant', async () => {
  await insertSmallOrganization(database, 'rival');
  await expect(ask('rival-ann', { kind: 'start' })).rejects.toMatchObject({ code: 'not_found' });
});
