import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Database } from '../../store/database.ts';
import { listenForNotifications } from '../../store/notifications.ts';
import {
  channelAccounts,
  channelBindings,
  conversations,
  messages,
  outbox,
  personNotifications,
  scheduleRuns,
  schedules,
  tenants,
  turns,
  webhookDeliveries,
  webhooks,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import type { EndedTurn } from '../turn-events.ts';
import { tenantsWithScheduleDueWithin } from './due.ts';
import { scheduleListener } from './schedule-listener.ts';
import { runDueSchedules, startScheduleRunner } from './schedule-runner.ts';

let database: Database;
const created = new Date('2026-03-10T07:30:00Z');
const ten = new Date('2026-03-10T10:00:00Z');
const fail = (error: unknown) => {
  throw error;
};

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

type NewSchedule = typeof schedules.$inferInsert;

async function insertSchedule(change: Partial<NewSchedule> = {}): Promise<string> {
  const id = change.id ?? randomUUID();
  await database.db.insert(schedules).values({
    ...{ organizationId: 'org', tenantId: 'ann', name: 'Hourly', prompt: 'What is new?', missedRuns: 'once' },
    ...{ timing: { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' }, deliverTo: 'preferred' },
    ...{ createdByType: 'person', createdByName: 'ann', createdAt: created, nextRunAt: ten, ...change, id },
  });
  return id;
}

const listenToRuns = () =>
  database.db.insert(webhooks).values({
    organizationId: 'org',
    id: 'hook',
    url: 'https://a.example',
    events: ['schedule.ran'],
    sealedSecret: '',
  });

const run = (now: Date, db = database) => runDueSchedules(db, () => now, fail);
const runRows = () => database.db.select().from(scheduleRuns).orderBy(asc(scheduleRuns.dueAt));
const turnRows = () => database.db.select().from(turns).orderBy(asc(turns.arrival));
const scheduleRow = async () => (await database.db.select().from(schedules))[0];

describe('a schedule that is due', () => {
  test('becomes a run and a turn in a session of its own, and moves on', async () => {
    const id = await insertSchedule();
    await run(ten);
    const [turn] = await turnRows();
    expect(turn).toMatchObject({ tenantId: 'ann', origin: 'schedule', verification: 'schedule', state: 'queued' });
    expect(await runRows()).toMatchObject([
      { scheduleId: id, dueAt: ten, state: 'running', turnId: turn?.id, conversationId: turn?.conversationId },
    ]);
    expect(await database.db.select().from(conversations)).toMatchObject([
      { path: 'cron', callerKey: `schedule:${id}`, callerName: 'Hourly', userId: 'user-ann', tenantId: 'ann' },
    ]);
    expect(await database.db.select().from(messages)).toMatchObject([
      { text: 'What is new?', channelMessageId: 'due:2026-03-10T10:00:00.000Z', role: 'person' },
    ]);
    expect((await scheduleRow())?.nextRunAt).toEqual(new Date('2026-03-10T11:00:00Z'));
  });

  test('is not begun before its time, when switched off, or without a next time', async () => {
    await insertSchedule();
    await insertSchedule({ enabled: false });
    await insertSchedule({ nextRunAt: null });
    await run(new Date(ten.getTime() - 1));
    expect(await runRows()).toEqual([]);
  });

  test('tells of the times that were missed', async () => {
    await insertSchedule({ missedRuns: 'skip' });
    await run(new Date('2026-03-10T12:30:00Z'));
    expect((await runRows()).map(({ state }) => state)).toEqual(['missed', 'missed', 'missed']);
    expect(await turnRows()).toEqual([]);
  });

  test('does not fill the queue of an agent that does not answer', async () => {
    await insertSchedule();
    for (const hour of ['10', '11', '12']) await run(new Date(`2026-03-10T${hour}:00:00Z`));
    expect((await runRows()).map(({ state }) => state)).toEqual(['running', 'missed', 'missed']);
    expect(await turnRows()).toHaveLength(1);
  });

  test('is run for a tenant that is stopped, and for the last time for one that was deleted', async () => {
    await insertSchedule();
    await database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 'ann'));
    await run(ten);
    expect(await turnRows()).toHaveLength(1);

    await insertSchedule({ tenantId: 'ben', id: 'of-ben' });
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: ten }).where(eq(tenants.id, 'ben'));
    await run(ten);
    const [ofBen] = await database.db.select().from(schedules).where(eq(schedules.id, 'of-ben'));
    expect(ofBen?.nextRunAt).toBeNull();
  });

  test('fails, and says so, when too much waits for the agent', async () => {
    const conversationId = randomUUID();
    const key = { organizationId: 'org', tenantId: 'ann' };
    await database.db.insert(conversations).values({ ...key, id: conversationId, path: 'emp', callerKey: 'user:x' });
    const waiting = Array.from({ length: 20 }, () => ({ ...key, id: randomUUID(), conversationId }));
    await database.db.insert(turns).values(waiting);
    await listenToRuns();
    await insertSchedule();
    await run(ten);
    expect(await runRows()).toMatchObject([{ state: 'failed', turnId: null, finishedAt: ten }]);
    expect(await database.db.select().from(personNotifications)).toMatchObject([
      {
        userId: 'user-ann',
        kind: 'schedule_failed',
        title: 'Hourly',
        text: expect.stringContaining('20 messages wait'),
      },
    ]);
    expect(await database.db.select().from(webhookDeliveries)).toMatchObject([
      { payload: { data: { state: 'failed', failure: { reason: 'too_many_requests' } } } },
    ]);
  });

  test('that cannot be run does not keep others from running', async () => {
    await insertSchedule({
      id: 'broken',
      nextRunAt: new Date('2026-03-10T09:00:00Z'),
      timing: { kind: 'odd' } as never,
    });
    await insertSchedule({ id: 'whole' });
    const errors: unknown[] = [];
    const broken = await runDueSchedules(
      database,
      () => ten,
      (error) => errors.push(error),
    );
    expect(broken).toEqual(['broken']);
    expect(errors).toHaveLength(1);
    expect(await runRows()).toMatchObject([{ scheduleId: 'whole' }]);
  });

  test('keeps its latest runs', async () => {
    const id = await insertSchedule();
    const old = Array.from({ length: 250 }, (_, index) => ({
      ...{ organizationId: 'org', id: randomUUID(), scheduleId: id, state: 'answered' as const },
      dueAt: new Date(ten.getTime() - (index + 1) * 3_600_000),
    }));
    await database.db.insert(scheduleRuns).values(old);
    await run(ten);
    const kept = await runRows();
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)?.dueAt).toEqual(ten);
  });
});

describe('each time becomes one turn', () => {
  test('however many look at once', async () => {
    for (let count = 0; count < 12; count++) await insertSchedule();
    const processes = await Promise.all([0, 1, 2].map(() => connect({ ...database, onProgress: () => {} })));
    await Promise.all(processes.map((process) => run(ten, process)));
    await Promise.all(processes.map((process) => process.close()));
    expect(await turnRows()).toHaveLength(12);
    expect(new Set((await runRows()).map(({ scheduleId }) => scheduleId)).size).toBe(12);
  });

  test('although the process that had begun it is killed', async () => {
    await insertSchedule();
    // Holds the doomed one up when its run and its session are written, and its turn is not.
    const barrier = await database.pool.connect();
    await barrier.query('begin; lock table messages in exclusive mode');
    const doomed = await connect({ ...database, onProgress: () => {} });
    const errors: unknown[] = [];
    const killed = runDueSchedules(
      doomed,
      () => ten,
      (error) => errors.push(error),
    );
    const waiting = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await database.pool.query(`select 1 ${waiting}`)).rowCount).toBe(1);
    // Whoever else looks meanwhile leaves it alone.
    await run(ten);
    await database.pool.query(`select pg_terminate_backend(pid) ${waiting}`);
    await killed;
    expect(errors).toHaveLength(1);
    await barrier.query('rollback');
    barrier.release();
    await doomed.close();

    expect([await runRows(), await turnRows()]).toEqual([[], []]);
    await Promise.all([run(ten), run(ten)]);
    expect(await turnRows()).toHaveLength(1);
    expect(await runRows()).toMatchObject([{ state: 'running', dueAt: ten }]);
  });
});

test('a runner wakes for what is due, and for what becomes due sooner', async () => {
  const notifications = await listenForNotifications(database.connection);
  const runner = startScheduleRunner({ database, notifications, onError: fail });
  try {
    const soon = new Date(Date.now() + 300);
    await insertSchedule({ timing: { kind: 'at', at: soon.toISOString() }, nextRunAt: soon });
    await database.pool.query(`select pg_notify('clawpool', '{"name":"schedules_changed","payload":{}}')`);
    await expect.poll(turnRows, { timeout: 10_000 }).toHaveLength(1);
    expect(await runRows()).toMatchObject([{ dueAt: soon }]);
    expect((await scheduleRow())?.nextRunAt).toBeNull();
  } finally {
    await runner.close();
    await notifications.close();
  }
});

test('tenants with a schedule soon are known', async () => {
  await insertSchedule();
  await insertSchedule({ tenantId: 'ben', enabled: false });
  const at = (minutes: number) => new Date(ten.getTime() - minutes * 60_000);
  expect([...(await tenantsWithScheduleDueWithin(database.db, 5, at(5)))]).toEqual(['ann']);
  expect([...(await tenantsWithScheduleDueWithin(database.db, 5, at(5.1)))]).toEqual([]);
});

describe('the end of a turn', () => {
  async function end(change: Partial<EndedTurn> = {}, origin: 'schedule' | 'heartbeat' | 'portal' = 'schedule') {
    const [row] = await turnRows();
    if (!row) throw new Error('there is no turn');
    const turn = { ...row, origin, tenantName: 'agent-ann' } as unknown as EndedTurn['turn'];
    const ended: EndedTurn = {
      ...{ turn, state: 'answered', text: 'All is well.', attachments: [], messageId: 'm', quick: false },
      ...{ failure: null, at: ten, ...change },
    };
    await database.db.transaction((tx) => scheduleListener(tx, ended));
  }
  const told = () => database.db.select().from(personNotifications);
  const sent = () => database.db.select().from(outbox);

  async function pair(preferred = true): Promise<void> {
    await database.db.insert(channelAccounts).values({
      ...{ organizationId: 'org', id: 'bot', channel: 'telegram', name: 'Bot', accountName: 'bot', mode: 'polling' },
      ...{ settings: {} as never, sealedSecret: '', sealedWebhookSecret: '' },
    });
    await database.db.insert(channelBindings).values({
      ...{ organizationId: 'org', accountId: 'bot', platformUserId: '7', chatId: '77', displayName: 'Ann' },
      ...{ employeeId: 'ann', userId: 'user-ann', preferred },
    });
  }

  test('ends the run, and tells its owner in the portal and the preferred channel', async () => {
    await pair();
    await insertSchedule();
    await run(ten);
    await end();
    const [{ conversationId } = { conversationId: null }] = await turnRows();
    expect(await runRows()).toMatchObject([{ state: 'answered', finishedAt: ten }]);
    expect(await told()).toMatchObject([
      { userId: 'user-ann', kind: 'schedule_result', title: 'Hourly', text: 'All is well.', conversationId },
    ]);
    expect(await sent()).toMatchObject([
      { accountId: 'bot', chatId: '77', kind: 'notification', content: { text: '**Hourly**\n\nAll is well.' } },
    ]);
  });

  test('is told in the portal alone where that is wanted, or no channel is preferred', async () => {
    await pair(false);
    await insertSchedule();
    await run(ten);
    await end();
    expect([await told(), await sent()]).toMatchObject([[{ kind: 'schedule_result' }], []]);
    await database.db.update(channelBindings).set({ preferred: true });
    await database.db.update(schedules).set({ deliverTo: 'portal' });
    await end({ state: 'failed', text: '' });
    expect(await sent()).toEqual([]);
  });

  test('says why it failed, and tells of it once', async () => {
    await insertSchedule();
    await run(ten);
    const failure = { reason: 'agent_error' as const, message: 'It broke.', hint: 'Try again.' };
    await end({ state: 'failed', text: '', failure });
    await end({ state: 'failed', text: '', failure });
    expect(await runRows()).toMatchObject([{ state: 'failed' }]);
    expect(await told()).toMatchObject([{ kind: 'schedule_failed', text: 'It broke. Try again.' }]);
    await end();
    expect(await runRows()).toMatchObject([{ state: 'answered' }]);
    expect(await told()).toHaveLength(2);
  });

  test('is not told to who stopped it, nor of a schedule that was deleted', async () => {
    await insertSchedule();
    await run(ten);
    await end({ state: 'stopped', text: '' });
    expect(await runRows()).toMatchObject([{ state: 'failed' }]);
    await database.db.delete(schedules);
    await end();
    expect(await told()).toEqual([]);
  });

  test('is nothing to schedules when it came by another way', async () => {
    await insertSchedule();
    await run(ten);
    await end({}, 'portal');
    expect(await runRows()).toMatchObject([{ state: 'running' }]);
  });

  test('is told to integrators who listen', async () => {
    await listenToRuns();
    const id = await insertSchedule();
    await run(ten);
    await end();
    expect(await database.db.select().from(webhookDeliveries)).toMatchObject([
      {
        event: 'schedule.ran',
        payload: { data: { scheduleId: id, tenantId: 'ann', state: 'answered', text: 'All is well.' } },
      },
    ]);
  });

  test('of a heartbeat is told when there is something to tell', async () => {
    await insertSchedule();
    await run(ten);
    await end({ text: 'HEARTBEAT_OK' }, 'heartbeat');
    await end({ state: 'failed', text: '' }, 'heartbeat');
    expect(await told()).toEqual([]);
    await end({ text: 'The server is down.' }, 'heartbeat');
    expect(await told()).toMatchObject([{ title: 'From your agent', text: 'The server is down.' }]);
  });
});
