import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { notWritable } from './data-folder.ts';

/**
 * Content by its SHA-256: what is there is never changed, and putting it twice is putting it once. Kept small, so that an object
 * storage service can stand behind it as well as a folder.
 */
export interface BlobStore {
  /** Resolves with the content's hash (64 hexadecimal digits) when it is safely stored. Error: `storage_full`. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<string>;
  /** Null: there is none. Error: `internal` when what is stored does not have its hash any more. */
  get(hash: string): Promise<Buffer | null>;
  has(hash: string): Promise<boolean>;
}

/** On disk: `<folder>/ab/cdef…`, each file readable by its owner only. */
export async function openBlobFolder(folder: string): Promise<BlobStore> {
  const incoming = join(folder, 'incoming');
  try {
    // Whatever an interrupted put left behind.
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, error);
  }
  const pathOf = (hash: string) => join(folder, checked(hash).slice(0, 2), hash.slice(2));
  const has = (hash: string) =>
    access(pathOf(hash), constants.F_OK).then(
      () => true,
      () => false,
    );

  return {
    has,

    put: async (content) => {
      const temporary = join(incoming, randomUUID());
      try {
        const hash = await writeAndHash(temporary, content);
        if (await has(hash)) return hash;
        const path = pathOf(hash);
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await rename(temporary, path);
        await syncFolder(dirname(path));
        return hash;
      } catch (error) {
        throw (error as NodeJS.ErrnoException).syscall ? notWritable(folder, error) : error;
      } finally {
        await rm(temporary, { force: true });
      }
    },

    get: async (hash) => {
      const content = await readFile(pathOf(hash)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (content && createHash('sha256').update(content).digest('hex') !== hash) {
        throw new ClawpoolError(
          'internal',
          `The stored content ${hash} is damaged.`,
          'Check the disk and restore it from a backup.',
        );
      }
      return content;
    },
  };
}

async function writeAndHash(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** A rename is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A hash becomes a path: nothing else may. */
function checked(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new ClawpoolError('invalid_request', 'That is not the SHA-256 of anything.');
}
