import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@clawpool/client';
import type { Notification, ScheduleRun } from '@clawpool/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ClawpoolProcess, startClawpool } from '../support/clawpool-process.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { operatorOf } from '../support/operator.ts';
import { type Person, signIn } from '../support/person.ts';

/** Long enough for a wake on a machine that is busy. */
const waking = { timeout: 120_000, interval: 500 };

const inSeconds = (seconds: number) => ({
  kind: 'at' as const,
  at: new Date(Date.now() + seconds * 1_000).toISOString(),
});
const runsOf = async (client: Client, scheduleId: string): Promise<ScheduleRun[]> =>
  (await client.call('listScheduleRuns', { params: { scheduleId } })).runs;
const toldTo = async (client: Client, title: string): Promise<Notification[]> =>
  (await client.call('listNotifications', {})).notifications.filter((told) => told.title === title);

describe('with the real OpenClaw', () => {
  let installation: TestInstallation;
  let ryan: Person;

  beforeAll(async () => {
    installation = await startTestInstallation();
    ryan = await installation.person('ryan');
  });
  afterAll(() => installation?.close());

  test('a time that comes while the agent sleeps wakes it, and its answer is told in the portal, live', async () => {
    const unread: number[] = [];
    const reading = new AbortController();
    const followed = ryan.client.events(
      'notificationEvents',
      {},
      { signal: reading.signal, onEvent: (event) => unread.push(event.unread) },
    );
    const { id } = await ryan.client.call('createSchedule', {
      body: { name: 'Who is it?', prompt: 'Who are you?', timing: inSeconds(2) },
    });
    await expect
      .poll(() => toldTo(ryan.client, 'Who is it?'), waking)
      .toMatchObject([{ kind: 'schedule_result', text: expect.stringContaining('Ryan Park'), readAt: null }]);
    await expect.poll(() => unread.at(-1)).toBeGreaterThan(0);
    reading.abort();
    await followed.catch(() => undefined);
    expect(await runsOf(ryan.client, id)).toMatchObject([{ state: 'answered', turnId: expect.any(String) }]);
    const { schedules } = await ryan.client.call('listSchedules', { query: {} });
    expect(schedules).toMatchObject([{ nextRunAt: null, lastRun: { state: 'answered' } }]);
  });

  test('an agent that is asked for a reminder makes the schedule itself, and is asked at its time', async () => {
    const answer = await ryan.ask('Remind me in 90 minutes to call Mike');
    expect(answer).toMatchObject({ state: 'answered' });
    const { schedules } = await ryan.client.call('listSchedules', { query: {} });
    const made = schedules.find(({ createdBy }) => createdBy.type === 'agent');
    expect(made).toMatchObject({ name: 'call Mike', enabled: true, nextRunAt: expect.any(String) });
    const scheduleId = made?.id ?? '';

    await ryan.client.call('runSchedule', { params: { scheduleId } });
    await expect.poll(() => toldTo(ryan.client, 'call Mike'), waking).toHaveLength(1);
    expect(await runsOf(ryan.client, scheduleId)).toMatchObject([{ state: 'answered' }]);
    // It was run beside its time, which still comes.
    const after = (await ryan.client.call('listSchedules', { query: {} })).schedules;
    expect(after.find(({ id }) => id === scheduleId)?.nextRunAt).toBe(made?.nextRunAt);
  });

  test('a heartbeat is run once the agent is awake and idle, when its file says something', async () => {
    const sophie = await installation.person('sophie');
    expect(await sophie.ask('Run `echo "Tell who you are." > HEARTBEAT.md`')).toMatchObject({ state: 'answered' });
    await expect.poll(() => toldTo(sophie.client, 'From your agent'), waking).toHaveLength(1);
  });

  test('what was due for an agent that is stopped is answered when it is started', async () => {
    const operator = operatorOf(installation);
    const params = { tenantId: 'ryan' };
    await operator.call('operateTenant', { params, body: { kind: 'stop' } });
    await expect.poll(async () => (await operator.call('tenant', { params })).state, waking).toBe('stopped');
    const { id } = await ryan.client.call('createSchedule', {
      body: { name: 'Patient', prompt: 'Who are you?', timing: inSeconds(1) },
    });
    await expect.poll(() => runsOf(ryan.client, id), waking).toMatchObject([{ state: 'running' }]);
    await operator.call('operateTenant', { params, body: { kind: 'start' } });
    await expect.poll(() => runsOf(ryan.client, id), waking).toMatchObject([{ state: 'answered' }]);
  });
});

describe('kill -9', () => {
  let data: string;
  let clawpool: ClawpoolProcess | undefined;
  afterEach(async () => {
    await clawpool?.interrupt();
    await rm(data, { recursive: true, force: true });
  });

  test('over the time a schedule is due: it is run after the next start, once', async () => {
    data = await mkdtemp(join(tmpdir(), 'clawpool-schedules-'));
    clawpool = await startClawpool(data);
    const before = await signIn(clawpool.url, 'ryan@acme.example', clawpool.samplePassword());
    const timing = inSeconds(5);
    const { id } = await before.client.call('createSchedule', {
      body: { name: 'Survivor', prompt: 'Who are you?', timing },
    });
    await clawpool.killTree();
    await expect.poll(() => Date.now(), { timeout: 10_000 }).toBeGreaterThan(Date.parse(timing.at));

    clawpool = await startClawpool(data);
    const { client } = await signIn(clawpool.url, 'ryan@acme.example', before.password);
    await expect.poll(() => toldTo(client, 'Survivor'), waking).toHaveLength(1);
    expect(await runsOf(client, id)).toMatchObject([{ state: 'answered', dueAt: timing.at }]);
    // And killed while it is being answered again: still one.
    await client.call('runSchedule', { params: { scheduleId: id } });
    await clawpool.killTree();

    clawpool = await startClawpool(data);
    const after = await signIn(clawpool.url, 'ryan@acme.example', before.password);
    await expect.poll(() => toldTo(after.client, 'Survivor'), waking).toHaveLength(2);
    expect(await runsOf(after.client, id)).toMatchObject([{ state: 'answered' }, { state: 'answered' }]);
  });
});
