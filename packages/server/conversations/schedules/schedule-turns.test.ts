import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { assignments, personNotifications, scheduleRuns, tenants, turns } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../../testing/turn-world.ts';
import { startHeartbeats } from './heartbeats.ts';
import { scheduleListener } from './schedule-listener.ts';
import { startScheduleRunner } from './schedule-runner.ts';
import { createScheduleService, type ScheduleService } from './schedule-service.ts';

/** Schedules and the turns they begin, as a process has them together; the host is a scripted one. */
interface Process extends TurnWorld {
  /** Ends as `kill -9` would. */
  kill(): Promise<void>;
}

let database: Database;
let ann: Principal;
let schedules: ScheduleService;
let processes: Process[];
const host = createScriptedHost();
const fail = (error: unknown) => {
  throw error;
};

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  schedules = createScheduleService(database);
  processes = [];
});
afterEach(async () => {
  for (const { close } of processes) await close();
  host.runtimes.clear();
  await database.close();
});

async function startProcess(): Promise<Process> {
  const world = await startTurnWorld(database, host, { listeners: [scheduleListener] });
  const { notifications } = world;
  const runner = startScheduleRunner({ database, notifications, onError: fail });
  const process = {
    ...world,
    kill: async () => {
      processes = processes.filter((one) => one !== process);
      await runner.close();
      await world.die();
    },
    close: async () => {
      await runner.close();
      await world.close();
    },
  };
  processes.push(process);
  return process;
}

const soon = () => ({ kind: 'at' as const, at: new Date(Date.now() + 200).toISOString() });
const input = () => ({
  ...{ name: 'News', prompt: 'What is new?', timing: soon(), enabled: true },
  ...{ missedRuns: 'once' as const, deliverTo: 'preferred' as const },
});
const told = () => database.db.select().from(personNotifications);
const stateOfRun = async () => (await database.db.select().from(scheduleRuns)).map(({ state }) => state);
const patient = { timeout: 20_000 };

test('a schedule wakes its agent, and the answer is told once, with two processes that look', async () => {
  host.answerWith(async function* () {
    yield { type: 'done', text: 'Nothing is new.' };
  });
  await Promise.all([startProcess(), startProcess()]);
  await schedules.create(ann, input());
  await expect.poll(told, patient).toMatchObject([{ title: 'News', text: 'Nothing is new.', userId: 'user-ann' }]);
  expect(await stateOfRun()).toEqual(['answered']);
  expect(host.turns).toMatchObject([
    { tenantId: 'ann', text: 'What is new?', context: { path: 'cron', origin: 'schedule', verification: 'schedule' } },
  ]);
});

test('an answer that is broken off by kill -9 is given by the next process, and told once', async () => {
  let asked = 0;
  host.answerWith(async function* (_, signal) {
    asked++;
    if (asked === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    else yield { type: 'done', text: 'At last.' };
  });
  const first = await startProcess();
  await schedules.create(ann, input());
  await expect.poll(() => asked, patient).toBe(1);
  expect(await stateOfRun()).toEqual(['running']);
  await first.kill();

  await startProcess();
  await expect.poll(told, patient).toMatchObject([{ text: 'At last.' }]);
  expect(await stateOfRun()).toEqual(['answered']);
  expect(await database.db.select().from(turns)).toHaveLength(1);
});

test('deleting a schedule ends the turn that it began', async () => {
  let aborted = false;
  host.answerWith(async function* (_, signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    aborted = true;
    yield* [];
  });
  await startProcess();
  const { id } = await schedules.create(ann, input());
  await expect
    .poll(async () => (await database.db.select().from(turns)).map(({ state }) => state), patient)
    .toEqual(['thinking']);
  await schedules.remove(ann, id);
  await expect.poll(() => aborted, patient).toBe(true);
  await expect
    .poll(async () => (await database.db.select().from(turns)).map(({ state }) => state), patient)
    .toEqual(['stopped']);
  expect(await told()).toEqual([]);
});

test('a heartbeat’s news are told, and an acknowledgement is not', async () => {
  const answers = ['HEARTBEAT_OK', 'The server is down.'];
  host.answerWith(async function* () {
    yield { type: 'done', text: answers.shift() ?? '' };
  });
  host.heartbeats.set('ann', '- Look at the server.');
  const { pool } = await startProcess();
  await pool.wake('ann');
  let now = new Date(Date.now() + 60_000);
  const heartbeats = startHeartbeats({ database, hosts: new Map([['local', host]]), onError: fail, now: () => now });
  await expect.poll(() => answers, patient).toHaveLength(1);
  await expect
    .poll(async () => (await database.db.select().from(turns)).map(({ state }) => state), patient)
    .toEqual(['answered']);
  expect(await told()).toEqual([]);
  // It sleeps and is woken again, later.
  await heartbeats.close();
  now = new Date(Date.now() + 3_600_000);
  await database.db.update(tenants).set({ stateSince: new Date(now.getTime() - 60_000) });
  const later = startHeartbeats({ database, hosts: new Map([['local', host]]), onError: fail, now: () => now });
  await expect.poll(told, patient).toMatchObject([{ title: 'From your agent', text: 'The server is down.' }]);
  await later.close();
});

test('what an agent of several does by itself is told to each of them, whole, and they see its schedules; nobody else does', async () => {
  const text = 'It is Friday. '.repeat(200).trim();
  host.answerWith(async function* () {
    yield { type: 'done', text };
  });
  const { ann: stranger } = await insertSmallOrganization(database, 'other');
  const organizationId = 'org';
  await database.db.insert(tenants).values({ organizationId, id: 'team', name: 'team', tierId: 'standard' });
  for (const employeeId of ['ann', 'ben']) {
    await database.db.insert(assignments).values({ organizationId, tenantId: 'team', employeeId });
  }
  await startProcess();
  const made = await schedules.create({ organizationId, tenantId: 'team', agentName: 'team' }, input());
  await expect.poll(told, patient).toHaveLength(2);
  const news = { title: 'News', text, kind: 'schedule_result', conversationId: null };
  const people = (await told()).sort((one, other) => one.userId.localeCompare(other.userId));
  expect(people).toMatchObject([
    { ...news, userId: 'user-ann' },
    { ...news, userId: 'user-ben' },
  ]);

  expect(await schedules.list(ann, 'team')).toMatchObject([{ id: made.id }]);
  expect(await schedules.runs(ann, made.id)).toMatchObject([{ state: 'answered' }]);
  await expect(schedules.list(stranger, 'team')).rejects.toMatchObject({ code: 'not_found' });
  await database.db.delete(assignments).where(eq(assignments.employeeId, 'ann'));
  await expect(schedules.list(ann, 'team')).rejects.toMatchObject({ code: 'not_found' });
  await expect(schedules.remove(ann, made.id)).rejects.toMatchObject({ code: 'not_found' });
});
