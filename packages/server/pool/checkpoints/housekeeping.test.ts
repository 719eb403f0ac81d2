import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import { checkpoints, retentions, tenants } from '../../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../../testing/files-world.ts';
import { type Housekeeping, startHousekeeping } from './housekeeping.ts';

let world: FilesWorld;
let errors: unknown[];
const open: Housekeeping[] = [];
beforeEach(async () => {
  world = await startFilesWorld();
  errors = [];
  await set(tenants, { state: 'hibernated' });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await world.close();
});

const dayMs = 86_400_000;
const now = () => new Date(Date.now() + 60_000);
const set = (table: typeof tenants, values: Partial<typeof tenants.$inferInsert>, id?: string) =>
  world.database.db
    .update(table)
    .set(values)
    .where(id === undefined ? undefined : eq(table.id, id));
const age = (id: string, days: number) =>
  world.database.db
    .update(checkpoints)
    .set({ createdAt: new Date(Date.now() - days * dayMs) })
    .where(eq(checkpoints.id, id));
const rows = () => world.database.db.select().from(checkpoints).orderBy(checkpoints.createdAt);

function start(options: Partial<Parameters<typeof startHousekeeping>[0]> = {}): Housekeeping {
  const { database, blobs, checkpoints: service } = world;
  const onError = (error: unknown) => errors.push(error);
  const one = startHousekeeping({
    database,
    blobs,
    checkpoints: service,
    onError,
    now,
    everyMs: 3_600_000,
    ...options,
  });
  open.push(one);
  return one;
}

/** Looks until it fits; the test's own time limit is the only one. */
async function until(fits: () => Promise<boolean>): Promise<void> {
  while (!(await fits())) {
    if (errors.length > 0) throw errors[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a collection', () => {
  test('applies each organization’s retention and then removes the content', async () => {
    await world.write('ann', 'a.txt', 'old');
    const old = await world.take('ann', 'backup');
    await world.write('ann', 'a.txt', 'pinned');
    const pinned = await world.take('ann', 'backup');
    await world.write('ann', 'a.txt', 'new');
    const newest = await world.take('ann');
    await world.database.db.update(checkpoints).set({ pinned: true }).where(eq(checkpoints.id, pinned.id));
    for (const { id } of [old, pinned, newest]) await age(id, 4);
    expect((await start().collect()).checkpoints.get('org')).toBe(0);

    const rule = {
      organizationId: 'org',
      days: 3,
      backupsPerTenant: 30,
      checkpointsPerTenant: 10,
      backupEveryHours: 0,
    };
    await world.database.db.insert(retentions).values(rule);
    const { checkpoints: removed, blobs } = await start().collect();
    expect([removed.get('org'), blobs]).toEqual([1, 2]);
    expect((await rows()).map(({ id }) => id).sort()).toEqual([pinned.id, newest.id].sort());
    expect(await world.storedHashes()).toEqual(await world.referencedHashes());
    expect(await listAuditEvents(world.database.db, 'org', { limit: 1, action: 'retention.' })).toMatchObject([
      { action: 'retention.applied', detail: { checkpoints: 1 } },
    ]);
  });

  test('removes what a deleted tenant left, its last one too, once that is old enough', async () => {
    await world.write('ann', 'a.txt', 'left');
    const { id } = await world.take('ann', 'before_delete');
    await age(id, 30);
    await set(tenants, { state: 'deleted', deletedAt: new Date(Date.now() - 6 * dayMs) }, 'ann');
    await start().collect();
    expect(await rows()).toHaveLength(1);
    await set(tenants, { deletedAt: new Date(Date.now() - 8 * dayMs) }, 'ann');
    await start().collect();
    expect([await rows(), await world.storedHashes()]).toEqual([[], []]);
  });

  test('does not believe a clock that jumped: nothing is removed for its age', async () => {
    await world.write('ann', 'a.txt', 'old');
    const { id } = await world.take('ann', 'backup');
    await world.write('ann', 'a.txt', 'new');
    await world.take('ann');
    await age(id, 30);
    await start({ clock: { isTrustworthy: () => false } }).collect();
    expect(await rows()).toHaveLength(2);
  });
});

describe('backups on schedule', () => {
  const backups = async () => (await rows()).filter(({ backup }) => backup);

  test('are taken of a tenant that runs, and of one that changed since its last, and then not again', async () => {
    await set(tenants, { createdAt: new Date(Date.now() - 2 * dayMs) });
    await world.write('ann', 'a.txt', 'running');
    await set(tenants, { state: 'running' }, 'ann');
    await world.write('ben', 'b.txt', 'asleep');
    const asleep = await world.take('ben', 'stop');
    start({ everyMs: 20 });
    await until(async () => (await backups()).length === 2);
    expect((await backups()).map(({ tenantId, cause }) => [tenantId, cause]).sort()).toEqual([
      ['ann', 'schedule'],
      ['ben', 'stop'],
    ]);
    expect((await backups()).find(({ tenantId }) => tenantId === 'ben')?.id).toBe(asleep.id);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await rows()).toHaveLength(2);
  });

  test('are not due for a tenant that had one lately, never changed, or is on its way', async () => {
    await set(tenants, { createdAt: new Date(Date.now() - 2 * dayMs) });
    await set(tenants, { state: 'restoring' }, 'ben');
    await world.write('ann', 'a.txt', 'x');
    await world.take('ann', 'backup');
    await world.write('ann', 'a.txt', 'y');
    await world.take('ann', 'turn');
    start({ everyMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await backups()).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test('go on for the others when one cannot be taken', async () => {
    await set(tenants, { createdAt: new Date(Date.now() - 2 * dayMs), state: 'running' });
    const { checkpoint } = world.host;
    world.host.checkpoint = async (tenantId, ...rest) => {
      if (tenantId === 'ann') throw new Error('only this one');
      return checkpoint(tenantId, ...rest);
    };
    start({ everyMs: 20 });
    while ((await backups()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await backups()).toMatchObject([{ tenantId: 'ben' }]);
    expect(errors.length).toBeGreaterThan(0);
  });
});
