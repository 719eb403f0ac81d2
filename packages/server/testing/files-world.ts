import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openBlobFolder, referencesOf, restoreFolder, snapshotFolder, verifyTree } from '@clawpool/checkpoints';
import { type BlobStore, type CheckpointCause, ClawpoolError } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import { CheckpointError, type CheckpointRow } from '../pool/checkpoints/checkpoint.ts';
import { type CheckpointService, createCheckpointService } from '../pool/checkpoints/checkpoint-service.ts';
import type { Database } from '../store/database.ts';
import { checkpoints, drifts, hosts, tenants } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';
import { insertSmallOrganization } from './small-organization.ts';

/** Tenants `ann` and `ben` with real folders, whose checkpoints go into a real blob store; there are no runtimes. */
export interface FilesWorld {
  database: Database;
  blobs: BlobStore;
  host: ScriptedHost;
  checkpoints: CheckpointService;
  folder(tenantId: string): string;
  write(tenantId: string, path: string, content: string): Promise<void>;
  take(tenantId: string, cause?: CheckpointCause): Promise<CheckpointRow>;
  /** A checkpoint that does not count, since the tenant is started while its files are stored. */
  takeSuperseded(tenantId: string): Promise<void>;
  /** As the operation does it: files, epoch, and what the tenant begins with. */
  restore(tenantId: string, row: CheckpointRow): Promise<void>;
  adopt(tenantId: string, row: CheckpointRow): Promise<void>;
  forget(tenantId: string): Promise<void>;
  /** The next checkpoint's files are stored, and then it waits. */
  holdBeforeCommit(): { begun: Promise<void>; letGo: () => void };
  isWhole(row: { root: string }): Promise<boolean>;
  /** Sorted. */
  storedHashes(): Promise<string[]>;
  /** What all checkpoints together consist of, sorted. */
  referencedHashes(): Promise<string[]>;
  hashOfFolder(root: string, name: string): Promise<string>;
  damage(hash: string): Promise<void>;
  setStoredAt(hashes: readonly string[], at: Date): Promise<void>;
  /** Empty folders, no checkpoints, no blobs. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** On a database of its own, unless it is given one. */
export async function startFilesWorld(given?: Database): Promise<FilesWorld> {
  const database = given ?? (await createTestDatabase());
  await insertSmallOrganization(database);
  await database.db
    .insert(hosts)
    .values({ id: 'local', cpuMillis: 1, memoryMegabytes: 1, diskMegabytes: 1, diskFreeMegabytes: 1 });
  const place = await mkdtemp(join(tmpdir(), 'clawpool-files-'));
  const blobFolder = join(place, 'blobs');
  const blobs = await openBlobFolder(blobFolder);
  const host = createScriptedHost();
  const folder = (tenantId: string) => join(place, 'tenants', tenantId);
  const index = (tenantId: string) => join(place, `${tenantId}.index`);
  let beforeCommit: (tenantId: string) => Promise<void> = async () => {};

  // One at a time works on a tenant's folder, as on a real host.
  const busy = new Map<string, Promise<unknown>>();
  function alone<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    const next = (busy.get(tenantId) ?? Promise.resolve()).then(work, work);
    busy.set(
      tenantId,
      next.catch(() => {}),
    );
    return next;
  }

  host.checkpoint = async (tenantId, previous) => {
    const snapshot = await alone(tenantId, () =>
      snapshotFolder({ folder: folder(tenantId), blobs, index: index(tenantId), previous }),
    );
    await beforeCommit(tenantId);
    return snapshot;
  };
  host.restore = ({ tenantId, root }) =>
    alone(tenantId, async () => {
      const next = join(place, `${tenantId}.next`);
      const restored = await restoreFolder({ folder: next, root, blobs, index: index(tenantId) });
      await rm(folder(tenantId), { recursive: true });
      await mkdir(dirname(folder(tenantId)), { recursive: true });
      await rename(next, folder(tenantId));
      return restored;
    });

  const service = createCheckpointService({
    database,
    hosts: new Map([['local', host]]),
    onError: (error) => {
      throw error;
    },
  });
  const take = (tenantId: string, cause: CheckpointCause = 'turn') =>
    service.take({ organizationId: 'org', tenantId, cause });
  const pathOf = async (hash: string) => {
    const names = await readdir(blobFolder, { recursive: true });
    const name = names.find((one) => one.replaceAll('/', '').endsWith(hash));
    if (name === undefined) throw new Error(`${hash} is not stored`);
    return join(blobFolder, name);
  };

  const world: FilesWorld = {
    ...{ database, blobs, host, checkpoints: service, folder, take },
    write: (tenantId, path, content) =>
      alone(tenantId, async () => {
        const file = join(folder(tenantId), path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      }),
    takeSuperseded: async (tenantId) => {
      beforeCommit = async (id) => {
        if (id !== tenantId) return;
        beforeCommit = async () => {};
        await database.db
          .update(tenants)
          .set({ generation: sql`${tenants.generation} + 1` })
          .where(eq(tenants.id, tenantId));
      };
      await take(tenantId).catch((error: unknown) => {
        if (!(error instanceof CheckpointError && error.reason === 'superseded')) throw error;
      });
    },
    restore: async (tenantId, row) => {
      await host.restore({ tenantId, uid: 0, root: row.root, epoch: 0 }).catch((error: Error) => {
        // It was removed meanwhile.
        throw error.name === 'MissingBlobError' ? new ClawpoolError('not_found', 'gone') : error;
      });
      await database.db
        .transaction(async (tx) => {
          const own =
            row.tenantId === tenantId
              ? row
              : await service.adopt(tx, { organizationId: 'org', tenantId, from: row, cause: 'clone' });
          await tx
            .update(tenants)
            .set({ checkpointId: own.id, filesEpoch: sql`${tenants.filesEpoch} + 1` })
            .where(eq(tenants.id, tenantId));
        })
        .catch((error: { cause?: { code?: string } }) => {
          // The same, a moment later: the foreign key says so.
          throw error.cause?.code === '23503' ? new ClawpoolError('not_found', 'gone') : error;
        });
    },
    adopt: async (tenantId, from) => {
      await database.db.transaction((tx) =>
        service.adopt(tx, { organizationId: 'org', tenantId, from, cause: 'clone' }),
      );
    },
    forget: (tenantId) => database.db.transaction((tx) => service.forget(tx, 'org', tenantId)),
    holdBeforeCommit: () => {
      let begin = () => {};
      let letGo = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      beforeCommit = async () => {
        beforeCommit = async () => {};
        begin();
        await held;
      };
      return { begun, letGo };
    },
    isWhole: async ({ root }) => (await verifyTree(root, blobs)).ok,
    storedHashes: async () => {
      const hashes: string[] = [];
      for await (const { hash } of blobs.list()) hashes.push(hash);
      return hashes.sort();
    },
    referencedHashes: async () => {
      const hashes = new Set<string>();
      for (const { root } of await database.db.select({ root: checkpoints.root }).from(checkpoints)) {
        for await (const hash of referencesOf(root, blobs)) hashes.add(hash);
      }
      return [...hashes].sort();
    },
    hashOfFolder: async (root, name) => {
      const { entries } = JSON.parse(String(await blobs.get(root))) as { entries: { name: string; hash: string }[] };
      return entries.find((entry) => entry.name === name)?.hash ?? '';
    },
    damage: async (hash) => {
      const path = await pathOf(hash);
      const { atime, mtime } = await stat(path);
      await writeFile(path, 'damaged');
      // A disk that forgets does not say when.
      await utimes(path, atime, mtime);
    },
    setStoredAt: async (hashes, at) => {
      for (const hash of hashes) await utimes(await pathOf(hash), at, at);
    },
    reset: async () => {
      await database.db.update(tenants).set({ checkpointId: null, hostId: 'local' });
      await database.db.delete(checkpoints);
      await database.db.delete(drifts);
      for (const { hash } of await allOf(blobs.list())) await blobs.delete(hash);
      for (const tenantId of ['ann', 'ben']) {
        await rm(folder(tenantId), { recursive: true, force: true });
        await rm(index(tenantId), { force: true });
        await mkdir(folder(tenantId), { recursive: true });
      }
    },
    close: async () => {
      await service.close();
      if (!given) await database.close();
      await rm(place, { recursive: true, force: true });
    },
  };
  await world.reset();
  return world;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
