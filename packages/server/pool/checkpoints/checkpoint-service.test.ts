import { createHash } from 'node:crypto';
import { ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import { checkpoints, drifts, hosts, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { CheckpointError } from './checkpoint.ts';
import { type CheckpointService, createCheckpointService } from './checkpoint-service.ts';

let database: Database;
let host: ScriptedHost;
let service: CheckpointService;
let errors: unknown[];

beforeAll(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db
    .insert(hosts)
    .values({ id: 'local', cpuMillis: 1, memoryMegabytes: 1, diskMegabytes: 1, diskFreeMegabytes: 1 });
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.db.update(tenants).set({
    ...{ hostId: 'local', checkpointId: null, diskBytes: null, generation: 1, filesEpoch: 1 },
    ...{ state: 'running', deletedAt: null, diskMegabytes: null },
  });
  await database.db.delete(checkpoints);
  await database.db.delete(drifts);
  host = createScriptedHost();
  errors = [];
  service = createCheckpointService({
    database,
    hosts: new Map([['local', host]]),
    onError: (error) => errors.push(error),
    soon: { quietMs: 5, latestMs: 50 },
  });
});
afterEach(() => service.close());

const ann = { organizationId: 'org', tenantId: 'ann' };
const rootOf = (content: string) => createHash('sha256').update(content).digest('hex');
const rows = () => database.db.select().from(checkpoints).orderBy(checkpoints.createdAt);
const tenant = async (id = 'ann') => (await database.db.select().from(tenants).where(eq(tenants.id, id)))[0];
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: CheckpointError) => error,
  );
/** The first checkpoint of files waits until it is let go. */
function heldCheckpoint() {
  let letGo = () => {};
  let begun = () => {};
  const reading = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  host.beforeFiles(async () => {
    begun();
    await held;
  });
  return { reading, letGo };
}

describe('a checkpoint', () => {
  test('becomes what the tenant begins with, with the size of its files', async () => {
    host.files.set('ann', 'hello');
    const row = await service.take({ ...ann, cause: 'stop' });
    expect(row).toMatchObject({ tenantName: 'agent-ann', cause: 'stop', backup: false, image: 'test-image', bytes: 5 });
    expect(await tenant()).toMatchObject({ checkpointId: row.id, diskBytes: 5 });
    expect(await service.newestRoot('ann')).toBe(rootOf('hello'));
  });

  test('of unchanged files is the one that is there, unless it is to be a backup', async () => {
    const first = await service.take({ ...ann, cause: 'turn' });
    expect(await service.take({ ...ann, cause: 'turn' })).toEqual(first);
    const backup = await service.take({ ...ann, cause: 'backup', note: 'before the holidays', pinned: true });
    expect(backup).toMatchObject({ root: first.root, backup: true, pinned: true, note: 'before the holidays' });
    expect(await rows()).toHaveLength(2);
    expect((await tenant())?.checkpointId).toBe(backup.id);
  });

  test('names the person who asked for a backup in the audit trail; what is taken after each turn is not in it', async () => {
    await service.take({ ...ann, cause: 'turn' });
    await service.take({ ...ann, cause: 'backup', actor: { type: 'person', id: 'user-ben', name: 'Ben' } });
    const events = await listAuditEvents(database.db, 'org', { limit: 1, action: 'backup.' });
    expect(events).toMatchObject([
      { action: 'backup.created', actor: { name: 'Ben' }, target: { id: 'ann' }, detail: { cause: 'backup' } },
    ]);
  });

  test.each([
    ['a newer runtime', { generation: 2 }],
    ['files that were replaced', { filesEpoch: 2 }],
    ['a deletion', { state: 'deleted' as const, deletedAt: new Date() }],
  ])('never overwrites %s: it counts for nothing then', async (_what, change) => {
    host.beforeFiles(async () => {
      await database.db.update(tenants).set(change).where(eq(tenants.id, 'ann'));
    });
    const error = await failure(service.take({ ...ann, cause: 'stop' }));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.reason).toBe('superseded');
    expect(await rows()).toEqual([]);
    expect((await tenant())?.checkpointId).toBeNull();
  });

  test('of a tenant whose files are on no host is its newest one again', async () => {
    const first = await service.take({ ...ann, cause: 'turn' });
    await database.db.update(tenants).set({ hostId: null }).where(eq(tenants.id, 'ann'));
    expect(await service.take({ ...ann, cause: 'before_delete' })).toMatchObject({ root: first.root, backup: true });
  });

  test('of a tenant that the host has no files of is its newest one again', async () => {
    const first = await service.take({ ...ann, cause: 'turn' });
    host.beforeFiles(() => {
      throw new ClawpoolError('not_found', 'no folder');
    });
    expect((await service.take({ ...ann, cause: 'backup' })).root).toBe(first.root);
  });

  test.each([
    ['checkpoint_missing', { hostId: null }, () => {}],
    ['host_unreachable', { hostId: 'local' }, () => new ClawpoolError('unavailable', 'no answer')],
    ['storage_full', { hostId: 'local' }, () => Object.assign(new Error('write'), { code: 'ENOSPC' })],
    ['storage_full', { hostId: 'local' }, () => new ClawpoolError('storage_full', 'full')],
    ['checkpoint_damaged', { hostId: 'local' }, () => new DamagedBlobError(rootOf('x'))],
    ['system_error', { hostId: 'local' }, () => new TypeError('unforeseen')],
  ])('that cannot be taken says why: %s', async (reason, place, thrown) => {
    await database.db.update(tenants).set(place).where(eq(tenants.id, 'ann'));
    host.beforeFiles(() => {
      throw thrown();
    });
    const error = await failure(service.take({ ...ann, cause: 'backup' }));
    expect([error.constructor, error.reason]).toEqual([CheckpointError, reason]);
  });

  test('stores everything again when what an earlier one left is damaged, and says so', async () => {
    await service.take({ ...ann, cause: 'turn' });
    host.files.set('ann', 'more');
    const asked: (string | null)[] = [];
    const checkpoint = host.checkpoint;
    host.checkpoint = (tenantId, previous) => {
      asked.push(previous);
      if (previous !== null) throw new DamagedBlobError(previous);
      return checkpoint(tenantId, previous);
    };
    expect((await service.take({ ...ann, cause: 'turn' })).root).toBe(rootOf('more'));
    expect(asked).toEqual([rootOf(''), null]);
    expect(await database.db.select().from(drifts)).toMatchObject([{ kind: 'damaged_blob', tenantId: 'ann' }]);
  });

  test('larger than the tenant’s disk is taken all the same, and whoever looks after the pool is told once', async () => {
    await database.db.update(tenants).set({ diskMegabytes: 128 }).where(eq(tenants.id, 'ann'));
    const checkpoint = host.checkpoint;
    host.checkpoint = async (...input) => ({ ...(await checkpoint(...input)), bytes: 200 * 2 ** 20 });
    await service.take({ ...ann, cause: 'turn' });
    host.files.set('ann', 'more');
    await service.take({ ...ann, cause: 'turn' });
    expect(await rows()).toHaveLength(2);
    const found = await database.db.select().from(drifts);
    expect(found).toMatchObject([{ kind: 'storage_full', tenantId: 'ann', action: 'noted' }]);
    expect(found[0]?.detail).toContain('200 MB; its disk is 128 MB');
  });
});

describe('two at once', () => {
  test('share a snapshot when the second comes before files are read', async () => {
    host.files.set('ann', 'hello');
    let snapshots = 0;
    host.beforeFiles(() => {
      snapshots += 1;
    });
    const [stop, backup, turn] = await Promise.all([
      service.take({ ...ann, cause: 'stop' }),
      service.take({ ...ann, cause: 'backup' }),
      service.take({ ...ann, cause: 'turn' }),
    ]);
    expect(snapshots).toBe(1);
    expect(backup).toMatchObject({ cause: 'backup', backup: true });
    expect([stop.id, turn.id]).toEqual([backup.id, backup.id]);
  });

  test('come one after the other when files are being read: the second has what was written since', async () => {
    host.files.set('ann', 'one');
    const { reading, letGo } = heldCheckpoint();
    const first = service.take({ ...ann, cause: 'turn' });
    await reading;
    const second = service.take({ ...ann, cause: 'turn' });
    host.beforeFiles(() => void host.files.set('ann', 'two'));
    letGo();
    expect((await second).root).toBe(rootOf('two'));
    expect((await first).id).not.toBe((await second).id);
  });

  test('are independent for two tenants, and a failure of one is not the other’s', async () => {
    host.beforeFiles((_what, id) => {
      if (id === 'ann') throw new Error('only this one');
    });
    const [failed, taken] = await Promise.allSettled([
      service.take({ ...ann, cause: 'turn' }),
      service.take({ organizationId: 'org', tenantId: 'ben', cause: 'turn' }),
    ]);
    expect([failed.status, taken.status]).toEqual(['rejected', 'fulfilled']);
    host.beforeFiles(() => {});
    await expect(service.take({ ...ann, cause: 'turn' })).resolves.toMatchObject({ tenantId: 'ann' });
  });

  test('thirty tenants at once need no more database connections than there are', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `many-${n}`);
    await database.db
      .insert(tenants)
      .values(ids.map((id) => ({ organizationId: 'org', id, name: id, tierId: 'standard', hostId: 'local' })));
    host.beforeFiles(async () => {
      await database.db.execute(sql`select pg_sleep(0.01)`);
    });
    const taken = await Promise.all(
      ids.map((tenantId) => service.take({ organizationId: 'org', tenantId, cause: 'stop' })),
    );
    expect(new Set(taken.map(({ tenantId }) => tenantId)).size).toBe(30);
  });
});

describe('after a turn', () => {
  const taken = async (count: number) => {
    while ((await rows()).length < count && errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return rows();
  };

  test('one is taken in the background', async () => {
    service.takeSoon('org', 'ann');
    expect(await taken(1)).toMatchObject([{ tenantId: 'ann', cause: 'turn' }]);
  });

  test('a failure is told to the operator, and the next turn tries again', async () => {
    host.beforeFiles(() => {
      throw new ClawpoolError('storage_full', 'full');
    });
    service.takeSoon('org', 'ann');
    while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    host.beforeFiles(() => {});
    errors.length = 0;
    service.takeSoon('org', 'ann');
    expect(await taken(1)).toHaveLength(1);
    expect(await database.db.select().from(drifts)).toMatchObject([{ kind: 'storage_full', tenantId: 'ann' }]);
  });

  test('closing waits for the one that is being taken', async () => {
    const { reading, letGo } = heldCheckpoint();
    service.takeSoon('org', 'ann');
    await reading;
    const closed = service.close();
    letGo();
    await closed;
    expect(await rows()).toHaveLength(1);
  });
});

describe('what can be restored', () => {
  test('is found by id, by tenant, and by tenant and time; of the own organization only', async () => {
    host.files.set('ann', 'one');
    const one = await service.take({ ...ann, cause: 'turn' });
    host.files.set('ann', 'two');
    const two = await service.take({ ...ann, cause: 'turn' });
    expect(await service.resolve('org', { checkpointId: one.id })).toEqual(one);
    expect(await service.resolve('org', { tenantId: 'ann' })).toEqual(two);
    const longAgo = new Date('2026-01-01T00:00:00Z');
    await database.db.update(checkpoints).set({ createdAt: longAgo }).where(eq(checkpoints.id, one.id));
    expect(await service.resolve('org', { tenantId: 'ann', at: '2026-01-02T00:00:00Z' })).toMatchObject({ id: one.id });
    for (const reference of [{ checkpointId: 'none' }, { tenantId: 'ann', at: '2001-01-01T00:00:00Z' }]) {
      await expect(service.resolve('org', reference)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(service.resolve('other', { checkpointId: one.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('becomes another tenant’s own beginning, which stays when the first tenant’s are forgotten', async () => {
    host.files.set('ann', 'ours');
    const from = await service.take({ ...ann, cause: 'clone' });
    const adopted = await database.db.transaction((tx) =>
      service.adopt(tx, { organizationId: 'org', tenantId: 'ben', from, cause: 'clone' }),
    );
    await database.db.transaction((tx) => service.forget(tx, 'org', 'ann'));
    expect(await rows()).toMatchObject([{ id: adopted.id, tenantId: 'ben', tenantName: 'agent-ben', root: from.root }]);
    expect(await tenant('ben')).toMatchObject({ checkpointId: adopted.id, diskBytes: 4 });
    expect(await service.newestRoot('ann')).toBeNull();
  });

  test('cannot be adopted once it is gone', async () => {
    const from = await service.take({ ...ann, cause: 'clone' });
    await database.db.transaction((tx) => service.forget(tx, 'org', 'ann'));
    const adopted = database.db.transaction((tx) =>
      service.adopt(tx, { organizationId: 'org', tenantId: 'ben', from, cause: 'clone' }),
    );
    await expect(adopted).rejects.toMatchObject({ code: 'not_found' });
  });
});
