import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { Attachment } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAttachments } from '../../conversations/attachments.ts';
import { createLiveConversations, type LiveConversations } from '../../conversations/live-conversations.ts';
import { createRouter, type Router } from '../../conversations/routing/router.ts';
import { createRoutingService } from '../../conversations/routing/routing-service.ts';
import { createSessionMonitor } from '../../conversations/sessions/monitor-service.ts';
import { createTakeovers } from '../../conversations/sessions/takeover-service.ts';
import { scopeOf as scopeOfPrincipal } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { listenForNotifications, type NotificationListener } from '../../store/notifications.ts';
import { auditEvents, conversations } from '../../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { registerRoutingRoutes } from './routing-routes.ts';
import { registerSessionMonitorRoutes } from './session-monitor-routes.ts';

let world: HttpWorld;
let notifications: NotificationListener;
let router: Router;
let live: LiveConversations;
let admin: string;
let blobFolder: string;

beforeAll(async () => {
  world = await startHttpWorld({
    register: async (app, database) => {
      notifications = await listenForNotifications(database.connection);
      router = createRouter({ database, notifications });
      live = createLiveConversations(database, notifications, () => {});
      const scopeOf = (principal: Principal) => scopeOfPrincipal(database.db, principal);
      registerRoutingRoutes(app, createRoutingService({ database, router, scopeOf }));
      blobFolder = await mkdtemp(join(tmpdir(), 'clawpool-session-files-'));
      registerSessionMonitorRoutes(app, {
        attachments: createAttachments({ database, blobs: await openBlobFolder(blobFolder) }),
        monitor: createSessionMonitor({ database, scopeOf }),
        takeovers: createTakeovers({ database, scopeOf }),
        live,
      });
    },
  });
  await insertSmallOrganization(world.database);
  await insertConversation('world', 'ours');
  await insertConversation('org', 'theirs');
  admin = await world.signIn(emailOf('admin'));
});
afterAll(async () => {
  live.close();
  router.close();
  await notifications.close();
  await world.close();
  await rm(blobFolder, { recursive: true, force: true });
});

async function insertConversation(organizationId: string, id: string) {
  const { db } = world.database;
  const tenantId = organizationId === 'org' ? 'ann' : 'desk';
  if (organizationId === 'world') {
    await db.execute(`insert into tiers (organization_id, id, name, memory_megabytes, cpu_millis, pids, disk_megabytes, tools_ceiling, idle_minutes)
      values ('world', 'standard', 'Standard', 1024, 1000, 128, 1024, '[]', 15) on conflict do nothing`);
    await db.execute(
      `insert into tenants (organization_id, id, name, tier_id) values ('world', 'desk', 'help-desk', 'standard') on conflict do nothing`,
    );
  }
  await db.insert(conversations).values({
    ...{ organizationId, id, tenantId, path: 'emp', callerKey: 'user:x', callerName: 'Xenia', title: 'Hello' },
  });
}

const ask = async (method: string, path: string, body?: unknown) => {
  const response = await world.send(method, `/api/v1${path}`, {
    cookie: admin,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
};

test('an admin watches, takes over, answers, gives back and ends a session of their organization', async () => {
  expect(await ask('GET', '/sessions')).toMatchObject({
    status: 200,
    body: { total: 1, sessions: [{ conversation: { id: 'ours' }, caller: { name: 'Xenia' }, turn: null }] },
  });
  expect(await ask('POST', '/sessions/ours/takeover')).toMatchObject({ body: { takeover: { by: 'The admin' } } });
  const said = { text: 'Hello', clientMessageId: 'message-1' };
  expect(await ask('POST', '/sessions/ours/messages', said)).toMatchObject({ status: 201, body: { role: 'human' } });
  expect(await ask('DELETE', '/sessions/ours/takeover')).toMatchObject({ status: 200, body: { takeover: null } });
  expect(await ask('POST', '/sessions/ours/end')).toMatchObject({ body: { endedAt: expect.any(String) } });
  expect(await ask('GET', '/sessions/ours')).toMatchObject({
    body: { messages: [{ role: 'note' }, { role: 'human' }, { role: 'note' }, { role: 'note' }], turns: [] },
  });
});

test('a person who answers sends files, and files of a session are opened by whoever watches it, which is recorded', async () => {
  await insertConversation('world', 'with-files');
  const upload = (path: string) =>
    world.send('POST', `/api/v1${path}?name=plan.txt&mediaType=text%2Fplain`, {
      cookie: admin,
      body: 'the plan',
      headers: { 'content-type': 'application/octet-stream' },
    });
  const download = (id: string, session = 'with-files') =>
    world.send('GET', `/api/v1/sessions/${session}/attachments/${id}`, { cookie: admin });
  const uploaded = await upload('/sessions/with-files/attachments');
  expect(uploaded.status).toBe(201);
  const file = (await uploaded.json()) as Attachment;
  expect((await download(file.id)).status).toBe(404);
  const said = { text: '', attachments: [file.id], clientMessageId: 'with-a-file' };
  expect(await ask('POST', '/sessions/with-files/messages', said)).toMatchObject({ body: { attachments: [file] } });
  expect(await (await download(file.id)).text()).toBe('the plan');
  expect(await (await download(file.id)).text()).toBe('the plan');
  expect((await download(file.id, 'ours')).status).toBe(404);
  const opened = and(eq(auditEvents.action, 'session.file_opened'), eq(auditEvents.targetId, file.id));
  expect(await world.database.db.$count(auditEvents, opened)).toBe(1);

  expect((await upload('/sessions/theirs/attachments')).status).toBe(404);
  expect((await ask('POST', '/sessions/with-files/end')).status).toBe(200);
  expect((await upload('/sessions/with-files/attachments')).status).toBe(409);
});

test('another organization’s session is not found, by any way', async () => {
  for (const [method, path] of [
    ['GET', '/sessions/theirs'],
    ['GET', '/sessions/theirs/events'],
    ['POST', '/sessions/theirs/takeover'],
    ['DELETE', '/sessions/theirs/takeover'],
    ['POST', '/sessions/theirs/end'],
  ] as const) {
    expect((await ask(method, path)).status).toBe(404);
  }
  expect((await ask('POST', '/sessions/theirs/messages', { text: 'x', clientMessageId: '12345678' })).status).toBe(404);
});

test('events begin with the whole session', async () => {
  const response = await world.send('GET', '/api/v1/sessions/ours/events', { cookie: admin });
  const reader = response.body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  expect(first).toContain('"type":"snapshot"');
  expect(first).toContain('Hello');
});

test('routing is set, listed and removed, within the organization', async () => {
  const rule = '/routing/rules/organization/organization';
  const target = { type: 'tenant', tenantId: 'desk' };
  expect(await ask('PUT', rule, { target })).toMatchObject({ status: 200, body: { targetName: 'help-desk', target } });
  expect(await ask('PUT', rule, { target: { type: 'tenant', tenantId: 'ann' } })).toMatchObject({ status: 404 });
  expect(await ask('GET', '/routing/rules')).toMatchObject({
    body: { rules: [{ scope: 'organization', ownerId: '' }] },
  });
  expect((await ask('DELETE', rule)).status).toBe(204);
  expect(await ask('GET', '/routing/rules')).toMatchObject({ body: { rules: [] } });
  expect((await ask('GET', '/routing/resolve?employeeId=ann')).status).toBe(404);
  expect((await ask('PUT', '/assignments/desk/ann')).status).toBe(404);
  expect(await ask('GET', '/assignments')).toMatchObject({ body: { assignments: [] } });
});
