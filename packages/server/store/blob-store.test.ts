import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BlobStore, openBlobFolder } from './blob-store.ts';

let folder: string;
let blobs: BlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-blobs-'));
  blobs = await openBlobFolder(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const pathOf = (hash: string) => join(folder, hash.slice(0, 2), hash.slice(2));

describe('the blob store', () => {
  test('gives back what was put, by its SHA-256', async () => {
    const hash = await blobs.put(Buffer.from('hello'));
    expect(hash).toBe(hashOf('hello'));
    expect(await blobs.get(hash)).toEqual(Buffer.from('hello'));
    expect(await blobs.has(hash)).toBe(true);
  });

  test('takes content piece by piece', async () => {
    async function* pieces() {
      yield Buffer.from('hel');
      yield Buffer.from('lo');
    }
    expect(await blobs.put(pieces())).toBe(hashOf('hello'));
  });

  test('has empty content too', async () => {
    const hash = await blobs.put(Buffer.alloc(0));
    expect(await blobs.get(hash)).toEqual(Buffer.alloc(0));
  });

  test('knows nothing of what was not put', async () => {
    expect(await blobs.get(hashOf('other'))).toBeNull();
    expect(await blobs.has(hashOf('other'))).toBe(false);
  });

  test('stores the same content once, though it is put many times at once', async () => {
    const hashes = await Promise.all(Array.from({ length: 8 }, () => blobs.put(Buffer.from('same'))));
    expect(new Set(hashes).size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual([hashOf('same').slice(0, 2), 'incoming'].sort());
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    expect((await stat(pathOf(hashOf('same')))).mode & 0o777).toBe(0o600);
  });

  test('refuses to give out content that changed on disk', async () => {
    const hash = await blobs.put(Buffer.from('hello'));
    await writeFile(pathOf(hash), 'jello');
    await expect(blobs.get(hash)).rejects.toThrow('damaged');
  });

  test('leaves nothing behind when the source breaks', async () => {
    async function* broken() {
      yield Buffer.from('hel');
      throw new Error('source broke');
    }
    await expect(blobs.put(broken())).rejects.toThrow('source broke');
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  test('clears what an interrupted put left', async () => {
    await writeFile(join(folder, 'incoming', 'half'), 'hel');
    await openBlobFolder(folder);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  test.each(['../../secret', 'ABC', '', `${'a'.repeat(63)}/`])(
    'takes nothing for a hash that is none: %j',
    async (hash) => {
      await expect(blobs.get(hash)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  test('says so when its folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openBlobFolder(join(folder, 'file', 'blobs'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('keeps working for one who opens it again', async () => {
    const hash = await blobs.put(Buffer.from('kept'));
    await mkdir(folder, { recursive: true });
    expect(await (await openBlobFolder(folder)).get(hash)).toEqual(Buffer.from('kept'));
  });
});
