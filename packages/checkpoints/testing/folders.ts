import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore, FilesSnapshot } from '@clawpool/contracts';
import { openBlobFolder } from '../blobs/settings.ts';
import { restoreFolder } from '../restore/restore-folder.ts';
import { type SnapshotOptions, snapshotFolder } from '../snapshot/snapshot-folder.ts';

/** A tenant's folder, a blob store and what belongs to them, below one temporary folder. */
export interface World {
  root: string;
  folder: string;
  index: string;
  blobs: BlobStore;
  /** Of the last snapshot; the next one names it as `previous`. */
  last: string | null;
  snapshot(options?: Partial<SnapshotOptions>): Promise<FilesSnapshot>;
  /** Into a new folder, which it resolves with. */
  restore(root: string, blobs?: BlobStore): Promise<string>;
  remove(): void;
}

export async function createWorld(): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'clawpool-checkpoints-'));
  const folder = join(root, 'files');
  await mkdir(folder, { mode: 0o700 });
  let restored = 0;
  const world: World = {
    root,
    folder,
    index: join(root, 'index'),
    blobs: await openBlobFolder(join(root, 'blobs')),
    last: null,
    snapshot: async (options = {}) => {
      const { blobs, index, last } = world;
      const snapshot = await snapshotFolder({ folder, blobs, index, previous: last, ...options });
      world.last = snapshot.root;
      return snapshot;
    },
    restore: async (hash, blobs = world.blobs) => {
      restored += 1;
      const into = join(root, `restored-${restored}`);
      await restoreFolder({ folder: into, root: hash, blobs });
      return into;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  return world;
}

/** What two folders differ in, by the system's own tool: content, kinds, names and targets of links. Empty: nothing. */
export function differences(one: string, other: string): string {
  try {
    return execFileSync('sh', ['-c', 'diff --recursive --no-dereference "$0" "$1"', one, other], {
      encoding: 'latin1',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
