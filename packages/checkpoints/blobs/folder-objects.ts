import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import type { Content, ObjectStore, StoredObject } from './object-store.ts';

/** A put that takes longer than this between two writes is one that was interrupted. */
const abandonedAfterMs = 3_600_000;

/**
 * Objects as files below `folder` (made where missing, 0700; files 0600). Several processes may use one folder at once.
 *
 * @throws ClawpoolError `storage_full`, or `unavailable` when it cannot be written
 */
export async function openObjectFolder(folder: string): Promise<ObjectStore> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 }).catch(failIn(folder));
  await clearAbandoned(incoming);
  const pathOf = (name: string) => join(folder, name);

  async function write(content: Content, nameWhenRead: () => Promise<string | null>): Promise<void> {
    const temporary = join(incoming, randomUUID());
    try {
      await writeSafely(temporary, content, folder);
      const name = await nameWhenRead();
      if (name !== null) await putInPlace(temporary, pathOf(name), folder).catch(failIn(folder));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async function stream(name: string): Promise<AsyncIterable<Uint8Array> | null> {
    return (await exists(name)) ? readPieces(pathOf(name)) : null;
  }

  const exists = (name: string) =>
    access(pathOf(name), constants.F_OK).then(
      () => true,
      () => false,
    );

  return {
    write,
    stream,
    exists,
    read: (name) => readFile(pathOf(name)).catch(nullWhenMissing),
    holds: async (name, bytes, verify) => {
      const found = await lstat(pathOf(name)).catch(nullWhenMissing);
      if (found?.size !== bytes || !(await verify(readPieces(pathOf(name))))) return false;
      // Another process may have put it there just now and not have come to this yet.
      await syncFolder(dirname(pathOf(name))).catch(failIn(folder));
      return true;
    },
    remove: (name) => rm(pathOf(name), { force: true }).catch(failIn(folder)),
    list: async function* (only) {
      await clearAbandoned(incoming);
      const folders = only === undefined ? await readdir(folder) : [only];
      for (const each of folders.filter((name) => name !== 'incoming')) yield* listFolder(folder, each);
    },
  };
}

async function writeSafely(path: string, content: Content, folder: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch(failIn(folder));
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      await file.writeFile(chunk).catch(failIn(folder));
    }
    await file.datasync().catch(failIn(folder));
  } finally {
    await file.close();
  }
}

/** The content is on disk before it has its name, and the name is on disk before anybody is told of it. */
async function putInPlace(temporary: string, path: string, folder: string): Promise<void> {
  await rename(temporary, path).catch(async (error) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await syncFolder(folder);
    await rename(temporary, path);
  });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Opens the file when it is asked for the first piece: whoever never asks leaves nothing open. */
async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  const file: FileHandle = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(262_144), 0, 262_144);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* listFolder(folder: string, name: string): AsyncGenerator<StoredObject> {
  const files = await readdir(join(folder, name)).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  for (const file of files) {
    const found = await lstat(join(folder, name, file)).catch(nullWhenMissing);
    if (found?.isFile()) yield { name: `${name}/${file}`, bytes: found.size, storedAt: found.mtime };
  }
}

/** What interrupted writes left behind. Not what is being written now, by this process or another. */
async function clearAbandoned(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const found = await lstat(join(incoming, name)).catch(nullWhenMissing);
    if (found && Date.now() - found.mtimeMs > abandonedAfterMs) await rm(join(incoming, name), { force: true });
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function failIn(folder: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
      throw new ClawpoolError(
        'storage_full',
        `There is no space left for the blob store in ${folder}.`,
        'Free space on that disk, or shorten how long checkpoints are kept; nothing that was stored is lost.',
        { cause: error },
      );
    }
    throw new ClawpoolError(
      'unavailable',
      `Cannot write to the blob store in ${folder}: ${error.message}`,
      'Choose a folder that the user who runs Clawpool owns.',
      { cause: error },
    );
  };
}
