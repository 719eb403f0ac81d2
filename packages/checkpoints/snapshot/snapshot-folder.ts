import { rm } from 'node:fs/promises';
import { type BlobStore, ClawpoolError, type FilesSnapshot } from '@clawpool/contracts';
import { inThread } from '../worker/worker-pool.ts';
import { copiesOf, type StepOptions } from './snapshot-steps.ts';
import { indexKey, isFull } from './stat-index.ts';

export interface SnapshotOptions {
  folder: string;
  blobs: BlobStore;
  /** The stat index: a file of ours outside of the folder, on the same file system. Also its name with `.new`, `.clock` and `.copies`. */
  index: string;
  /**
   * Root of an earlier snapshot of the folder whose blobs are certainly all there: the newest committed one. If the index is of that very
   * snapshot, what has not changed is not read. Null: everything is read, and put again, which repairs what is damaged in the blob store.
   */
  previous?: string | null;
  /** Paths below the folder that are left out, for example `workspace/.cache`. */
  exclude?: readonly string[];
  /** Of all files together, holes in sparse ones included. Default: no limit. */
  maxBytes?: number;
  /** Files, folders and links together. Default: 500,000, which is some 300 MB of memory while they are looked at. */
  maxFiles?: number;
  /** Freezes the tenant around reading; called once or, when there is much to read, twice. Absent: nobody writes in the folder now. */
  whileReading?: <T>(read: () => Promise<T>) => Promise<T>;
}

/**
 * Stores a folder's content as it is in one moment. When it resolves, all of it is safely stored. One at a time per index.
 *
 * The tenant stands still while changed files are read into memory, or copied where that is too little. If there is much to read, it is
 * read and stored before, while the tenant runs, and then only what changed meanwhile is read again.
 *
 * @throws ClawpoolError `storage_full` (blob store full, or more than `maxBytes` or `maxFiles`), `invalid_request` (folders nested too deep); the system's
 * and the blob store's errors
 */
export async function snapshotFolder(options: SnapshotOptions): Promise<FilesSnapshot> {
  const { folder, blobs, index, previous = null, exclude = [], whileReading } = options;
  const { maxBytes = Number.POSITIVE_INFINITY, maxFiles = 500_000 } = options;
  const startedAt = performance.now();
  let frozenMs = 0;
  let storedBytes = 0;

  async function frozen<T>(read: () => Promise<T>): Promise<T> {
    if (!whileReading) return read();
    const since = performance.now();
    try {
      return await whileReading(read);
    } finally {
      frozenMs += performance.now() - since;
    }
  }

  const puts = new Set<Promise<void>>();
  function put(content: Uint8Array): Promise<void> {
    const task: Promise<void> = blobs
      .put(content)
      .then((stored) => {
        storedBytes += stored.storedBytes;
      })
      .finally(() => puts.delete(task));
    puts.add(task);
    return task;
  }

  const steps: StepOptions = {
    folder,
    index,
    key: previous && indexKey(previous, exclude),
    exclude,
    maxBytes,
    maxFiles,
  };
  try {
    const stored = await inThread('snapshot', steps, { put }, async (thread) => {
      if (!whileReading) await thread.ask('look');
      else if (!(await frozen(() => thread.ask<boolean>('capture', { all: false })))) {
        await thread.ask('storeEarly');
        await frozen(() => thread.ask('capture', { all: true }));
      }
      return thread.ask<Pick<FilesSnapshot, 'root' | 'files' | 'bytes' | 'skipped'>>('store');
    });
    return {
      ...stored,
      storedBytes,
      frozenMs: Math.round(frozenMs),
      tookMs: Math.round(performance.now() - startedAt),
    };
  } catch (error) {
    throw isFull(error) ? noSpace(index, error) : error;
  } finally {
    // When one has failed, others may be on their way: nothing goes on once this has returned.
    await Promise.allSettled(puts);
    await rm(copiesOf(index), { recursive: true, force: true });
  }
}

function noSpace(index: string, cause: unknown): ClawpoolError {
  const message = `There is no space left beside ${index} to copy changed files to.`;
  return new ClawpoolError('storage_full', message, 'Free space on that disk; the agent’s files are as they were.', {
    cause,
  });
}
