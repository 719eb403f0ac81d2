import type { Timetable } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { insertOpenOperation, recordOperations } from './testing.ts';
import { timetableEvents } from './timetable.ts';
import { runTimetables } from './timetable-runner.ts';

const office: Timetable = {
  start: '09:00',
  stop: '17:30',
  timezone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
};

/** `start 2026-03-10T08:00Z` */
const shown = (event: { at: Date; does: string } | null) =>
  event && `${event.does} ${event.at.toISOString().slice(0, 16)}Z`;
const around = (timetable: Timetable, now: string) => {
  const { latest, next } = timetableEvents(timetable, new Date(now));
  return [shown(latest), shown(next)];
};

describe('a timetable', () => {
  test('starts and stops at its own clock’s times', () => {
    expect(around(office, '2026-03-10T12:00:00Z')).toEqual(['start 2026-03-10T08:00Z', 'stop 2026-03-10T16:30Z']);
    expect(around(office, '2026-03-10T20:00:00Z')).toEqual(['stop 2026-03-10T16:30Z', 'start 2026-03-11T08:00Z']);
  });

  test('an event is the newest from its very second on', () => {
    expect(around(office, '2026-03-10T07:59:59.999Z')[0]).toBe('stop 2026-03-09T16:30Z');
    expect(around(office, '2026-03-10T08:00:00.000Z')).toEqual(['start 2026-03-10T08:00Z', 'stop 2026-03-10T16:30Z']);
    expect(around(office, '2026-03-10T08:00:00.400Z')[0]).toBe('start 2026-03-10T08:00Z');
  });

  test('rests on other days', () => {
    expect(around(office, '2026-03-14T12:00:00Z')).toEqual(['stop 2026-03-13T16:30Z', 'start 2026-03-16T08:00Z']);
  });

  test('with a stop before its start goes over midnight', () => {
    const night: Timetable = { ...office, start: '22:00', stop: '06:00', timezone: 'UTC', days: ['fri'] };
    expect(around(night, '2026-03-14T00:00:00Z')).toEqual(['start 2026-03-13T22:00Z', 'stop 2026-03-14T06:00Z']);
    expect(around({ ...night, days: ['sat'] }, '2026-03-15T00:00:00Z')).toEqual([
      'start 2026-03-14T22:00Z',
      'stop 2026-03-15T06:00Z',
    ]);
  });

  test('keeps the clock’s time when summer time begins and ends', () => {
    expect(around(office, '2026-03-30T12:00:00Z')[0]).toBe('start 2026-03-30T07:00Z');
    expect(around(office, '2026-10-26T12:00:00Z')[0]).toBe('start 2026-10-26T08:00Z');
  });

  test('a time that does not exist is an hour later, one that comes twice counts once', () => {
    const early: Timetable = { ...office, start: '02:30', days: ['sun'] };
    expect(around(early, '2026-03-29T00:59:59Z')[1]).toBe('start 2026-03-29T01:00Z');
    expect(around(early, '2026-10-25T00:40:00Z')[0]).toBe('start 2026-10-25T00:30Z');
    expect(around(early, '2026-10-25T01:40:00Z')).toEqual(['start 2026-10-25T00:30Z', 'stop 2026-10-25T16:30Z']);
  });
});

describe('timetables are kept', () => {
  let database: Database;
  let operations = recordOperations();

  beforeEach(async () => {
    database = await createTestDatabase();
    await insertSmallOrganization(database);
    operations = recordOperations();
    await set({ timetable: office, state: 'stopped', createdAt: new Date('2026-03-01T00:00:00Z') });
  });
  afterEach(() => database.close());

  const set = (values: Partial<typeof tenants.$inferInsert>) =>
    database.db.update(tenants).set(values).where(eq(tenants.id, 'ann'));
  const at = (time: string) => {
    const onError = (error: unknown) => {
      throw error;
    };
    return runTimetables({ database, operations, onError }, new Date(time));
  };

  test('each event is acted upon once', async () => {
    await at('2026-03-10T08:00:05Z');
    await at('2026-03-10T08:00:20Z');
    await set({ state: 'running' });
    await at('2026-03-10T16:30:05Z');
    await at('2026-03-10T16:30:20Z');
    expect(operations.asked()).toEqual(['start ann by timetable', 'stop ann by timetable']);
  });

  test('of what was missed, only the newest matters', async () => {
    await at('2026-03-12T20:00:00Z');
    expect(operations.asked()).toEqual([]);
    await set({ state: 'running', timetableDoneAt: null });
    await at('2026-03-12T20:00:00Z');
    expect(operations.asked()).toEqual(['stop ann by timetable']);
  });

  test('a person who starts it in the evening keeps it', async () => {
    await at('2026-03-10T16:30:05Z');
    await set({ state: 'running' });
    await at('2026-03-10T19:00:00Z');
    expect(operations.asked()).toEqual([]);
  });

  test('what was due before the tenant was made does not count', async () => {
    await set({ state: 'running', createdAt: new Date('2026-03-10T20:00:00Z') });
    await at('2026-03-10T20:01:00Z');
    expect(operations.asked()).toEqual([]);
  });

  test('waits while something else is done to the tenant, and asks with one token however often it is killed', async () => {
    const operationId = await insertOpenOperation(database, 'ann');
    await at('2026-03-10T08:00:05Z');
    expect(operations.asked()).toEqual([]);
    await database.pool.query(`update operations set state = 'succeeded', finished_at = now() where id = $1`, [
      operationId,
    ]);
    operations.refuseWith('conflict');
    await at('2026-03-10T08:00:20Z');
    operations.refuseWith(null);
    await at('2026-03-10T08:00:35Z');
    await set({ timetableDoneAt: null });
    await at('2026-03-10T08:00:50Z');
    const tokens = operations.requests.map(({ request }) => request.clientToken);
    expect(tokens).toEqual([tokens[0], tokens[0]]);
    expect(tokens[0]).toContain('ann');
  });

  test('a start that is refused is in the tenant’s timeline, and the stop is kept nevertheless', async () => {
    operations.refuseWith('quota_exceeded');
    await at('2026-03-10T08:00:05Z');
    await at('2026-03-10T08:00:20Z');
    const events = await database.db.select().from(auditEvents).where(eq(auditEvents.targetId, 'ann'));
    expect(events).toMatchObject([
      { action: 'tenant.timetable_failed', outcome: 'failed', detail: { event: 'start' } },
    ]);
  });

  test('a clock that was years ahead for a while does not switch it off', async () => {
    await set({ timetableDoneAt: new Date('2031-01-01T00:00:00Z') });
    await at('2026-03-10T07:00:00Z');
    await at('2026-03-10T08:00:05Z');
    expect(operations.asked()).toEqual(['start ann by timetable']);
  });
});
