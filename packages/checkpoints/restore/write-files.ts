/** A restore, as the thread does it: writes what it is given, in a folder that nobody else knows of yet. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { statOf } from '../snapshot/scan.ts';
import { createIndexWriter, type FileStat, fileSystemNow } from '../snapshot/stat-index.ts';
import { pathToBytes } from '../tree/file-name.ts';
import type { Handlers } from '../worker/talk.ts';

export interface WriteOptions {
  /** Does not exist until everything is in it. */
  folder: string;
  owner: number | undefined;
}

/** Paths are below the folder; '' is the folder itself. */
export interface FolderToWrite {
  path: string;
  mode: number;
  hash: string;
  /** Further blobs it consists of. */
  others: string[];
}

export interface FileToWrite extends FolderToWrite {
  mtimeMs: number;
  content: Uint8Array;
  /** More is to come, or came before. */
  part: 'whole' | 'first' | 'middle' | 'last';
}

interface Written {
  stat: FileStat;
  hash: string;
  others: string[];
}

export function restoreSteps({ folder, owner }: WriteOptions) {
  const incoming = incomingOf(folder);
  const at = (path: string) => pathToBytes(path === '' ? incoming : `${incoming}/${path}`);
  const folders: FolderToWrite[] = [];
  const open = new Map<string, number>();
  const written: Written[] = [];

  const statOfFolder = ({ path, hash, others }: FolderToWrite): Written => ({
    stat: statOf(lstatSync(at(path))),
    hash,
    others,
  });

  function writeFile({ path, part, content, mode, mtimeMs, hash, others }: FileToWrite): void {
    const descriptor = open.get(path) ?? openSync(at(path), 'wx', 0o600);
    open.set(path, descriptor);
    for (let from = 0; from < content.length; ) from += writeSync(descriptor, content, from);
    if (part === 'first' || part === 'middle') return;
    open.delete(path);
    if (owner !== undefined) fchownSync(descriptor, owner, owner);
    fchmodSync(descriptor, mode);
    futimesSync(descriptor, mtimeMs / 1000, mtimeMs / 1000);
    written.push({ stat: statOf(fstatSync(descriptor)), hash, others });
    closeSync(descriptor);
  }

  return {
    folder: (made: FolderToWrite) => {
      // One that is left is of a restore that was killed.
      if (made.path === '') rmSync(incoming, { recursive: true, force: true });
      mkdirSync(at(made.path), { mode: 0o700 });
      folders.push(made);
    },

    files: (files: FileToWrite[]) => files.forEach(writeFile),

    link: ({ path, target }: { path: string; target: string }) => {
      symlinkSync(pathToBytes(target), at(path));
      if (owner !== undefined) lchownSync(at(path), owner, owner);
    },

    /** Everything is there: makes it safe, then lets it appear. */
    finish: async ({ index }: { index: { path: string; key: string } | null }) => {
      for (const { path, mode } of folders.toReversed()) {
        if (owner !== undefined) lchownSync(at(path), owner, owner);
        chmodSync(at(path), mode);
      }
      // Before it has its name: with it the folder itself gets another change time, and only that is looked at again.
      if (index) await writeIndex(index, [...written, ...folders.map(statOfFolder)]);
      // Thousands of files at once: many times faster than syncing one by one.
      await promisify(execFile)('sync', ['-f', incoming]);
      renameSync(incoming, folder);
      syncFolder(dirname(folder));
    },

    abort: () => {
      for (const descriptor of open.values()) closeSync(descriptor);
      open.clear();
      rmSync(incoming, { recursive: true, force: true });
    },
  } satisfies Handlers;
}

/** Beside the folder, so that it can take its place in one step. */
const incomingOf = (folder: string): string => `${folder}.incoming`;

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Nobody has touched the files yet, so they are trusted as soon as the file system's clock has moved on: whatever changes from then on
 * gets another change time.
 */
async function writeIndex({ path, key }: { path: string; key: string }, written: readonly Written[]): Promise<void> {
  const newest = written.reduce((latest, { stat }) => Math.max(latest, stat.ctimeMs), 0);
  let now = fileSystemNow(path);
  for (let attempt = 0; attempt < 100 && now <= newest; attempt++) {
    await setTimeout(1);
    now = fileSystemNow(path);
  }
  const writer = createIndexWriter();
  for (const { stat, hash, others } of written) writer.add(stat, hash, others, stat.ctimeMs < now);
  writer.write(path, key);
}
