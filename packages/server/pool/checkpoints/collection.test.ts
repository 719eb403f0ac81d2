import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkpoints, drifts, tenants } from '../../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../../testing/files-world.ts';
import { collectBlobs } from './collection.ts';
import { removeCheckpoints } from './retention-store.ts';

let world: FilesWorld;
beforeEach(async () => {
  world = await startFilesWorld();
});
afterEach(() => world.close());

const never = new AbortController().signal;
/** By this clock everything was stored long ago: nothing is spared for being young. */
const later = () => new Date(Date.now() + 60_000);
const collect = (blobs: BlobStore = world.blobs, now = later) =>
  collectBlobs({ database: world.database, blobs, signal: never, now });
const remove = (...ids: string[]) => world.database.db.transaction((tx) => removeCheckpoints(tx, 'org', ids));

describe('a collection', () => {
  test('removes what only a removed checkpoint referred to, and keeps every byte of the others', async () => {
    await world.write('ann', 'a.txt', 'first');
    const first = await world.take('ann');
    await world.write('ann', 'a.txt', 'second');
    const second = await world.take('ann');
    await remove(first.id);
    expect(await collect()).toMatchObject({ blobs: 2, unreadable: 0 });
    expect(await world.isWhole(second)).toBe(true);
    expect(await world.storedHashes()).toEqual(await world.referencedHashes());
    expect(await collect()).toMatchObject({ blobs: 0, bytes: 0 });
  });

  test('leaves what was stored after it began', async () => {
    await world.blobs.put(Buffer.from('belongs to a checkpoint that is being taken'));
    expect(await collect(world.blobs, () => new Date(Date.now() - 60_000))).toMatchObject({ blobs: 0 });
  });

  test('is not deceived by a file that has the very content of a folder', async () => {
    await world.write('ben', 'deep/inner.txt', 'kept');
    const ben = await world.take('ben');
    // Ann guesses what Ben’s folders look like, and keeps them as files.
    for (const hash of await world.storedHashes()) {
      await writeFile(join(world.folder('ann'), hash), (await world.blobs.get(hash)) ?? '');
    }
    const ann = await world.take('ann');
    await collect();
    expect([await world.isWhole(ann), await world.isWhole(ben)]).toEqual([true, true]);
  });

  test('waits for a checkpoint that is being taken, and does not remove what that found in the store', async () => {
    await world.write('ann', 'a.txt', 'shared');
    const old = await world.take('ann');
    await world.write('ann', 'a.txt', 'other');
    await world.take('ann');
    await remove(old.id);
    const { begun, letGo } = world.holdBeforeCommit();
    await world.write('ben', 'a.txt', 'shared');
    const taking = world.take('ben');
    await begun;
    const collecting = collect();
    // Long enough for it to have removed what it wants to, if it did not wait.
    await new Promise((resolve) => setTimeout(resolve, 300));
    letGo();
    expect(await world.isWhole(await taking)).toBe(true);
    await collecting;
    expect(await world.storedHashes()).toEqual(await world.referencedHashes());
  });

  test('does not keep checkpoints waiting behind it while a long one is taken', async () => {
    await world.blobs.put(Buffer.from('garbage'));
    const { begun, letGo } = world.holdBeforeCommit();
    const long = world.take('ann');
    await begun;
    const collecting = collect();
    await expect(world.take('ben')).resolves.toMatchObject({ tenantId: 'ben' });
    letGo();
    await long;
    expect(await collecting).toMatchObject({ blobs: 1 });
  });

  test('runs once at a time in the whole installation', async () => {
    const { begun, letGo } = world.holdBeforeCommit();
    await world.blobs.put(Buffer.from('garbage'));
    const taking = world.take('ann');
    await begun;
    const first = collect();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(collect()).rejects.toMatchObject({ code: 'conflict' });
    letGo();
    await Promise.all([taking, first]);
  });

  test('that loses the database removes nothing more', async () => {
    for (let n = 0; n < 60; n++) await world.blobs.put(Buffer.from(`garbage ${n}`));
    let removed = 0;
    const cutting: BlobStore = {
      ...world.blobs,
      delete: async (hash) => {
        removed += 1;
        if (removed === 1) await endCollectors();
        await world.blobs.delete(hash);
      },
    };
    await expect(collect(cutting)).rejects.toThrow();
    expect(removed).toBeLessThan(60);
  });

  test('that cannot read the blob store removes nothing', async () => {
    await world.write('ann', 'a.txt', 'kept');
    await world.take('ann');
    await world.blobs.put(Buffer.from('garbage'));
    const before = await world.storedHashes();
    const away: BlobStore = { ...world.blobs, get: () => Promise.reject(new Error('no answer')) };
    await expect(collect(away)).rejects.toThrow('no answer');
    expect(await world.storedHashes()).toEqual(before);
  });
});

describe('a damaged checkpoint', () => {
  const longAgo = new Date('2026-01-01T00:00:00Z');

  test('is noted for its tenant, keeps what it might refer to, and does not keep newer garbage', async () => {
    await world.write('ann', 'deep/a.txt', 'precious');
    const row = await world.take('ann');
    await world.setStoredAt(await world.storedHashes(), new Date('2025-12-31T00:00:00Z'));
    await world.database.db.update(checkpoints).set({ createdAt: longAgo }).where(eq(checkpoints.id, row.id));
    await world.damage(row.root);
    const kept = await world.storedHashes();
    await world.blobs.put(Buffer.from('garbage of yesterday'));

    expect(await collect()).toMatchObject({ blobs: 1, unreadable: 1 });
    expect(await world.storedHashes()).toEqual(kept);
    expect(await world.database.db.select().from(drifts)).toMatchObject([
      { kind: 'damaged_blob', organizationId: 'org', tenantId: 'ann', action: 'noted' },
    ]);

    await world.database.db.update(tenants).set({ checkpointId: null });
    await remove(row.id);
    await collect();
    expect(await world.storedHashes()).toEqual([]);
  });

  test('does not hide what others share with it', async () => {
    await world.write('ann', 'same/deep/a.txt', 'shared');
    await world.write('ann', 'zz/b.txt', 'gone');
    const ann = await world.take('ann');
    await world.write('ben', 'same/deep/a.txt', 'shared');
    const ben = await world.take('ben');
    await world.blobs.delete(await world.hashOfFolder(ann.root, 'zz'));
    await world.database.db.update(checkpoints).set({ createdAt: longAgo }).where(eq(checkpoints.id, ann.id));
    await collect();
    expect(await world.isWhole(ben)).toBe(true);
  });
});

/** What people and Clawpool do, in any order; those of one step at the same time. */
type Deed =
  | { do: 'write' | 'unlink'; tenant: string; file: string; content: string }
  | { do: 'take' | 'backup' | 'superseded' | 'forget'; tenant: string }
  | { do: 'restore' | 'remove'; tenant: string; nth: number }
  | { do: 'adopt'; tenant: string; nth: number }
  | { do: 'collect' }
  | { do: 'crash'; after: number };

const tenant = fc.constantFrom('ann', 'ben');
const nth = fc.nat({ max: 9 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('write', 'write', 'unlink'),
      tenant,
      file: fc.constantFrom('a', 'b', 'x/a', 'x/y/b'),
      // Few, so that tenants share content and content comes back.
      content: fc.constantFrom('1', '2', '3'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('take', 'take', 'take', 'backup', 'superseded', 'forget'), tenant }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('restore', 'remove', 'remove', 'adopt'), tenant, nth }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('collect' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), after: fc.nat({ max: 4 }) }) },
) as fc.Arbitrary<Deed>;

async function perform(one: Deed): Promise<void> {
  const rows = await world.database.db.select().from(checkpoints).orderBy(checkpoints.createdAt);
  const chosen = 'nth' in one ? rows[one.nth % Math.max(1, rows.length)] : undefined;
  switch (one.do) {
    case 'write':
      return world.write(one.tenant, one.file, one.content);
    case 'unlink':
      return rm(join(world.folder(one.tenant), one.file), { force: true });
    case 'take':
      return void (await world.take(one.tenant));
    case 'backup':
      return void (await world.take(one.tenant, 'backup'));
    case 'superseded':
      return void (await world.takeSuperseded(one.tenant));
    case 'forget':
      return world.forget(one.tenant);
    case 'restore':
      return chosen && world.restore(one.tenant, chosen);
    case 'adopt':
      return chosen && world.adopt(one.tenant, chosen);
    case 'remove':
      return chosen && void (await remove(chosen.id));
    case 'collect':
      return void (await collect());
    case 'crash': {
      let left = one.after;
      const dying: BlobStore = {
        ...world.blobs,
        delete: async (hash) => {
          if (left-- <= 0) throw new Error('killed');
          await world.blobs.delete(hash);
        },
      };
      return void (await collect(dying).catch(onlyExpected));
    }
  }
}

/** Of two things at the same time one may find that the other was first; nobody may find that content is gone. */
function onlyExpected(error: Error & { code?: string; reason?: string }): void {
  const expected = ['conflict', 'not_found'].includes(error.code ?? '') || error.reason === 'superseded';
  if (!expected && error.message !== 'killed') throw error;
}

test('whatever happens in whatever order: no kept checkpoint loses a byte, and in the end nothing else is left', async () => {
  const steps = fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await world.reset();
      for (const step of all) {
        // All of them end, also when one fails: the next attempt begins in peace.
        const deeds = await Promise.allSettled(step.map((one) => perform(one).catch(onlyExpected)));
        for (const each of deeds) if (each.status === 'rejected') throw each.reason;
        for (const row of await world.database.db.select().from(checkpoints)) {
          expect(await world.isWhole(row), `${row.tenantName}’s ${row.root}`).toBe(true);
        }
      }
      await collect();
      expect(await world.storedHashes()).toEqual(await world.referencedHashes());
    }),
    { numRuns: 40 },
  );
}, 180_000);

/** As a restart of PostgreSQL would, for connections that collect. */
async function endCollectors(): Promise<void> {
  const client = new pg.Client(world.database.connection);
  await client.connect();
  await client.query(`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and classid = 20265 and mode = 'ExclusiveLock' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`);
  await client.end();
}
