import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLayerService } from '../../governance/layers/layer-service.ts';
import { createLayerPreviewService } from '../../governance/layers/preview-service.ts';
import { createProposalService } from '../../governance/layers/proposal-service.ts';
import { createAgentSettingsService } from '../../governance/settings/agent-settings-service.ts';
import { departments, employees, members, positions, tenants, tiers } from '../../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { registerAgentSettingsRoutes } from './agent-settings-routes.ts';
import { registerLayerRoutes } from './layer-routes.ts';

let world: HttpWorld;
const cookies: Record<string, string> = {};
const installation = { id: 'demo/demo', contextWindow: 128_000, maxOutputTokens: 8_192 };

beforeAll(async () => {
  world = await startHttpWorld({
    register: (app, database) => {
      registerLayerRoutes(app, {
        layers: createLayerService(database),
        proposals: createProposalService(database),
        preview: createLayerPreviewService({
          ...{ database, installation, defaultImage: 'openclaw-2026.6.35' },
          memory: { characters: async () => null },
        }),
      });
      const settings = createAgentSettingsService({ database, models: ['demo/demo'], installation });
      registerAgentSettingsRoutes(app, settings);
    },
  });
  const { db } = world.database;
  const organizationId = 'world';
  await db.insert(departments).values([
    { organizationId, id: 'north', name: 'North' },
    { organizationId, id: 'south', name: 'South' },
  ]);
  await db.insert(tiers).values({
    ...{ organizationId, id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000, pids: 128 },
    ...{ diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
  });
  for (const [person, departmentId] of [
    ['manager', 'north'],
    ['employee', 'south'],
  ] as const) {
    const id = `${departmentId}-maker`;
    await db
      .insert(positions)
      .values({ organizationId, id, departmentId, tierId: 'standard', name: id, tools: ['file'] });
    const email = emailOf(person);
    await db
      .insert(employees)
      .values({ organizationId, id: person, number: person, name: person, email, departmentId, positionId: id });
    await db
      .insert(tenants)
      .values({ organizationId, id: person, name: person, employeeId: person, tierId: 'standard' });
    await db.update(members).set({ employeeId: person }).where(eq(members.userId, person));
  }
  for (const role of ['admin', 'manager', 'employee', 'auditor'] as const)
    cookies[role] = await world.signIn(emailOf(role));
});
afterAll(() => world.close());

const send = async (person: string, method: string, path: string, body?: unknown) => {
  const response = await world.send(method, `/api/v1${path}`, {
    cookie: cookies[person] ?? '',
    ...(body === undefined ? {} : { body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: whatever the route answers
  return { status: response.status, body: (await response.json()) as any };
};

test('a conflict carries the other’s change to the browser', async () => {
  const layer = '/layers/position/north-maker';
  expect(await send('manager', 'PUT', layer, { content: 'Mine.', expectedVersion: 0 })).toMatchObject({ status: 200 });
  expect(await send('admin', 'PUT', layer, { content: 'Theirs.', expectedVersion: 0 })).toMatchObject({
    status: 409,
    body: { error: { code: 'conflict', details: { version: 1, content: 'Mine.', updatedBy: 'The manager' } } },
  });
});

test.each([
  ['GET', '/layers/position/south-maker', undefined],
  ['PUT', '/layers/position/south-maker', { content: 'x', expectedVersion: 0 }],
  ['GET', '/layers/position/south-maker/versions', undefined],
  ['GET', '/layers/position/south-maker/versions/1', undefined],
  ['POST', '/layers/position/south-maker/rollback', { version: 1, expectedVersion: 0 }],
  ['GET', '/layers/personal/employee', undefined],
  ['POST', '/layers/preview', { employeeId: 'employee' }],
  ['POST', '/layers/preview', { positionId: 'south-maker' }],
  ['POST', '/layer-proposals', { scope: 'position', ownerId: 'south-maker', content: 'x', baseVersion: 0 }],
  ['GET', '/agents/employee/settings', undefined],
])('another department’s manager finds nothing at %s %s', async (method, path, body) => {
  expect(await send('manager', method, path, body)).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found' } },
  });
});

test('an employee reads their own layers and what holds for their agent, and saves the personal one', async () => {
  const own = { content: 'Be brief.', expectedVersion: 0 };
  expect(await send('employee', 'PUT', '/layers/personal/employee', own)).toMatchObject({
    status: 200,
    body: { version: 1 },
  });
  expect(await send('employee', 'GET', '/layers/position/south-maker')).toMatchObject({
    status: 200,
    body: { mayEdit: false },
  });
  expect(await send('employee', 'GET', '/agents/employee/settings')).toMatchObject({
    body: { model: { value: 'demo/demo', from: 'installation' } },
  });
  const preview = await send('employee', 'POST', '/layers/preview', { personal: 'In verse.' });
  expect(preview.body.files[0]).toMatchObject({ path: 'SOUL.md', content: expect.stringContaining('In verse.') });
});

test('what changes for everybody needs more than the role', async () => {
  const global = { content: 'x', expectedVersion: 0 };
  expect((await send('admin', 'PUT', '/layers/global/-', global)).status).toBe(403);
  expect((await send('admin', 'PUT', '/layer-review', { required: true })).status).toBe(403);
  const settings = {
    model: null,
    contextWindow: 9_000,
    maxOutputTokens: null,
    compaction: null,
    responseLanguage: null,
  };
  expect((await send('admin', 'PUT', '/agent-settings/organization/-', { settings, expectedVersion: 0 })).status).toBe(
    403,
  );
  expect(
    await send('admin', 'PUT', '/agent-settings/employee/employee', { settings, expectedVersion: 0 }),
  ).toMatchObject({
    status: 200,
    body: { version: 1, settings: { contextWindow: 9_000 } },
  });
});

test('a text that is too long for any file is refused before it is stored', async () => {
  const long = { content: 'x'.repeat(18_001), expectedVersion: 1 };
  expect((await send('employee', 'PUT', '/layers/personal/employee', long)).status).toBe(400);
});
