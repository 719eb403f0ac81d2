import { symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, type World } from '../testing/folders.ts';
import { findInTree } from './find-in-tree.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await mkdir(join(world.folder, 'workspace/notes'), { recursive: true });
});
afterEach(() => world.remove());

const put = (path: string, content: string | Buffer) => writeFileSync(join(world.folder, path), content);

test('a file is found by its path and read without restoring anything, however large', async () => {
  put('workspace/notes/small.md', 'hello');
  put('workspace/large.bin', Buffer.alloc(3 * 2 ** 20, 'x'));
  const { root } = await world.snapshot();
  const small = await findInTree(root, 'workspace/notes/small.md', world.blobs);
  const large = await findInTree(root, 'workspace/large.bin', world.blobs);
  if (small?.type !== 'file' || large?.type !== 'file') throw new Error('not found');
  expect(String(await buffer(Readable.from(small.content())))).toBe('hello');
  expect((await buffer(Readable.from(large.content()))).length).toBe(3 * 2 ** 20);
  expect(small).toMatchObject({ bytes: 5, modifiedAt: expect.any(Date) });
});

test('a folder is found with its entries by name; what is not there, and what is below a file or a link, is not', async () => {
  put('workspace/b.md', 'b');
  symlinkSync('notes', join(world.folder, 'workspace/a-link'));
  const { root } = await world.snapshot();
  const found = await findInTree(root, 'workspace', world.blobs);
  expect(found).toMatchObject({
    type: 'folder',
    entries: [
      { name: 'a-link', type: 'link', bytes: 0 },
      { name: 'b.md', type: 'file', bytes: 1 },
      { name: 'notes', type: 'folder', modifiedAt: null },
    ],
  });
  for (const path of ['workspace/none', 'workspace/b.md/x', 'workspace/a-link', 'workspace/a-link/x']) {
    expect(await findInTree(root, path, world.blobs)).toBeNull();
  }
});

test('the same content has the same identity in another checkpoint, another content has another', async () => {
  const identity = async () => {
    const { root } = await world.snapshot();
    const found = await findInTree(root, 'workspace/a.md', world.blobs);
    return found?.type === 'file' ? found.identity : null;
  };
  put('workspace/a.md', 'one');
  const first = await identity();
  put('workspace/other.md', 'x');
  expect(await identity()).toBe(first);
  put('workspace/a.md', 'two');
  expect(await identity()).not.toBe(first);
});
