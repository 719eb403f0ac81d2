import { execFileSync } from 'node:child_process';
import { hash as hashNow, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BlobStore } from '@clawpool/contracts';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBlobFolder } from '../blobs/settings.ts';
import { createWorld, differences, type World } from '../testing/folders.ts';
import { verifyTree } from '../tree/verify.ts';
import { exportTree } from './export-tree.ts';
import { importTree } from './import-tree.ts';

let world: World;
let other: BlobStore;
let root: string;
beforeEach(async () => {
  world = await createWorld();
  other = await openBlobFolder(join(world.root, 'other blobs'));
  mkdirSync(join(world.folder, 'folder/empty'), { recursive: true });
  writeFileSync(join(world.folder, 'SOUL.md'), 'soul');
  writeFileSync(join(world.folder, 'empty'), '');
  writeFileSync(join(world.folder, 'x'.repeat(200)), 'long name');
  writeFileSync(join(world.folder, 'line\nbreak'), 'odd name');
  writeFileSync(Buffer.concat([Buffer.from(join(world.folder, 'no utf-8 ')), Buffer.from([0xff])]), 'odder name');
  writeFileSync(join(world.folder, 'large'), randomBytes(2_000_001));
  symlinkSync('/etc/passwd', join(world.folder, 'link'));
  for (let index = 0; index < 100; index++) writeFileSync(join(world.folder, 'folder', `${index}`), `file ${index}`);
  root = (await world.snapshot()).root;
});
afterEach(() => world.remove());

const limits = { maxBytes: 10_000_000, maxFiles: 1_000 };
const exported = (): Promise<Buffer> => buffer(exportTree(root, { name: 'carol' }, world.blobs));
const imported = (file: Uint8Array, given = limits) => importTree(Readable.from([file]), other, given);

describe('an exported tree', () => {
  test('is imported into another blob store as the very same tree', async () => {
    const { storedBytes, ...tree } = await imported(await exported());
    expect(tree).toEqual({ root, description: { name: 'carol' }, files: 106, bytes: 2_000_001 + 4 + 9 + 8 + 10 + 690 });
    expect(storedBytes).toBeGreaterThan(2_000_000);
    expect((await verifyTree(root, other)).ok).toBe(true);
    expect(differences(world.folder, await world.restore(root, other))).toBe('');
  });

  test('can be read with tar, its manifest first', async () => {
    const path = join(world.root, 'backup.tar.gz');
    writeFileSync(path, await exported());
    const names = execFileSync('tar', ['tzf', path], { encoding: 'utf8' }).split('\n');
    expect(names[0]).toBe('manifest.json');
    execFileSync('tar', ['xzf', path, '-C', world.root, 'manifest.json', 'files/SOUL.md']);
    expect(readFileSync(join(world.root, 'files/SOUL.md'), 'utf8')).toBe('soul');
    expect(JSON.parse(readFileSync(join(world.root, 'manifest.json'), 'utf8'))).toMatchObject({ root, format: 1 });
  });

  test('ends with the error when a part of it is damaged', async () => {
    const { hash } = await world.blobs.put(Buffer.from('soul'));
    writeFileSync(join(world.root, 'blobs', hash.slice(0, 2), hash.slice(2)), 'soup');
    await expect(exported()).rejects.toThrow('damaged');
  });

  test('is not read any further when nobody wants the rest', async () => {
    let reads = 0;
    const get = (hash: string) => {
      reads += 1;
      return world.blobs.get(hash);
    };
    const stream = exportTree(root, {}, { ...world.blobs, get });
    for await (const _ of stream) break;
    expect(stream.destroyed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stoppedAt = reads;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(reads).toBe(stoppedAt);
  });
});

describe('an import refuses', () => {
  const refused = async (file: Uint8Array, why: string | RegExp) =>
    expect(imported(file)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(why),
      hint: expect.any(String),
    });

  test('what is no such file', async () => {
    await refused(Buffer.from('hello'), 'not a whole backup');
    await refused(gzipSync('hello'), 'not a whole backup');
    await refused(new Uint8Array(0), 'not a whole backup');
    await refused(await tarOf([{ name: 'something.txt' }, 'x']), 'something.txt');
    await refused(await tarOf([{ name: 'manifest.json' }, '{"format":1}']), 'manifest');
  });

  test('half a file, wherever it is cut', async () => {
    const file = await exported();
    const tar = gunzipSync(file);
    for (const share of [0.001, 0.2, 0.5, 0.9, 0.999]) {
      await refused(file.subarray(0, Math.floor(file.length * share)), 'not a whole backup');
      await refused(gzipSync(tar.subarray(0, Math.floor((tar.length * share) / 512) * 512)), 'not a whole backup');
    }
  });

  test('content that was changed', async () => {
    const tar = gunzipSync(await exported());
    for (const text of ['file 77', 'file 3', '"mode":420']) {
      const changed = Buffer.from(tar);
      const at = changed.indexOf(text) + text.length - 1;
      changed[at] = (changed[at] ?? 0) ^ 1;
      await refused(gzipSync(changed), 'hash');
    }
  });

  test.each([
    ['leads out of the folder', { type: 'file', name: '../escaped' }],
    ['is a path', { type: 'file', name: 'a/b' }],
    ['has a setuid bit', { type: 'file', name: 'a', mode: 0o4755 }],
  ])('a tree in which a file %s', async (_, change) => {
    const entry = { ...fileEntry('a', 'x'), ...change };
    await refused(await backupOf([entry], [{ name: `files/${change.name}` }, 'x']), 'no folder');
  });

  test('a file behind a link', async () => {
    const folder = folderBlob([fileEntry('passwd', 'x')]);
    const entries = [
      { type: 'folder', name: 'etc', mode: 0o755, hash: hashNow('sha256', folder) },
      { type: 'link', name: 'etc', target: '/etc' },
    ];
    const file = await backupOf(
      entries,
      [{ name: 'files/etc', type: 'symlink', linkname: '/etc' }, ''],
      [{ name: `tree/${hashNow('sha256', folder)}.json` }, folder],
      [{ name: 'files/etc/passwd' }, 'x'],
    );
    await refused(file, 'two entries');
  });

  test('more than its manifest says, and less', async () => {
    const entry = fileEntry('a', 'x');
    await refused(await backupOf([entry], [{ name: 'files/a' }, 'x'], [{ name: 'files/b' }, 'y']), 'files/b');
    await refused(await backupOf([entry], [{ name: '../files/a' }, 'x']), 'files/a');
    await refused(await backupOf([entry], [{ name: 'files/a', type: 'symlink', linkname: '/etc' }, '']), 'files/a');
    await refused(await backupOf([entry]), 'cut off');
    await refused(await backupOf([entry], [{ name: 'files/a' }, 'xy']), 'length');
    await refused(await backupOf([{ ...entry, size: 3 }], [{ name: 'files/a' }, 'xyz']), 'hash');
  });

  test('more than is allowed, whatever it says of itself', async () => {
    const file = await exported();
    await expect(imported(file, { ...limits, maxFiles: 50 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(imported(file, { ...limits, maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'too_large' });
    // 200 MB of nothing in 200 KB.
    const bomb = await tarOf([{ name: 'manifest.json' }, Buffer.alloc(200_000_000)]);
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(imported(bomb, { maxBytes: 1_000_000, maxFiles: 10 })).rejects.toMatchObject({
      code: expect.stringMatching(/too_large|invalid_request/),
    });
  });

  test('nothing that is its own fault: what the blob store says is passed on', async () => {
    const full = { ...other, put: () => Promise.reject(Object.assign(new Error('full'), { code: 'storage_full' })) };
    await expect(importTree(Readable.from([await exported()]), full, limits)).rejects.toMatchObject({
      code: 'storage_full',
    });
  });
});

const fileEntry = (name: string, content: string) => ({
  ...{ type: 'file', name, mode: 0o644, size: content.length, mtimeMs: 0 },
  hash: hashNow('sha256', content),
});
const folderBlob = (entries: object[]) => JSON.stringify({ clawpool: 'folder', entries });

type TarEntry = [header: Pick<Header, 'name'> & Partial<Header>, content: string | Buffer];

/** A backup with these entries in its root, followed by whatever. */
function backupOf(entries: object[], ...rest: TarEntry[]): Promise<Buffer> {
  const folder = folderBlob(entries);
  const top = hashNow('sha256', folder);
  const manifest = { clawpool: 'backup', format: 1, root: top, description: {} };
  return tarOf([{ name: 'manifest.json' }, JSON.stringify(manifest)], [{ name: `tree/${top}.json` }, folder], ...rest);
}

async function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content);
  tar.finalize();
  return gzipSync(await buffer(tar as unknown as Readable));
}
