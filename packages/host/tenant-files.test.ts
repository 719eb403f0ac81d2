import { execFile } from 'node:child_process';
import { link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolders, PlantedFileError, writeFiles } from './tenant-files.ts';

let root: string;
let outside: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-files-'));
  root = join(folder, 'tenant');
  outside = join(folder, 'outside');
  await mkdir(root);
  await mkdir(outside);
  await writeFile(join(outside, 'victim'), 'untouched');
});

afterEach(() => rm(join(root, '..'), { recursive: true }));

const soul = { path: 'workspace/SOUL.md', content: 'who I am' };
const read = () => readFile(join(root, soul.path), 'utf8');

test('files and their folders are the tenant’s alone', async () => {
  await writeFiles(root, [soul, { path: 'a/b/c.json', content: '{}', mode: 0o400 }]);
  expect(await read()).toBe('who I am');
  const mode = async (path: string) => (await stat(join(root, path))).mode & 0o777;
  expect(await mode('workspace')).toBe(0o700);
  expect(await mode('workspace/SOUL.md')).toBe(0o600);
  expect(await mode('a/b/c.json')).toBe(0o400);
  expect(await readdir(join(root, 'workspace'))).toEqual(['SOUL.md']);
});

test('a file that is right already is left alone, one that is not is replaced', async () => {
  await writeFiles(root, [soul]);
  const before = await lstat(join(root, soul.path));
  await writeFiles(root, [soul]);
  expect((await lstat(join(root, soul.path))).ino).toBe(before.ino);
  await writeFile(join(root, soul.path), 'who I wish to be');
  await writeFiles(root, [soul]);
  expect(await read()).toBe('who I am');
});

describe('what a tenant may have planted', () => {
  test('a link in place of a file is replaced', async () => {
    await mkdir(join(root, 'workspace'));
    await symlink(join(outside, 'victim'), join(root, soul.path));
    await writeFiles(root, [soul]);
    expect(await readFile(join(outside, 'victim'), 'utf8')).toBe('untouched');
    expect((await lstat(join(root, soul.path))).isFile()).toBe(true);
    expect(await read()).toBe('who I am');
  });

  test('a second name of a file elsewhere is not written through, even when its content fits', async () => {
    await mkdir(join(root, 'workspace'));
    await writeFile(join(outside, 'victim'), soul.content);
    await link(join(outside, 'victim'), join(root, soul.path));
    await writeFiles(root, [soul]);
    expect((await lstat(join(root, soul.path))).nlink).toBe(1);
  });

  test.each(['workspace', 'workspace/deep'])('a link in place of the folder %s is refused', async (planted) => {
    if (planted !== 'workspace') await mkdir(join(root, 'workspace'));
    await symlink(outside, join(root, planted));
    await expect(writeFiles(root, [{ path: `${planted}/x`, content: '' }])).rejects.toThrow(PlantedFileError);
    await expect(makeFolders(root, [planted])).rejects.toThrow(PlantedFileError);
    expect(await readdir(outside)).toEqual(['victim']);
  });

  test('a file in place of a folder is refused', async () => {
    await writeFile(join(root, 'workspace'), '');
    await expect(writeFiles(root, [soul])).rejects.toThrow(PlantedFileError);
  });

  test('a folder in place of a file is kept out of the way', async () => {
    await mkdir(join(root, soul.path), { recursive: true });
    await writeFile(join(root, soul.path, 'note'), 'mine');
    await writeFiles(root, [soul]);
    expect(await read()).toBe('who I am');
    const moved = (await readdir(join(root, 'workspace'))).find((name) => name.startsWith('SOUL.md.moved-'));
    expect(await readFile(join(root, 'workspace', moved ?? '', 'note'), 'utf8')).toBe('mine');
  });

  test('a pipe in place of a file does not make us wait', async () => {
    await mkdir(join(root, 'workspace'));
    await promisify(execFile)('mkfifo', [join(root, soul.path)]);
    await writeFiles(root, [soul]);
    expect(await read()).toBe('who I am');
  });

  test('no path leads out of the folder', async () => {
    await expect(writeFiles(root, [{ path: '../outside/x', content: '' }])).rejects.toThrow(PlantedFileError);
    expect(await readdir(outside)).toEqual(['victim']);
  });
});

test('a full disk is told as that, and leaves nothing half-written', async () => {
  // A file system of 64 KB, in a mount namespace of its own.
  const script = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { writeFiles } from '${join(import.meta.dirname, 'tenant-files.ts')}';
    import { failureOf } from '${join(import.meta.dirname, 'start-failure.ts')}';
    const write = (content) => writeFiles('${outside}', [{ path: 'SOUL.md', content }]);
    await write('before');
    const failure = await write('x'.repeat(200_000)).then(() => null, failureOf);
    console.log(JSON.stringify([failure?.reason, readdirSync('${outside}'), readFileSync('${outside}/SOUL.md', 'utf8')]));
  `;
  const { stdout } = await promisify(execFile)('bwrap', [
    ...['--dev-bind', '/', '/', '--size', '65536', '--tmpfs', outside],
    ...[process.execPath, '--input-type=module', '--eval', script],
  ]);
  expect(JSON.parse(stdout)).toEqual(['storage_full', ['SOUL.md'], 'before']);
});
