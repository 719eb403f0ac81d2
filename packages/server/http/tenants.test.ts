import type { Tenant } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scopeOf } from '../organization/department-store.ts';
import type { Principal } from '../organization/principal.ts';
import { createBatchService } from '../pool/batches/batch-service.ts';
import { createLiveTenants } from '../pool/live-tenants.ts';
import { createTemplateService } from '../pool/templates/template-service.ts';
import type { Database } from '../store/database.ts';
import {
  auditEvents,
  departments,
  employees,
  members,
  positions,
  tenantSamples,
  tenants,
  tiers,
} from '../store/schema/index.ts';
import { emailOf, type HttpWorld, type SendOptions, startHttpWorld } from '../testing/http-world.ts';
import { type PoolWorld, startPoolWorld } from '../testing/pool-world.ts';
import { registerConfigTemplateRoutes } from './routes/config-template-routes.ts';
import { registerTenantRoutes } from './routes/tenant-routes.ts';

let world: HttpWorld;
let pool: PoolWorld;
const closers: (() => unknown)[] = [];
const cookies = new Map<string, string>();

beforeAll(async () => {
  world = await startHttpWorld({
    register: async (app, database) => {
      await insertPeopleWithAgents(database);
      pool = await startPoolWorld(database);
      const { notifications, errors } = pool;
      const { operations } = pool.pool;
      const onError = (error: unknown) => errors.push(error);
      const live = createLiveTenants(database, notifications, pool.pool, onError);
      const batches = createBatchService({ database, notifications, operations, onError });
      closers.push(
        () => live.close(),
        () => batches.close(),
        () => pool.close(),
      );
      const scope = (principal: Principal) => scopeOf(database.db, principal);
      registerTenantRoutes(app, { database, pool: pool.pool, live, batches, scopeOf: scope });
      registerConfigTemplateRoutes(app, createTemplateService(database.db));
    },
  });
  for (const role of ['operator', 'admin', 'manager', 'auditor'] as const)
    cookies.set(role, await world.signIn(emailOf(role)));
});

/** Mia of the lab, who is the manager, and Sam of sales. */
async function insertPeopleWithAgents({ db }: Database): Promise<void> {
  const organizationId = 'world';
  await db.insert(departments).values(['lab', 'sales'].map((id) => ({ organizationId, id, name: id })));
  await db.insert(tiers).values({
    ...{ organizationId, id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000, pids: 128 },
    ...{ diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
  });
  const position = { organizationId, departmentId: 'lab', tierId: 'standard', name: 'Maker', tools: [] };
  await db.insert(positions).values({ ...position, id: 'maker' });
  for (const [id, departmentId] of [
    ['mia', 'lab'],
    ['sam', 'sales'],
  ] as const) {
    const person = { organizationId, id, number: id, name: id, email: `${id}@world.example` };
    await db.insert(employees).values({ ...person, departmentId, positionId: 'maker' });
    await db
      .insert(tenants)
      .values({ organizationId, id: `t-${id}`, name: `agent-${id}`, employeeId: id, tierId: 'standard' });
  }
  await db.update(members).set({ employeeId: 'mia' }).where(eq(members.userId, 'manager'));
}

afterAll(async () => {
  for (const close of closers) await close();
  await world.close();
});

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire is looked at field by field.
type Json = any;

async function call(
  role: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Json }> {
  const options: SendOptions = { cookie: cookies.get(role) ?? '', ...(body === undefined ? {} : { body }) };
  const response = await world.send(method, `/api/v1${path}`, options);
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}
const over = async (id: string) => {
  await expect
    .poll(async () => (await call('operator', 'GET', `/operations/${id}`)).json.finishedAt, { timeout: 20_000 })
    .not.toBeNull();
  return (await call('operator', 'GET', `/operations/${id}`)).json;
};

test('a tenant is made, listed, changed, operated and deleted, and its timeline tells by whom', async () => {
  const made = await call('operator', 'POST', '/tenants', {
    name: 'robot',
    tags: { team: 'red' },
    clientToken: 'make-robot',
  });
  expect(made).toMatchObject({
    status: 202,
    json: { tenant: { name: 'robot', owner: null }, operation: { kind: 'create' } },
  });
  const again = await call('operator', 'POST', '/tenants', {
    name: 'robot',
    tags: { team: 'red' },
    clientToken: 'make-robot',
  });
  expect(again.json.operation.id).toBe(made.json.operation.id);
  expect(await over(made.json.operation.id)).toMatchObject({ state: 'succeeded', requestedBy: 'The operator' });

  const listed = await call('auditor', 'GET', '/tenants?tag=team:red&limit=10');
  expect(listed.json).toMatchObject({
    total: 1,
    counts: { running: 1 },
    tenants: [{ name: 'robot', gateway: 'ready', health: 'up' }],
  });
  const changed = await call('admin', 'PATCH', '/tenants/robot', { group: 'labs', ttlHours: 1, tags: {} });
  expect(changed.json).toMatchObject({ group: 'labs', tags: {} });
  expect(Date.parse(changed.json.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000);

  const removed = await call('operator', 'POST', '/tenants/robot/operations', { kind: 'delete', skipBackup: true });
  expect(removed.status).toBe(202);
  await over(removed.json.id);
  expect((await call('operator', 'GET', '/tenants/robot')).status).toBe(404);
  const { id } = made.json.tenant;
  expect((await call('operator', 'GET', `/tenants/${id}`)).json).toMatchObject({ state: 'deleted' });
  const timeline = await call('auditor', 'GET', `/tenants/${id}/timeline`);
  const actions = timeline.json.events.map((event: { action: string }) => event.action);
  expect(actions).toEqual([
    'tenant.deleted',
    'tenant.deleting',
    'tenant.delete_requested',
    'tenant.changed',
    'tenant.started',
    'tenant.starting',
    'tenant.created',
  ]);
  expect(timeline.json.events[2].actor).toMatchObject({ type: 'person', name: 'The operator' });
  expect((await call('auditor', 'GET', `/tenants/${id}/operations`)).json.operations).toHaveLength(2);
});

test('managers see their department’s tenants; others are as unknown as those that never were', async () => {
  const { json } = await call('manager', 'GET', '/tenants');
  expect(json.tenants.map((tenant: Tenant) => tenant.name)).toEqual(['agent-mia']);
  expect(json.total).toBe(1);
  expect((await call('manager', 'GET', '/tenants/agent-mia')).status).toBe(200);
  for (const path of ['', '/operations', '/timeline', '/metrics'])
    expect((await call('manager', 'GET', `/tenants/agent-sam${path}`)).status, path).toBe(404);
  const operation = await call('operator', 'POST', '/tenants/agent-sam/operations', { kind: 'backup' });
  await over(operation.json.id);
  expect((await call('manager', 'GET', `/operations/${operation.json.id}`)).status).toBe(404);
  expect((await call('manager', 'POST', '/tenants/agent-mia/operations', { kind: 'stop' })).status).toBe(403);
});

test('what the state forbids is a conflict with a hint', async () => {
  const refused = await call('operator', 'POST', '/tenants/t-mia/operations', { kind: 'resume' });
  expect(refused).toMatchObject({ status: 409, json: { error: { code: 'conflict', hint: expect.any(String) } } });
  expect((await call('operator', 'POST', '/tenants', { name: 'Not A Name' })).status).toBe(400);
  expect((await call('operator', 'POST', '/tenants', { name: 'agent-mia' })).json.error.code).toBe('conflict');
});

test('metrics are what was measured lately, with the limits', async () => {
  await world.database.db.insert(tenantSamples).values([
    { organizationId: 'world', tenantId: 't-mia', at: new Date(), memoryBytes: 5, cpuPercent: 1, turns: 2 },
    { organizationId: 'world', tenantId: 't-mia', at: new Date(Date.now() - 8 * 3_600_000), memoryBytes: 4 },
  ]);
  const { json } = await call('auditor', 'GET', '/tenants/t-mia/metrics?hours=6');
  expect(json).toMatchObject({ samples: [{ memoryBytes: 5, turns: 2 }], memoryLimitBytes: 1024 * 2 ** 20 });
  expect((await call('auditor', 'GET', '/tenants/t-mia/metrics?hours=12')).json.samples).toHaveLength(2);
});

test('a batch is asked for, followed, and belongs to who sees all tenants', async () => {
  const { json } = await call('operator', 'POST', '/batches', {
    operation: { kind: 'start' },
    ids: ['t-mia', 'nobody'],
  });
  await expect
    .poll(async () => (await call('operator', 'GET', `/batches/${json.id}`)).json.state, { timeout: 20_000 })
    .toBe('finished');
  expect((await call('auditor', 'GET', '/batches')).json.batches[0]).toMatchObject({
    total: 2,
    failed: 1,
    succeeded: 1,
  });
  expect((await call('manager', 'GET', '/batches')).json.batches).toEqual([]);
  expect((await call('manager', 'GET', `/batches/${json.id}`)).status).toBe(404);
  expect((await call('operator', 'POST', '/batches', { operation: { kind: 'stop' } })).status).toBe(400);
});

test('templates are made, changed in versions, and removed', async () => {
  const content = { cpus: 0.5, instructions: 'Be brief.' };
  expect(await call('operator', 'PUT', '/config-templates/small', { content })).toMatchObject({
    status: 200,
    json: { version: 1 },
  });
  expect((await call('admin', 'PUT', '/config-templates/small', { content, version: 7 })).status).toBe(409);
  expect((await call('auditor', 'GET', '/config-templates/small')).json.versions).toHaveLength(1);
  expect(
    (await call('auditor', 'GET', '/config-templates')).json.templates.map(({ name }: { name: string }) => name),
  ).toEqual(['default', 'small']);
  expect((await call('operator', 'PUT', '/config-templates/default', { content })).status).toBe(409);
  expect((await call('operator', 'DELETE', '/config-templates/small')).status).toBe(204);
  expect((await call('operator', 'GET', '/config-templates/small')).status).toBe(404);
});

test('who reads a log often is in the audit trail once', async () => {
  for (let time = 0; time < 3; time++) expect((await call('operator', 'GET', '/tenants/t-mia/logs')).status).toBe(200);
  const read = await world.database.db.select().from(auditEvents).where(eq(auditEvents.action, 'tenant.logs_read'));
  expect(read).toHaveLength(1);
});
