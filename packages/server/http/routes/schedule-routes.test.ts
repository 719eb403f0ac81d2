import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNotificationService } from '../../conversations/notifications/notification-service.ts';
import { notifyPerson } from '../../conversations/notifications/notify-person.ts';
import { createScheduleService } from '../../conversations/schedules/schedule-service.ts';
import type { Database } from '../../store/database.ts';
import { listenForNotifications } from '../../store/notifications.ts';
import { departments, employees, members, positions, tenants, tiers } from '../../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { registerScheduleRoutes } from './schedule-routes.ts';

let world: HttpWorld;
const cookies = new Map<string, string>();
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  world = await startHttpWorld({
    register: async (app, database) => {
      await insertAgentOfEmployee(database);
      const listener = await listenForNotifications(database.connection);
      const notifications = createNotificationService(database, listener, (error) => {
        throw error;
      });
      closers.push(
        () => notifications.close(),
        () => listener.close(),
      );
      registerScheduleRoutes(app, { schedules: createScheduleService(database), notifications });
    },
  });
  for (const role of ['employee', 'admin', 'auditor'] as const) cookies.set(role, await world.signIn(emailOf(role)));
});
afterAll(async () => {
  for (const close of closers) await close();
  await world.close();
});

async function insertAgentOfEmployee({ db }: Database): Promise<void> {
  const organizationId = 'world';
  await db.insert(departments).values({ organizationId, id: 'lab', name: 'Lab' });
  await db.insert(tiers).values({
    ...{ organizationId, id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000, pids: 128 },
    ...{ diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
  });
  await db
    .insert(positions)
    .values({ organizationId, id: 'maker', departmentId: 'lab', tierId: 'standard', name: 'Maker', tools: [] });
  await db.insert(employees).values({
    ...{ organizationId, id: 'mia', number: '1', name: 'Mia', email: 'mia@world.example' },
    ...{ departmentId: 'lab', positionId: 'maker' },
  });
  await db
    .insert(tenants)
    .values({ organizationId, id: 't-mia', name: 'agent-mia', employeeId: 'mia', tierId: 'standard' });
  await db.update(members).set({ employeeId: 'mia' }).where(eq(members.userId, 'employee'));
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire is looked at field by field.
type Json = any;

async function call(
  role: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Json }> {
  const options = { cookie: cookies.get(role) ?? '', ...(body === undefined ? {} : { body }) };
  const response = await world.send(method, `/api/v1${path}`, options);
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

const daily = {
  name: 'Daily',
  prompt: 'What is new?',
  timing: { kind: 'cron', expression: '0 9 * * *', timezone: 'Asia/Tokyo' },
};

test('a schedule is made, changed, run, read and deleted', async () => {
  const made = await call('employee', 'POST', '/schedules', daily);
  expect(made).toMatchObject({ status: 201, json: { tenantId: 't-mia', missedRuns: 'once', enabled: true } });
  const path = `/schedules/${made.json.id}`;
  expect(await call('employee', 'PUT', path, { ...daily, name: 'Morning' })).toMatchObject({
    ...{ status: 200, json: { name: 'Morning' } },
  });
  const run = await call('employee', 'POST', `${path}/run`);
  expect(run).toMatchObject({ status: 202, json: { state: 'running' } });
  expect((await call('employee', 'GET', `${path}/runs`)).json).toEqual({ runs: [run.json] });
  expect((await call('admin', 'GET', '/schedules?tenantId=t-mia')).json.schedules).toMatchObject([{ name: 'Morning' }]);
  expect((await call('auditor', 'GET', `${path}/runs`)).status).toBe(404);
  expect((await call('employee', 'DELETE', path)).status).toBe(204);
  expect((await call('employee', 'GET', '/schedules')).json).toEqual({ schedules: [] });
});

test('a timing is tried before it is kept', async () => {
  const preview = (timing: unknown) => call('employee', 'POST', '/schedules/preview', { timing });
  expect((await preview(daily.timing)).json.times).toHaveLength(5);
  expect(await preview({ ...daily.timing, expression: '0 9 L * *' })).toMatchObject({
    ...{ status: 400, json: { error: { code: 'invalid_request', hint: expect.stringContaining('five fields') } } },
  });
});

test('a person is told what is unread, live, and reads it', async () => {
  const tell = (userId: string, dedupeKey: string) =>
    world.database.db.transaction((tx) =>
      notifyPerson(tx, { organizationId: 'world', userId, kind: 'message', title: dedupeKey, text: 'Text', dedupeKey }),
    );
  const unread = await followUnread();
  await expect.poll(() => unread.at(-1)).toBe(0);
  await tell('employee', 'first');
  await tell('employee', 'first');
  await tell('employee', 'second');
  await tell('admin', 'for the admin');
  await expect.poll(() => unread.at(-1)).toBe(2);

  const { notifications } = (await call('employee', 'GET', '/notifications')).json;
  expect(notifications).toMatchObject([
    { title: 'second', readAt: null },
    { title: 'first', readAt: null },
  ]);
  // Somebody else’s stays as it is, whoever names it.
  const all = notifications.map(({ id }: { id: string }) => id);
  await call('admin', 'POST', '/notifications/read', { ids: all });
  expect((await call('employee', 'GET', '/notifications')).json.unread).toBe(2);

  await call('employee', 'POST', '/notifications/read', { ids: [all[0]] });
  await expect.poll(() => unread.at(-1)).toBe(1);
  await call('employee', 'POST', '/notifications/read', {});
  await expect.poll(() => unread.at(-1)).toBe(0);
  expect((await call('admin', 'GET', '/notifications')).json.unread).toBe(1);
});

/** What the stream has told so far. */
async function followUnread(): Promise<number[]> {
  const told: number[] = [];
  const response = await world.send('GET', '/api/v1/notifications/events', { cookie: cookies.get('employee') ?? '' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  closers.unshift(() => reader?.cancel());
  void (async () => {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      for (const [, json] of read.value.matchAll(/^data: (.*)$/gm)) told.push(JSON.parse(json ?? '').unread);
    }
  })().catch(() => undefined);
  return told;
}
