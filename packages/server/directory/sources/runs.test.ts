import { and, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { takeOwnership } from '../../store/ownership.ts';
import {
  departments,
  directoryMappings,
  directoryRuns,
  directorySources,
  employees,
  members,
  tenants,
} from '../../store/schema/index.ts';
import { createSeal } from '../../store/seal.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { directoryDrivers } from '../drivers.ts';
import { feishuApp, startFakeFeishu } from '../feishu/fake-feishu.ts';
import type { FakePlatform } from '../testing/fake-platform.ts';
import { claimNextRun, renewRun } from './run-store.ts';
import { type DirectoryWorker, startDirectoryWorker } from './run-worker.ts';
import { createDirectorySourceService, type DirectorySourceService } from './source-service.ts';

const { signal } = new AbortController();
const seal = createSeal('the installation’s secret', 'directory');
let database: Database;
let admin: Principal;
let platform: FakePlatform;
let sources: DirectorySourceService;
let worker: DirectoryWorker | null;
let errors: unknown[];
beforeEach(async () => {
  database = await createTestDatabase();
  // Those who were there before have no roles to lose.
  admin = { ...(await insertSmallOrganization(database)).ann, roles: ['operator', 'admin'], permissions: ['policy'] };
  platform = await startFakeFeishu();
  platform.departments = [{ id: 'od-1', name: 'Engineering' }];
  platform.people = [1, 2, 3, 4, 5, 6].map((n) => ({
    ...{ id: `p${n}`, name: `P ${n}`, email: `p${n}@small.example`, title: 'Engineer', departments: ['od-1'] },
  }));
  errors = [];
  worker = null;
  sources = createDirectorySourceService({ database, seal, drivers: directoryDrivers, onRun: () => worker?.look() });
});
afterEach(async () => {
  await worker?.close();
  await platform.close();
  await database.close();
  expect(errors).toEqual([]);
});

const input = () => ({ baseUrl: platform.url, ...feishuApp, everyHours: 0, suspendPercent: 20 });
const connect = () => sources.save(admin, 'feishu', input());
const begin = (owner = 'one') => {
  worker = startDirectoryWorker({ database, seal, drivers: directoryDrivers, owner, onError: (e) => errors.push(e) });
};
const peopleOf = (source: 'feishu' | 'local') =>
  database.db.select().from(employees).where(eq(employees.source, source)).orderBy(employees.id);

async function run(agreed: number | null = null) {
  if (!worker) begin();
  await sources.start(admin, 'feishu', agreed);
  return ended();
}
async function ended() {
  const newest = async () => (await sources.runs(admin, 'feishu'))[0];
  await expect.poll(async () => (await newest())?.finishedAt, { timeout: 20_000 }).toBeTruthy();
  return (await newest()) as NonNullable<Awaited<ReturnType<typeof newest>>>;
}

test('without the permission “policy” nobody connects a platform, starts a run or lets go of one', async () => {
  await connect();
  const plain = { ...admin, permissions: [] };
  for (const refused of [
    () => sources.save(plain, 'feishu', input()),
    () => sources.start(plain, 'feishu', null),
    () => sources.remove(plain, 'feishu'),
  ]) {
    await expect(refused()).rejects.toMatchObject({ code: 'not_allowed' });
  }
});

test('what listens on this machine is an operator’s to connect; what one connected others may change', async () => {
  const plain: Principal = { ...admin, roles: ['admin'] };
  for (const baseUrl of [platform.url, 'https://localhost', 'https://127.1', 'https://[::1]']) {
    await expect(sources.save(plain, 'feishu', { ...input(), baseUrl })).rejects.toMatchObject({ code: 'not_allowed' });
  }
  await connect();
  expect(await sources.save(plain, 'feishu', { ...input(), everyHours: 1 })).toMatchObject({ everyHours: 1 });
});

describe('a preview', () => {
  test('tells what a run would do, and writes nothing', async () => {
    await connect();
    const plan = await sources.preview(admin, 'feishu', signal);
    expect(plan.created).toMatchObject({ count: 6 });
    expect(plan.created.people[0]).toMatchObject({ name: 'P 1', department: 'Engineering' });
    expect(plan.departments.created).toEqual({ count: 1, names: ['Engineering'] });
    expect(plan.asks).toBe(false);
    expect(await peopleOf('feishu')).toEqual([]);
    expect(await database.db.$count(departments)).toBe(1);
  });
});

describe('a run', () => {
  test('leaves alone who stands above it, and goes on with the others', async () => {
    await connect();
    await run();
    await database.db
      .update(members)
      .set({ roles: ['employee', 'admin'], permissions: ['policy'] })
      .where(eq(members.employeeId, 'p-1'));
    platform.people = platform.people.map((one) => ({ ...one, email: `new-${one.email}` }));
    const { counts, conflicts } = await run();
    expect(counts.changed).toBe(5);
    expect(conflicts).toMatchObject([
      { name: 'P 1', reason: 'refused', detail: 'P 1 stands above what a directory may change.' },
    ]);
  });

  test('does not adopt an admin', async () => {
    await connect();
    await database.db
      .update(members)
      .set({ roles: ['admin'] })
      .where(eq(members.employeeId, 'ben'));
    platform.people.push({ id: 'x-ben', name: 'Ben', email: 'ben@small.example' });
    expect((await run()).conflicts).toMatchObject([{ reason: 'email_taken' }]);
  });

  test('brings people and departments, gives agents to whose title is a position, and then has nothing to do', async () => {
    await database.db.insert(directoryMappings).values({
      ...{ organizationId: 'org', kind: 'title', key: 'engineer', name: 'Engineer', positionId: 'maker' },
    });
    await connect();
    expect(await run()).toMatchObject({ state: 'done', counts: { created: 6, departmentsCreated: 1 }, conflicts: [] });
    const [first] = await peopleOf('feishu');
    expect(first).toMatchObject({ name: 'P 1', externalId: 'p1', positionId: 'maker', active: true });
    expect(await database.db.$count(tenants)).toBe(2 + 6);
    const [member] = await database.db
      .select()
      .from(members)
      .where(eq(members.employeeId, first?.id ?? ''));
    expect(member?.roles).toEqual(['employee']);

    const again = await run();
    expect(again).toMatchObject({
      state: 'done',
      counts: { created: 0, changed: 0, suspended: 0, departmentsChanged: 0 },
    });
    const told = await listAuditEvents(database.db, 'org', { limit: 50, action: 'directory.' });
    expect(told.map(({ action }) => action)).toEqual([
      ...['directory.synchronised', 'directory.started', 'directory.synchronised', 'directory.started'],
      'directory.connected',
    ]);
  });

  test('adopts who was made by hand, follows changes, and suspends who left without deleting anything', async () => {
    await connect();
    platform.people.push({ id: 'x-ben', name: 'Benjamin', email: 'BEN@small.example', departments: ['od-1'] });
    await run();
    const ben = async () => (await database.db.select().from(employees).where(eq(employees.id, 'ben')))[0];
    expect(await ben()).toMatchObject({ name: 'Benjamin', source: 'feishu', externalId: 'x-ben', positionId: 'maker' });

    platform.people = platform.people.filter(({ id }) => id !== 'x-ben');
    platform.departments = [{ id: 'od-1', name: 'Product' }];
    expect(await run()).toMatchObject({ counts: { suspended: 1, departmentsChanged: 1 } });
    expect(await ben()).toMatchObject({ active: false, suspendedBy: 'feishu' });
    expect(await database.db.$count(tenants, eq(tenants.employeeId, 'ben'))).toBe(1);

    platform.people.push({ id: 'x-ben', name: 'Benjamin', email: 'ben@small.example', departments: ['od-1'] });
    await run();
    expect(await ben()).toMatchObject({ active: true, suspendedBy: null });
  });

  test('that would suspend too many stops and asks, and goes on once so many were agreed to', async () => {
    await connect();
    await run();
    platform.people = platform.people.slice(0, 1);
    const stopped = await run();
    expect(stopped).toMatchObject({
      state: 'stopped',
      counts: { suspended: 0 },
      hint: expect.stringContaining('preview'),
    });
    expect((await peopleOf('feishu')).every(({ active }) => active)).toBe(true);
    expect((await sources.preview(admin, 'feishu', signal)).asks).toBe(true);
    expect(await run(4)).toMatchObject({ state: 'stopped' });
    expect(await run(5)).toMatchObject({ state: 'done', counts: { suspended: 5 } });
  });

  test('that finds one person it cannot take over takes the others', async () => {
    await connect();
    platform.people.push({ id: 'no-mail', name: 'No Mail' });
    const done = await run();
    expect(done).toMatchObject({ state: 'done', counts: { created: 6 } });
    expect(done.conflicts).toEqual([{ name: 'No Mail', email: '', reason: 'no_email', detail: '' }]);
  });

  test('fails with what the platform says, and changes nothing', async () => {
    await connect();
    platform.forbid();
    expect(await run()).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('does not let the app read'),
    });
    expect(await peopleOf('feishu')).toEqual([]);
  });

  test('is one at a time for a source', async () => {
    await connect();
    const both = await Promise.allSettled([1, 2].map(() => sources.start(admin, 'feishu', null)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    await expect(sources.remove(admin, 'feishu')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('begins by itself when its time has come', async () => {
    await sources.save(admin, 'feishu', { ...input(), everyHours: 6 });
    await database.db.update(directorySources).set({ nextRunAt: new Date() });
    begin();
    await expect.poll(async () => (await sources.runs(admin, 'feishu')).length, { timeout: 20_000 }).toBe(1);
    expect(await ended()).toMatchObject({ startedBy: null, state: 'done', counts: { created: 6 } });
    const [source] = await sources.list(admin);
    expect(Date.parse(source?.nextRunAt ?? '')).toBeGreaterThan(Date.now() + 5 * 3_600_000);
  });

  test('of a process that was killed is gone on with by another; the killed one can write nothing any more', async () => {
    await connect();
    await sources.start(admin, 'feishu', null);
    const dead = await takeOwnership(database.connection);
    const claimed = await claimNextRun(database.db, dead.owner, 600_000);
    if (!claimed) throw new Error('there was a run to claim');
    expect(await renewRun(database.db, claimed, 600_000, { ...claimed.counts, created: 2 })).toBe(true);
    await dead.close();
    begin('another');
    expect(await ended()).toMatchObject({ state: 'done', counts: { created: 2 + 6 } });
    expect(await renewRun(database.db, claimed, 600_000)).toBe(false);
  });
});

describe('a source', () => {
  test('shows no secret, keeps it sealed, and sends it nowhere else', async () => {
    const view = await connect();
    expect(JSON.stringify(view)).not.toContain(feishuApp.appSecret);
    const stored = JSON.stringify(await database.db.select().from(directorySources));
    expect(stored).not.toContain(feishuApp.appSecret);
    const { appSecret: _, ...rest } = input();
    await sources.save(admin, 'feishu', { ...rest, everyHours: 24 });
    expect(await sources.check(admin, 'feishu', signal)).toMatchObject({ works: true });
    const elsewhere = { ...rest, baseUrl: 'https://elsewhere.example' };
    await expect(sources.save(admin, 'feishu', elsewhere)).rejects.toMatchObject({ code: 'invalid_request' });
    const plain = { ...input(), baseUrl: 'http://feishu.example' };
    await expect(sources.save(admin, 'feishu', plain)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('that does not work says why, as an answer', async () => {
    await sources.save(admin, 'feishu', { ...input(), appSecret: 'wrong' });
    expect(await sources.check(admin, 'feishu', signal)).toMatchObject({
      works: false,
      message: expect.stringContaining('app id and secret'),
      hint: expect.any(String),
    });
  });

  test('that is removed leaves its people and departments, to be changed by hand', async () => {
    await connect();
    await run();
    await sources.remove(admin, 'feishu');
    expect(await sources.list(admin)).toEqual([]);
    expect(await peopleOf('feishu')).toEqual([]);
    expect(await peopleOf('local')).toHaveLength(8);
    expect(await database.db.$count(departments, and(eq(departments.source, 'local')))).toBe(2);
    expect(await database.db.$count(directoryRuns)).toBe(0);
  });

  test('of another organization does not exist', async () => {
    const { ann } = await insertSmallOrganization(database, 'other');
    const stranger: Principal = { ...ann, permissions: ['policy'] };
    await connect();
    expect(await sources.list(stranger)).toEqual([]);
    for (const reach of [
      () => sources.preview(stranger, 'feishu', signal),
      () => sources.start(stranger, 'feishu', null),
      () => sources.runs(stranger, 'feishu'),
      () => sources.remove(stranger, 'feishu'),
    ]) {
      await expect(reach()).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
