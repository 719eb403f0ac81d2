import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DamagedBlobError } from '@clawpool/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { snapshotFolder } from '../snapshot/snapshot-folder.ts';
import { collect } from '../testing/collect.ts';
import { createWorld, differences, type World } from '../testing/folders.ts';
import { MissingBlobError } from '../tree/read-tree.ts';
import { restoreFolder } from './restore-folder.ts';

let world: World;
let into: string;
let root: string;
beforeEach(async () => {
  world = await createWorld();
  into = join(world.root, 'restored');
  mkdirSync(join(world.folder, 'folder'));
  symlinkSync('SOUL.md', join(world.folder, 'link'));
  writeFileSync(join(world.folder, 'SOUL.md'), 'soul');
  writeFileSync(join(world.folder, 'large'), randomBytes(3_000_000));
  for (let index = 0; index < 100; index++) writeFileSync(join(world.folder, 'folder', `${index}`), `file ${index}`);
  root = (await world.snapshot()).root;
});
afterEach(() => world.remove());

const nothingIsLeft = () => expect(readdirSync(world.root).sort()).toEqual(['blobs', 'files', 'index']);

test('makes the folder and says what is in it', async () => {
  const counts = await restoreFolder({ folder: into, root, blobs: world.blobs });
  expect(counts).toEqual({ files: 102, bytes: 4 + 3_000_000 + 690 });
  expect(differences(world.folder, into)).toBe('');
  expect(lstatSync(into).mode & 0o777).toBe(0o700);
});

test('gives everything to its owner', async () => {
  // Only root can give files away.
  const owner = process.getuid?.() === 0 ? 54_321 : (process.getuid?.() ?? 0);
  await restoreFolder({ folder: into, root, blobs: world.blobs, owner });
  for (const path of ['', 'SOUL.md', 'folder', 'folder/7', 'link', 'large']) {
    const { uid, gid } = lstatSync(join(into, path));
    expect([path, uid, gid]).toEqual([path, owner, owner]);
  }
});

test('leaves an index, so that nothing is read again right away', async () => {
  const index = join(world.root, 'index of restored');
  await restoreFolder({ folder: into, root, blobs: world.blobs, index, exclude: ['cache'] });
  let puts = 0;
  const blobs = { ...world.blobs, put: () => Promise.reject(new Error(`put ${++puts}`)) };
  const unchanged = await snapshotFolder({ folder: into, blobs, index, previous: root, exclude: ['cache'] });
  expect([unchanged.root, puts]).toEqual([root, 0]);
  writeFileSync(join(into, 'SOUL.md'), 'SOUL');
  const changed = await snapshotFolder({ folder: into, blobs: world.blobs, index, previous: root, exclude: ['cache'] });
  expect(differences(into, await world.restore(changed.root))).toBe('');
});

test('does not write over a folder that is there', async () => {
  mkdirSync(into);
  writeFileSync(join(into, 'precious'), '');
  await expect(restoreFolder({ folder: into, root, blobs: world.blobs })).rejects.toMatchObject({ code: 'conflict' });
  expect(readdirSync(into)).toEqual(['precious']);
});

test('starts anew where a restore was killed', async () => {
  mkdirSync(`${into}.incoming`);
  writeFileSync(join(`${into}.incoming`, 'half'), 'ha');
  await restoreFolder({ folder: into, root, blobs: world.blobs });
  expect(differences(world.folder, into)).toBe('');
  expect(existsSync(`${into}.incoming`)).toBe(false);
});

test('fails with nothing left when any one of its blobs is missing or damaged', async () => {
  const stored = await collect(world.blobs.list());
  expect(stored.length).toBeGreaterThan(100);
  for (const { hash } of stored.filter((_, index) => index % 10 === 0)) {
    const content = (await world.blobs.get(hash)) ?? Buffer.alloc(0);
    await world.blobs.delete(hash);
    await expect(restoreFolder({ folder: into, root, blobs: world.blobs })).rejects.toThrow(MissingBlobError);
    writeFileSync(join(world.root, 'blobs', hash.slice(0, 2), hash.slice(2)), Buffer.concat([content, content]));
    await expect(restoreFolder({ folder: into, root, blobs: world.blobs })).rejects.toThrow(DamagedBlobError);
    await world.blobs.put(content);
    nothingIsLeft();
  }
});

test('takes nothing for a tree that is none', async () => {
  const { hash } = await world.blobs.put(Buffer.from('hello'));
  await expect(restoreFolder({ folder: into, root: hash, blobs: world.blobs })).rejects.toThrow(DamagedBlobError);
  nothingIsLeft();
});

test.each(['../escaped', 'a/b', '..', ''])('never writes to a place that a tree names: %j', async (name) => {
  const { hash } = await world.blobs.put(Buffer.from('x'));
  const entry = { type: 'file', name, mode: 0o644, size: 1, mtimeMs: 0, hash };
  const tree = await world.blobs.put(Buffer.from(JSON.stringify({ clawpool: 'folder', entries: [entry] })));
  await expect(restoreFolder({ folder: into, root: tree.hash, blobs: world.blobs })).rejects.toThrow(DamagedBlobError);
  nothingIsLeft();
});

test('never writes through a link that a tree has beside a folder of the same name', async () => {
  const { hash } = await world.blobs.put(Buffer.from('x'));
  const inside = [{ type: 'file', name: 'escaped', mode: 0o644, size: 1, mtimeMs: 0, hash }];
  const folder = await world.blobs.put(Buffer.from(JSON.stringify({ clawpool: 'folder', entries: inside })));
  const entries = [
    { type: 'link', name: 'a', target: world.root },
    { type: 'folder', name: 'a', mode: 0o755, hash: folder.hash },
  ];
  const tree = await world.blobs.put(Buffer.from(JSON.stringify({ clawpool: 'folder', entries })));
  await expect(restoreFolder({ folder: into, root: tree.hash, blobs: world.blobs })).rejects.toThrow(DamagedBlobError);
  nothingIsLeft();
});

test('says that the disk is full, leaves nothing there, and the blob store says so too', async () => {
  const small = join(world.root, 'small');
  mkdirSync(small);
  // A file system of 1 MB, in a mount namespace of its own.
  const script = `
    import { readdirSync } from 'node:fs';
    import { openBlobFolder } from '${join(import.meta.dirname, '../blobs/settings.ts')}';
    import { restoreFolder } from '${join(import.meta.dirname, 'restore-folder.ts')}';
    import { snapshotFolder } from '${join(import.meta.dirname, '../snapshot/snapshot-folder.ts')}';
    const blobs = await openBlobFolder('${join(world.root, 'blobs')}');
    const code = (promise) => promise.then(() => null, (error) => error.code);
    const restored = await code(restoreFolder({ folder: '${small}/restored', root: '${root}', blobs }));
    const left = readdirSync('${small}');
    const full = await openBlobFolder('${small}/blobs');
    const stored = await code(snapshotFolder({ folder: '${world.folder}', blobs: full, index: '${world.index}' }));
    console.log(JSON.stringify([restored, left, stored, readdirSync('${small}/blobs/incoming')]));
  `;
  const { stdout } = await promisify(execFile)('bwrap', [
    ...['--dev-bind', '/', '/', '--size', '1048576', '--tmpfs', small],
    ...[process.execPath, '--input-type=module', '--eval', script],
  ]);
  expect(JSON.parse(stdout)).toEqual(['ENOSPC', [], 'storage_full', []]);
});
