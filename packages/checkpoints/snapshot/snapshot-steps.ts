/** A snapshot, as the thread does it step by step. The steps' order is in `snapshot-folder.ts`. */
import { realpathSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Handlers } from '../worker/talk.ts';
import { captureChanged } from './capture.ts';
import { listTogether } from './list-together.ts';
import { type Scan, scanFolder } from './scan.ts';
import { createIndexWriter, fileSystemNow, indexKey, type KnownFiles, readIndex } from './stat-index.ts';
import { type Emit, type StoredFile, storedEarly, storeFile, storeFound } from './store-found.ts';

export interface StepOptions {
  folder: string;
  index: string;
  /** Of the index that is believed, if there is one. */
  key: string | null;
  exclude: readonly string[];
  maxBytes: number;
  maxFiles: number;
}

/** More than this is not read while the tenant stands still, but before. */
const frozenBytes = 16 * 1024 * 1024;

/** Below it, asking a second thread takes longer than it saves. */
const manyFiles = 4_000;

/** Git calls such files racily clean: https://git-scm.com/docs/racy-git */
const racyMs = 2_000;

export function snapshotSteps(options: StepOptions, ask: (question: string, content: Uint8Array) => Promise<void>) {
  const { index, exclude, maxBytes, maxFiles } = options;
  const early = new Map<number, StoredFile>();
  const flow = boundedFlow((content) => ask('put', content));
  let known: KnownFiles | undefined;
  let scan: Scan | undefined;
  let scannedAt = 0;

  async function look(): Promise<Scan> {
    const folder = realpathSync(options.folder);
    const excluded = new Set(exclude.map((path) => `${folder}/${path}`));
    known ??= readIndex(index, options.key);
    scannedAt = fileSystemNow(index);
    const listings = known.rows > manyFiles ? await listTogether(folder, { excluded, maxFiles }) : new Map();
    scan = scanFolder({ folder, excluded, maxBytes, maxFiles, find: known.find, listings });
    return scan;
  }

  return {
    /** While nobody writes, and nobody will until `store` is over: files are read in their places. */
    look: async () => void (await look()),

    /** While the tenant stands still. False: there is too much to read, so `storeEarly` comes first. */
    capture: async ({ all }: { all: boolean }): Promise<boolean> => {
      const found = await look();
      found.changed = found.changed.filter((file) => storedEarly(file, early) === null);
      if (!all && found.changedBytes > frozenBytes) return false;
      captureChanged(found, copiesOf(index));
      return true;
    },

    /** While the tenant runs: what does not change any more until it stands still need not be read then. */
    storeEarly: async () => {
      if (!scan || !known) return;
      const begin = fileSystemNow(index);
      for (const file of scan.changed) {
        const stored = await storeFile(file, { scan, known, emit: flow.emit });
        // What changes from now on has a change time of now at least, so it shows.
        if (stored?.settled && stored.stat.ctimeMs < begin) early.set(stored.stat.ino, stored);
      }
      await flow.drained();
    },

    store: async () => {
      if (!scan || !known) return null;
      const writer = createIndexWriter();
      const trustedBefore = scannedAt - racyMs;
      const root = await storeFound({ scan, known, early, index: writer, trustedBefore, emit: flow.emit });
      await flow.drained();
      if (!scan.root.same) writer.write(index, indexKey(root, exclude));
      const { files, bytes, skipped } = scan;
      return { root, files, bytes, skipped };
    },
  } satisfies Handlers;
}

export const copiesOf = (index: string): string => `${index}.copies`;

/** So much may be on its way to the blob store at once; and other snapshots of this thread get their turn meanwhile. */
function boundedFlow(send: Emit) {
  const most = { bytes: 32 * 1024 * 1024, blobs: 256 };
  let [bytes, blobs, sinceTurn] = [0, 0, 0];
  let failure: { error: unknown } | undefined;
  let wake = () => {};

  async function until(isEnough: () => boolean): Promise<void> {
    while (!failure && !isEnough()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure) throw failure.error;
  }

  return {
    emit: async (content: Uint8Array): Promise<void> => {
      const { length } = content;
      bytes += length;
      blobs += 1;
      send(content)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => {
          bytes -= length;
          blobs -= 1;
          wake();
        });
      sinceTurn += length;
      if (sinceTurn > 4 * 1024 * 1024) {
        sinceTurn = 0;
        await setImmediate();
      }
      await until(() => bytes < most.bytes && blobs < most.blobs);
    },
    drained: () => until(() => blobs === 0),
  };
}
