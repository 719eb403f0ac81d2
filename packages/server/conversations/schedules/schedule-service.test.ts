import { type ScheduleInput, scheduleInput } from '@clawpool/contracts';
import { asc, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { listenForNotifications } from '../../store/notifications.ts';
import { auditEvents, scheduleRuns, tenants, turns } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createScheduleService, type ScheduleService } from './schedule-service.ts';

let database: Database;
let ann: Principal;
let ben: Principal;
let service: ScheduleService;
let clock: Date;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
  clock = new Date('2026-03-10T07:30:00Z');
  service = createScheduleService(database, { now: () => clock });
});
afterEach(() => database.close());

const input = (change: Partial<ScheduleInput> = {}): ScheduleInput =>
  scheduleInput.parse({
    ...{ name: 'Daily', prompt: 'What is new?' },
    ...{ timing: { kind: 'cron', expression: '0 9 * * *', timezone: 'Europe/Berlin' }, ...change },
  });
const admin = (): Principal => ({ ...ben, roles: ['admin'] });
const key = (change: Partial<NonNullable<Principal['apiKey']>> = {}): Principal => ({
  ...{ userId: 'key', name: 'CRM', organizationId: 'org', employeeId: null, roles: [] },
  apiKey: { id: 'k1', name: 'CRM', scopes: ['schedules'], tenantIds: ['ann'], ...change },
});
const audited = async () =>
  (await database.db.select().from(auditEvents).orderBy(asc(auditEvents.id))).map(
    ({ action, actorType, actorName, targetId }) => `${action} of ${targetId} by ${actorType} ${actorName}`,
  );

describe('a person', () => {
  test('makes, changes, lists and deletes schedules of the own agent', async () => {
    const made = await service.create(ann, input());
    expect(made).toMatchObject({
      ...{ tenantId: 'ann', enabled: true, missedRuns: 'once', createdBy: { type: 'person', name: 'ann' } },
      ...{ nextRunAt: '2026-03-10T08:00:00.000Z', lastRun: null },
    });
    const changed = await service.change(
      ann,
      made.id,
      input({ name: 'Hourly', timing: { kind: 'rate', everyMinutes: 60 } }),
    );
    expect(changed).toMatchObject({ id: made.id, name: 'Hourly', nextRunAt: '2026-03-10T08:30:00.000Z' });
    expect(await service.list(ann)).toEqual([changed]);
    await service.remove(ann, made.id);
    expect(await service.list(ann)).toEqual([]);
    expect(await audited()).toEqual([
      'schedule.created of ann by person ann',
      'schedule.changed of ann by person ann',
      'schedule.deleted of ann by person ann',
    ]);
  });

  test('sees and touches nobody else’s, which is as if it were not there', async () => {
    const { id } = await service.create(ann, input());
    const gone = { code: 'not_found' };
    await expect(service.list(ben, 'ann')).rejects.toMatchObject(gone);
    await expect(service.create(ben, input(), 'ann')).rejects.toMatchObject(gone);
    await expect(service.change(ben, id, input())).rejects.toMatchObject(gone);
    await expect(service.remove(ben, id)).rejects.toMatchObject(gone);
    await expect(service.run(ben, id)).rejects.toMatchObject(gone);
    await expect(service.runs(ben, id)).rejects.toMatchObject(gone);
    expect(await service.list(ann)).toHaveLength(1);
  });

  test('without an agent is told so', async () => {
    await expect(service.list({ ...ann, employeeId: null })).rejects.toMatchObject({
      message: 'You have no agent yet.',
    });
  });

  test('who is an admin has those of any tenant of the organization, and of no other', async () => {
    const { id } = await service.create(admin(), input(), 'ann');
    expect(await service.list(admin(), 'ann')).toMatchObject([{ id, createdBy: { name: 'ben' } }]);
    await insertSmallOrganization(database, 'other');
    await expect(service.list(admin(), 'other-ann')).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.remove({ ...admin(), organizationId: 'other' }, id)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('makes none for an agent that was deleted, and none without a time', async () => {
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: clock }).where(eq(tenants.id, 'ann'));
    await expect(service.create(admin(), input(), 'ann')).rejects.toMatchObject({ code: 'not_found' });
    const past = input({ timing: { kind: 'at', at: '2026-03-10T07:30:00Z' } });
    await expect(service.create(ben, past)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('makes no more than fifty, also of two at once', async () => {
    for (let count = 0; count < 49; count++) await service.create(ann, input());
    const both = await Promise.allSettled([service.create(ann, input()), service.create(ann, input())]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(service.create(ann, input())).rejects.toMatchObject({ code: 'quota_exceeded' });
  });
});

describe('switching', () => {
  test('off leaves no next time; on again begins with the next from now', async () => {
    const { id } = await service.create(ann, input());
    expect(await service.change(ann, id, input({ enabled: false }))).toMatchObject({ nextRunAt: null });
    clock = new Date('2026-03-12T12:00:00Z');
    expect(await service.change(ann, id, input())).toMatchObject({ nextRunAt: '2026-03-13T08:00:00.000Z' });
  });

  test('another name does not lose a time that is due this moment', async () => {
    const { id } = await service.create(ann, input());
    clock = new Date('2026-03-10T08:00:01Z');
    expect(await service.change(ann, id, input({ name: 'Morning' }))).toMatchObject({
      nextRunAt: '2026-03-10T08:00:00.000Z',
    });
  });

  test('a single time that is over may be renamed and switched off, but not on', async () => {
    const once = (change: Partial<ScheduleInput> = {}) =>
      input({ timing: { kind: 'at', at: '2026-03-10T08:00:00Z' }, ...change });
    const { id } = await service.create(ann, once());
    clock = new Date('2026-03-10T09:00:00Z');
    await service.change(ann, id, once({ name: 'Was it' }));
    await service.change(ann, id, once({ enabled: false }));
    await expect(service.change(ann, id, once())).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('running it now', () => {
  test('is one more run, told of at once', async () => {
    const { id, nextRunAt } = await service.create(ann, input());
    const run = await service.run(ann, id);
    expect(run).toMatchObject({ state: 'running', dueAt: clock.toISOString() });
    expect(await database.db.select().from(turns)).toMatchObject([{ id: run.turnId, origin: 'schedule' }]);
    expect(await service.runs(ann, id)).toEqual([run]);
    expect(await service.list(ann)).toMatchObject([{ lastRun: run, nextRunAt }]);
  });

  test('is refused, and leaves nothing, when too much waits', async () => {
    const { id } = await service.create(ann, input());
    for (let count = 0; count < 20; count++) {
      clock = new Date(clock.getTime() + 1);
      await service.run(ann, id);
    }
    clock = new Date(clock.getTime() + 1);
    await expect(service.run(ann, id)).rejects.toMatchObject({ code: 'too_many_requests' });
    expect(await service.runs(ann, id)).toHaveLength(20);
  });
});

test('deleting stops what waits, and keeps what was said', async () => {
  const { id } = await service.create(ann, input());
  const { turnId } = await service.run(ann, id);
  const notifications = await listenForNotifications(database.connection);
  const stopped: string[] = [];
  notifications.on('turn_stop_requested', (told) => stopped.push(told.turnId));
  await service.remove(ann, id);
  await expect.poll(() => stopped).toEqual([turnId]);
  await notifications.close();
  expect(await database.db.select().from(turns)).toMatchObject([{ stopRequestedAt: expect.any(Date) }]);
  expect(await database.db.select().from(scheduleRuns)).toEqual([]);
});

describe('an integrator’s key', () => {
  test('has the schedules of its tenants', async () => {
    const { id } = await service.create(key(), input(), 'ann');
    expect(await service.list(key(), 'ann')).toMatchObject([{ createdBy: { type: 'api', name: 'CRM' } }]);
    await expect(service.remove(key({ tenantIds: ['ann', 'ben'] }), id, 'ben')).rejects.toMatchObject({
      code: 'not_found',
    });
    await service.remove(key(), id, 'ann');
    expect(await audited()).toEqual(['schedule.created of ann by system CRM', 'schedule.deleted of ann by system CRM']);
  });

  test('needs the scope, and has no other tenant’s', async () => {
    await expect(service.list(key({ scopes: ['chat'] }), 'ann')).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(service.create(key(), input(), 'ben')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a preview is the next five times, or why there is none', () => {
  const { timing } = input();
  expect(service.preview(timing).map((at) => at.toISOString().slice(0, 10))).toEqual([
    ...['2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13', '2026-03-14'],
  ]);
  expect(service.preview({ kind: 'at', at: '2026-03-10T08:00:00Z' })).toHaveLength(1);
  expect(() => service.preview({ kind: 'cron', expression: '0 0 31 2 *', timezone: 'UTC' })).toThrow();
});

test('what PostgreSQL cannot hold is left out', async () => {
  const made = await service.create(ann, input({ name: 'A\0B', prompt: 'C\0D' }));
  expect(made).toMatchObject({ name: 'AB', prompt: 'CD' });
});
