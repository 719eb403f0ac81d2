import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, type World } from '../testing/folders.ts';
import { createIndexWriter, indexKey, readIndex } from './stat-index.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const stat = { ino: 7, size: 100, mtimeMs: 1.5, ctimeMs: 2.25 };
const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];

test('knows a file again while nothing of it has changed', () => {
  const writer = createIndexWriter();
  writer.add(stat, one, [two, three], true);
  writer.write(world.index, one);
  const known = readIndex(world.index, one);
  const row = known.find(7, 100, 1.5, 2.25);
  expect(known.hashAt(row)).toBe(one);
  expect([...known.storedOf(7)]).toEqual([one, two, three]);
  for (const [ino, size, mtimeMs, ctimeMs] of [
    [8, 100, 1.5, 2.25],
    [7, 101, 1.5, 2.25],
    [7, 100, 1.6, 2.25],
    [7, 100, 1.5, 2.5],
  ] as const) {
    expect(known.find(ino, size, mtimeMs, ctimeMs)).toBe(-1);
  }
});

test('never knows what is not trusted, except that it is stored', () => {
  const writer = createIndexWriter();
  writer.add(stat, one, [], false);
  writer.write(world.index, one);
  const known = readIndex(world.index, one);
  expect(known.find(7, 100, 1.5, 2.25)).toBe(-1);
  expect([...known.storedOf(7)]).toEqual([one]);
});

test('is good for one snapshot only', () => {
  const writer = createIndexWriter();
  writer.add(stat, one, [], true);
  writer.write(world.index, indexKey(one, ['cache']));
  for (const key of [indexKey(two, ['cache']), indexKey(one, []), null])
    expect(readIndex(world.index, key).rows).toBe(0);
});

test('a file that changed within two seconds of its snapshot is read again', async () => {
  mkdirSync(join(world.folder, 'folder'));
  const path = join(world.folder, 'folder/file');
  writeFileSync(path, 'content');
  const rowOf = (root: string) => {
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(path);
    return readIndex(world.index, indexKey(root, [])).find(ino, size, mtimeMs, ctimeMs);
  };
  const { root } = await world.snapshot();
  expect(rowOf(root)).toBe(-1);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await world.snapshot();
  expect(rowOf(root)).toBeGreaterThanOrEqual(0);
});
