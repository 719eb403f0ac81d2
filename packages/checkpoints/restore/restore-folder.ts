import { access } from 'node:fs/promises';
import { type BlobStore, ClawpoolError } from '@clawpool/contracts';
import { atOnce } from '../at-once.ts';
import { indexKey } from '../snapshot/stat-index.ts';
import type { FileEntry } from '../tree/folder-tree.ts';
import { contentOf, readFolder } from '../tree/read-tree.ts';
import type { Peer } from '../worker/talk.ts';
import { inThread } from '../worker/worker-pool.ts';
import type { FileToWrite } from './write-files.ts';

export interface RestoreOptions {
  /** Absolute; must not exist. Until everything is there and safe it is beside, under its name with `.incoming`. */
  folder: string;
  root: string;
  blobs: BlobStore;
  /** uid and gid of everything that is made. Absent: ours. */
  owner?: number;
  /** Where to write a stat index, so that the next snapshot with `previous: root` need not read what was just written. */
  index?: string;
  /** Of that next snapshot. */
  exclude?: readonly string[];
}

/**
 * Makes the folder a tree describes, verifying every hash. All of it or nothing: whatever goes wrong, nothing is left of it.
 *
 * @throws MissingBlobError, DamagedBlobError, ClawpoolError `conflict` when the folder exists, the system's errors, for example ENOSPC
 */
export async function restoreFolder(options: RestoreOptions): Promise<{ files: number; bytes: number }> {
  const { folder, root, blobs, owner, index, exclude = [] } = options;
  if (await exists(folder))
    throw new ClawpoolError('conflict', `${folder} exists: a restore does not write over files.`);
  return inThread('restore', { folder, owner }, {}, async (thread) => {
    try {
      const counts = await writeTree(root, blobs, thread);
      await thread.ask('finish', { index: index === undefined ? null : { path: index, key: indexKey(root, exclude) } });
      return counts;
    } catch (error) {
      // What went wrong first is what to tell.
      await thread.ask('abort').catch(() => {});
      throw error;
    }
  });
}

async function writeTree(root: string, blobs: BlobStore, thread: Peer): Promise<{ files: number; bytes: number }> {
  const counts = { files: 0, bytes: 0 };
  const files = atOnce(64);
  const write = inBatches((batch) =>
    thread.ask(
      'files',
      batch,
      batch.map(({ content }) => content.buffer as ArrayBuffer),
    ),
  );

  async function writeFolder(path: string, mode: number, hash: string): Promise<void> {
    const others: string[] = [];
    const entries = await readFolder(hash, blobs, (node) => {
      if (node !== hash) others.push(node);
    });
    await thread.ask('folder', { path, mode, hash, others });
    for (const entry of entries) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.type === 'folder') await writeFolder(inside, entry.mode, entry.hash);
      else if (entry.type === 'link') await thread.ask('link', { path: inside, target: entry.target });
      else {
        counts.files += 1;
        counts.bytes += entry.size;
        await files.begin(() => writeFile(entry, inside, blobs, write));
      }
    }
  }

  try {
    await writeFolder('', 0o700, root);
  } finally {
    await files.end();
  }
  return counts;
}

/** The content follows one piece behind, so that it is known which is the last. */
async function writeFile(
  entry: FileEntry,
  path: string,
  blobs: BlobStore,
  write: (file: FileToWrite) => Promise<void>,
): Promise<void> {
  const { mode, mtimeMs, hash } = entry;
  const consistsOf: string[] = [];
  let held: Buffer | undefined;
  let begun = false;
  const writePart = (content: Buffer, isLast: boolean) => {
    const part = isLast ? (begun ? 'last' : 'whole') : begun ? 'middle' : 'first';
    begun = true;
    const others = isLast ? consistsOf.slice(1) : [];
    return write({ path, mode, mtimeMs, hash, others, part, content: ownMemory(content) });
  };
  for await (const piece of contentOf(entry, blobs, (blob) => consistsOf.push(blob))) {
    if (held) await writePart(held, false);
    held = piece;
  }
  if (held) await writePart(held, true);
}

/** Handing memory over takes all of it, also what others have in the same pool. */
function ownMemory(content: Buffer): Uint8Array {
  return content.byteLength === content.buffer.byteLength ? content : new Uint8Array(content);
}

/** What comes while a batch is on its way goes with the next: thousands of small files then take few messages. */
function inBatches(send: (files: FileToWrite[]) => Promise<void>): (file: FileToWrite) => Promise<void> {
  let next: { files: FileToWrite[]; sent: Promise<void> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (file) => {
    if (!next) {
      const batch = { files: [] as FileToWrite[], sent: Promise.resolve() };
      batch.sent = last.then(() => {
        next = undefined;
        return send(batch.files);
      });
      last = batch.sent.catch(() => {}); // told to everyone whose file was in it
      next = batch;
    }
    next.files.push(file);
    return next.sent;
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
