import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import { createWorld, type World } from '../testing/folders.ts';
import { MissingBlobError } from './read-tree.ts';
import { referencesOf } from './references.ts';
import { verifyTree } from './verify.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const write = (path: string, content: string | Uint8Array) => {
  mkdirSync(join(world.folder, path, '..'), { recursive: true });
  writeFileSync(join(world.folder, path), content);
};
const damage = (hash: string) => writeFileSync(join(world.root, 'blobs', hash.slice(0, 2), hash.slice(2)), 'damaged');

test('a tree refers to everything that was stored for it, each once', async () => {
  write('SOUL.md', 'soul');
  write('a/same', 'content');
  write('b/same', 'content');
  write('large', randomBytes(10_000_000));
  for (let index = 0; index < 200; index++) write(`many/${index}`, `${index}`);
  const { root } = await world.snapshot();
  const references = await collect(referencesOf(root, world.blobs));
  const stored = (await collect(world.blobs.list())).map(({ hash }) => hash);
  expect(references.toSorted()).toEqual(stored.toSorted());
});

test('what was walked for one tree is passed over for the next', async () => {
  for (let index = 0; index < 200; index++) write(`many/${index}`, `${index}`);
  write('first', 'first');
  const first = await world.snapshot();
  write('second', 'second');
  const second = await world.snapshot();
  const seen = new Set<string>();
  await collect(referencesOf(first.root, world.blobs, seen));
  const more = await collect(referencesOf(second.root, world.blobs, seen));
  expect(more).toHaveLength(2); // the root and the new file
});

test('a file with the very content of a folder hides nothing of that folder', async () => {
  write('victim/file', 'kept');
  const victim = await world.snapshot();
  const folder = await world.blobs.get(victim.root);
  rmSync(join(world.folder, 'victim'), { recursive: true });
  write('lookalike', folder ?? '');
  const hostile = await world.snapshot();
  const seen = new Set<string>();
  const all = [
    ...(await collect(referencesOf(hostile.root, world.blobs, seen))),
    ...(await collect(referencesOf(victim.root, world.blobs, seen))),
  ];
  const alone = await collect(referencesOf(victim.root, world.blobs));
  expect(alone.filter((hash) => !all.includes(hash))).toEqual([]);
});

test('a walk that failed is no walk: the next tree is looked at whole', async () => {
  write('folder/a/file', 'a');
  write('folder/b/file', 'b');
  const { root } = await world.snapshot();
  const all = await collect(referencesOf(root, world.blobs));
  for (const hash of all.slice(1)) {
    const content = await world.blobs.get(hash);
    await world.blobs.delete(hash);
    const seen = new Set<string>();
    const walk = collect(referencesOf(root, world.blobs, seen));
    await walk.then(
      () => {},
      (error) => expect(error).toBeInstanceOf(MissingBlobError),
    );
    await world.blobs.put(content ?? ('' as never));
    await collect(referencesOf(root, world.blobs, seen));
    expect(all.filter((each) => !seen.has(each))).toEqual([]);
  }
});

test('verification finds every problem and says where it is', async () => {
  write('good', 'good');
  write('missing', 'missing');
  write('folder/damaged', 'damage me');
  write('lost folder/file', 'unreachable');
  const { root } = await world.snapshot();
  expect(await verifyTree(root, world.blobs)).toEqual({ ok: true, files: 4, bytes: 31, problems: [] });
  const hashes = new Map<string, string>();
  for await (const { hash } of world.blobs.list()) {
    hashes.set(((await world.blobs.get(hash)) ?? '').toString(), hash);
  }
  await world.blobs.delete(hashes.get('missing') ?? '');
  damage(hashes.get('damage me') ?? '');
  const lost = [...hashes].find(([content]) => content.includes('"name":"file"'));
  damage(lost?.[1] ?? '');
  const { ok, problems } = await verifyTree(root, world.blobs);
  expect(ok).toBe(false);
  expect(problems.map(({ path, problem }) => [path, problem]).toSorted()).toEqual([
    ['folder/damaged', 'damaged'],
    ['lost folder', 'damaged'],
    ['missing', 'missing'],
  ]);
});

test('verification of a tree that is gone says so', async () => {
  const root = 'a'.repeat(64);
  const problems = [{ path: '', hash: root, problem: 'missing' }];
  expect(await verifyTree(root, world.blobs)).toEqual({ ok: false, files: 0, bytes: 0, problems });
});
