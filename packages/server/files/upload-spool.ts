import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';

/** Holds uploads until they are whole: what a tenant's row is locked for must not wait for somebody's connection. */
export interface UploadSpool {
  /** Error: `too_large`. */
  whole<T>(
    upload: AsyncIterable<Uint8Array>,
    maxBytes: number,
    use: (content: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T>;
}

/** No upload takes as long. */
const leftoverMs = 24 * 60 * 60 * 1000;

/** Makes the folder, and removes from it what a killed process left. */
export async function openUploadSpool(folder: string): Promise<UploadSpool> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found && Date.now() - found.mtimeMs > leftoverMs) await rm(join(folder, name), { force: true });
  }
  return {
    whole: async (upload, maxBytes, use) => {
      const path = join(folder, randomUUID());
      try {
        await fill(path, upload, maxBytes);
        return await use(contentOf(path));
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

/** Opened when it is read, since whoever was to read it may refuse first. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}

async function fill(path: string, upload: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of upload) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new ClawpoolError('too_large', `A file may have ${maxBytes / 2 ** 20} MiB.`, 'Send a smaller one.');
      }
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
}
