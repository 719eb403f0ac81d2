import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { configTemplates, conversations, schedules, tenants, tiers, turns } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { hibernateIdle, type IdleFacts, type IdleOptions, isIdle } from './idle.ts';
import { insertOpenOperation, recordOperations } from './testing.ts';

const minute = 60_000;
const quiet: IdleFacts = {
  idleMs: 15 * minute,
  idleMinutes: 15,
  hasTurn: false,
  isWatched: false,
  cpuPercent: 1,
  startsInMs: null,
  hasScheduleSoon: false,
};

describe('a runtime is idle', () => {
  test.each([
    ['after the time its tier gives it', {}, true],
    ['not before', { idleMs: 15 * minute - 1 }, false],
    ['never while a turn runs or waits', { idleMs: 1_000 * minute, hasTurn: true }, false],
    ['not while it works in the background', { cpuPercent: 5.1 }, false],
    ['also when its CPU was not measured yet', { cpuPercent: null }, true],
    ['not when its timetable starts it within two minutes', { startsInMs: 2 * minute }, false],
    ['although its timetable starts it later', { startsInMs: 3 * minute }, true],
    ['not when one of its schedules is about to be due', { hasScheduleSoon: true }, false],
    ['not while somebody has its page open', { isWatched: true }, false],
    [
      'but a page that was left open counts for eight times as long only',
      { isWatched: true, idleMs: 120 * minute },
      true,
    ],
  ])('%s', (_, facts, idle) => {
    expect(isIdle({ ...quiet, ...facts })).toBe(idle);
  });
});

describe('every few seconds', () => {
  let database: Database;
  const now = new Date('2026-03-10T12:00:00Z');
  const ago = (minutes: number) => new Date(now.getTime() - minutes * minute);
  let operations = recordOperations();
  let world: IdleOptions;

  beforeEach(async () => {
    database = await createTestDatabase();
    await insertSmallOrganization(database);
    operations = recordOperations();
    world = {
      database,
      pool: { operations, busyTenants: () => new Set() },
      watchedConversations: () => [],
      cpuPercentOf: () => null,
      onError: (error) => {
        throw error;
      },
    };
    await run('ann', 20);
    await run('ben', 5);
  });
  afterEach(() => database.close());

  /** Runs since an hour, and had its last turn that many minutes ago. */
  const run = (id: string, minutes: number) =>
    database.db
      .update(tenants)
      .set({ state: 'running', stateSince: ago(60), lastActiveAt: ago(minutes) })
      .where(eq(tenants.id, id));

  test('hibernates who is idle, and nobody else', async () => {
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual(['hibernate ann by idle']);
  });

  test('leaves one that was just started, however long ago its last turn was', async () => {
    await database.db.update(tenants).set({ stateSince: ago(1) });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves always-on tiers alone', async () => {
    await database.db.update(tiers).set({ alwaysOn: true });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('goes by the template’s idle time where it has one', async () => {
    await database.db.insert(configTemplates).values({
      ...{ organizationId: 'org', name: 'patient', version: 1, createdBy: 'ann' },
      content: { description: '', skills: [], skillGroups: [], instructions: '', idleMinutes: 30 },
    });
    await database.db.update(tenants).set({ configTemplate: 'patient' });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one with an operation under way', async () => {
    await insertOpenOperation(database, 'ann');
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one whose turn runs in this process, or waits in the database', async () => {
    await hibernateIdle({ ...world, pool: { operations, busyTenants: () => new Set(['ann']) } }, now);
    await insertTurn('ann');
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one that somebody looks at', async () => {
    const conversationId = await insertConversation('ann');
    await hibernateIdle({ ...world, watchedConversations: () => [conversationId, 'gone'] }, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one that computes', async () => {
    await hibernateIdle({ ...world, cpuPercentOf: () => 40 }, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one whose timetable is about to start it', async () => {
    const timetable = { start: '12:01', stop: '18:00', timezone: 'UTC', days: ['tue' as const] };
    await database.db.update(tenants).set({ timetable });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
  });

  test('leaves one with a schedule that is due within five minutes', async () => {
    const schedule = {
      ...{ organizationId: 'org', id: 'daily', tenantId: 'ann', name: 'Daily', prompt: 'What is new?' },
      ...{
        timing: { kind: 'rate' as const, everyMinutes: 1_440 },
        missedRuns: 'once' as const,
        deliverTo: 'portal' as const,
      },
      ...{ createdByType: 'person' as const, createdByName: 'ann' },
    };
    await database.db.insert(schedules).values({ ...schedule, nextRunAt: ago(-5) });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual([]);
    await database.db.update(schedules).set({ nextRunAt: ago(-6) });
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual(['hibernate ann by idle']);
  });

  test('looks again when something else is done to the tenant meanwhile', async () => {
    operations.refuseWith('conflict');
    await hibernateIdle(world, now);
    operations.refuseWith(null);
    await hibernateIdle(world, now);
    expect(operations.asked()).toEqual(['hibernate ann by idle']);
  });

  async function insertConversation(tenantId: string): Promise<string> {
    const id = randomUUID();
    await database.db.insert(conversations).values({
      organizationId: 'org',
      id,
      tenantId,
      userId: `user-${tenantId}`,
      callerKey: `user:${tenantId}`,
      path: 'emp',
    });
    return id;
  }

  async function insertTurn(tenantId: string): Promise<void> {
    const conversationId = await insertConversation(tenantId);
    await database.db.insert(turns).values({ organizationId: 'org', id: randomUUID(), conversationId, tenantId });
  }
});
