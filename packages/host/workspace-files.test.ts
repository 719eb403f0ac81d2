import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { ExpectedFile } from '@clawpool/contracts';
import { openclawProfile } from '@clawpool/workspace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareFolders } from './host-folders.ts';
import type { HostedRuntimes } from './hosted-runtimes.ts';
import { hostedWorkspaces } from './hosted-workspaces.ts';
import { keepMemory, putMemoryBack } from './kept-memory.ts';
import { memoryCopyOf } from './runtime-setting.ts';
import { tenantFolders } from './tenant-folders.ts';
import type { PresentWorkspace } from './workspace-files.ts';
import { changeFile, listFolder, openFile } from './workspace-files.ts';

let base: string;
let place: PresentWorkspace;
const asRoot = process.getuid?.() === 0;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'clawpool-workspace-'));
  place = { root: join(base, 'tenant'), workspace: 'workspace', owner: undefined, skills: ['invoices'] };
  await mkdir(join(place.root, 'workspace'), { recursive: true });
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside/victim'), 'untouched');
});
afterEach(() => rm(base, { recursive: true }));

const at = (path: string) => join(place.root, 'workspace', path);
const outside = (path = '') => join(base, 'outside', path);
const victim = () => readFile(outside('victim'), 'utf8');

async function plant(path: string, content = ''): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), content);
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

const write = (path: string, text: string, expected: ExpectedFile = 'none') =>
  changeFile(place, { kind: 'write', path, content: chunks(...text), expected });
const list = async (path = '') => (await listFolder(place, path, { offset: 0, limit: 100 }))?.entries ?? null;
const names = async (path = '') => (await list(path))?.map(({ name }) => name);
const read = async (path: string) => {
  const file = await openFile(place, path);
  return file && String(await buffer(file.content));
};
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a folder', () => {
  test('is listed folders first, then by name as people count, page by page', async () => {
    for (const path of ['b.txt', 'a10.txt', 'a9.txt', 'z/deep.txt']) await plant(path, 'four');
    expect(await names()).toEqual(['z', 'a9.txt', 'a10.txt', 'b.txt']);
    expect((await list())?.[1]).toMatchObject({ kind: 'file', bytes: 4, modifiedAt: expect.any(Date), managed: null });
    expect(await listFolder(place, '', { offset: 1, limit: 2 })).toMatchObject({
      entries: [{ name: 'a9.txt' }, { name: 'a10.txt' }],
      total: 4,
      complete: true,
    });
    expect(await names('z')).toEqual(['deep.txt']);
    expect(await list('missing')).toBeNull();
    expect(await list('b.txt')).toBeNull();
  });

  test('says what Clawpool writes, and nothing of it can be changed', async () => {
    for (const path of ['SOUL.md', 'notes.md', 'skills/invoices/SKILL.md', 'skills/own/SKILL.md']) await plant(path);
    expect((await list())?.map(({ name, managed }) => [name, managed])).toEqual([
      ['skills', null],
      ['notes.md', null],
      ['SOUL.md', 'soul'],
    ]);
    expect((await list('skills/invoices'))?.[0]?.managed).toBe('skill');
    expect((await list('skills/own'))?.[0]?.managed).toBeNull();
    for (const path of ['SOUL.md', 'skills', 'skills/invoices', 'skills/invoices/SKILL.md']) {
      await expect(changeFile(place, { kind: 'remove', path })).rejects.toMatchObject({ code: 'not_allowed' });
    }
    await expect(changeFile(place, { kind: 'move', path: 'notes.md', to: 'USER.md' })).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await expect(write('SOUL.md', 'another', 'any')).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await names()).toEqual(['skills', 'notes.md', 'SOUL.md']);
  });

  test('is made with those above it, and not where something is', async () => {
    await changeFile(place, { kind: 'folder', path: 'a/b' });
    expect(await names('a')).toEqual(['b']);
    await expect(changeFile(place, { kind: 'folder', path: 'a/b' })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('goes with everything in it, links themselves included', async () => {
    await plant('a/b/c.txt');
    await symlink(outside(), at('a/away'));
    await symlink(outside('victim'), at('a/b/file'));
    await changeFile(place, { kind: 'remove', path: 'a' });
    expect(await names()).toEqual([]);
    expect(await victim()).toBe('untouched');
    await expect(changeFile(place, { kind: 'remove', path: 'a' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that is nested as deep as nobody nests is left alone', async () => {
    const deep = Array.from({ length: 150 }, () => 'd').join('/');
    await mkdir(at(deep), { recursive: true });
    await expect(changeFile(place, { kind: 'remove', path: 'd' })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a file', () => {
  test('is written for the tenant alone, and read again', async () => {
    expect(await write('reports/one.md', 'hello')).toEqual({ bytes: 5, hash: sha('hello') });
    expect(await read('reports/one.md')).toBe('hello');
    expect((await stat(at('reports/one.md'))).mode & 0o777).toBe(0o600);
    expect(await readdir(at('reports'))).toEqual(['one.md']);
    await write('empty', '');
    expect(await read('empty')).toBe('');
  });

  test.runIf(asRoot)('belongs to the tenant’s host user', async () => {
    place = { ...place, owner: 65_432 };
    await write('reports/one.md', 'hello');
    for (const path of ['reports', 'reports/one.md']) {
      expect(await stat(at(path))).toMatchObject({ uid: 65_432, gid: 65_432 });
    }
  });

  test('is replaced only when it is what was expected, and keeps its mode', async () => {
    await plant('run.sh', 'one');
    execFileSync('chmod', ['755', at('run.sh')]);
    await expect(write('run.sh', 'two')).rejects.toMatchObject({
      code: 'conflict',
      details: { hash: sha('one'), bytes: 3, modifiedAt: expect.any(String) },
    });
    await expect(write('run.sh', 'two', sha('other'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(write('gone.txt', 'two', sha('other'))).rejects.toMatchObject({ code: 'conflict', details: null });
    expect(await read('run.sh')).toBe('one');
    await write('run.sh', 'two', sha('one'));
    await write('run.sh', 'three', 'any');
    expect(await read('run.sh')).toBe('three');
    expect((await stat(at('run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readdir(at(''))).toEqual(['run.sh']);
  });

  test('whose sending breaks off leaves what was there', async () => {
    await plant('a.txt', 'whole');
    const content = (async function* () {
      yield Buffer.from('half');
      throw new Error('gone');
    })();
    await expect(changeFile(place, { kind: 'write', path: 'a.txt', content, expected: 'any' })).rejects.toThrow('gone');
    expect(await read('a.txt')).toBe('whole');
    expect(await readdir(at(''))).toEqual(['a.txt']);
  });

  test('that is too large is not written', async () => {
    const content = (async function* () {
      for (let part = 0; part < 51; part += 1) yield Buffer.alloc(2 ** 20);
    })();
    const change = { kind: 'write' as const, path: 'large', content, expected: 'none' as const };
    await expect(changeFile(place, change)).rejects.toMatchObject({ code: 'too_large' });
    expect(await names()).toEqual([]);
  });

  test('is renamed and moved, never onto something and never into itself', async () => {
    await plant('a.txt', 'A');
    await plant('folder/b.txt', 'B');
    const move = (path: string, to: string) => changeFile(place, { kind: 'move', path, to });
    await move('a.txt', 'folder/a.txt');
    expect(await read('folder/a.txt')).toBe('A');
    await expect(move('folder/a.txt', 'folder/b.txt')).rejects.toMatchObject({ code: 'conflict' });
    await expect(move('folder', 'folder/inner')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(move('folder/a.txt', 'nowhere/a.txt')).rejects.toMatchObject({ code: 'not_found' });
    await expect(move('missing', 'x')).rejects.toMatchObject({ code: 'not_found' });
    expect(await names('folder')).toEqual(['a.txt', 'b.txt']);
  });
});

describe('what a tenant may have planted', () => {
  test('is listed as something else, and not opened', async () => {
    await symlink(outside('victim'), at('link'));
    await symlink(outside(), at('away'));
    await link(outside('victim'), at('second-name'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('pipe')]);
    expect((await list())?.map(({ name, kind, bytes }) => [name, kind, bytes])).toEqual(
      ['away', 'link', 'pipe', 'second-name'].map((name) => [name, 'other', 0]),
    );
    for (const path of ['link', 'away/victim', 'pipe', 'second-name']) expect(await read(path)).toBeNull();
    expect(await list('away')).toBeNull();
  });

  test('is not written through', async () => {
    await symlink(outside('victim'), at('link'));
    await link(outside('victim'), at('second-name'));
    await symlink(outside(), at('away'));
    await write('link', 'mine', 'any');
    await write('second-name', 'mine', 'any');
    await expect(write('away/new.txt', 'mine')).rejects.toMatchObject({ code: 'conflict' });
    await expect(changeFile(place, { kind: 'folder', path: 'away/new' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(changeFile(place, { kind: 'remove', path: 'away/victim' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await plant('mine.txt');
    await expect(changeFile(place, { kind: 'move', path: 'mine.txt', to: 'away/mine.txt' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await victim()).toBe('untouched');
    expect(await readdir(outside())).toEqual(['victim']);
    expect((await lstat(at('link'))).isFile()).toBe(true);
  });

  test('in place of the workspace itself is not entered', async () => {
    await rm(at(''), { recursive: true });
    await symlink(outside(), at(''));
    expect(await list()).toBeNull();
    expect(await read('victim')).toBeNull();
    await expect(write('new.txt', 'mine')).rejects.toMatchObject({ code: 'conflict' });
    expect(await readdir(outside())).toEqual(['victim']);
  });

  test('a name that leads upwards is refused', async () => {
    expect(await read('../../outside/victim')).toBeNull();
    await expect(write('../../outside/new', 'mine')).rejects.toMatchObject({ code: 'conflict' });
  });
});

test('a workspace that is not here, or of another epoch, is told as that, and put in place for a change', async () => {
  const folders = await prepareFolders(join(base, 'data'));
  const image = 'openclaw-2026.6.35';
  const blobs = await openBlobFolder(join(base, 'blobs'));
  const profile = openclawProfile('2026.6.35');
  const files = tenantFolders({ folders, blobs, profileOf: () => profile, defaultImage: image });
  // Nothing runs here.
  const runtimes = { withFiles: (_, work) => work(null) } as HostedRuntimes;
  const host = hostedWorkspaces({ runtimes, files, defaultImage: image, ownerOf: () => undefined });
  const place = (epoch: number) => ({ tenantId: 'carol', epoch });
  const page = { offset: 0, limit: 10 };
  const change = (epoch: number, checkpoint: string | null, path: string) =>
    host.changeWorkspace({
      ...{ tenantId: 'carol', uid: 0, image: null, files: { epoch, checkpoint } },
      change: { kind: 'write', path, content: chunks('mine'), expected: 'none' },
    });
  await expect(host.listWorkspace(place(1), '', page)).rejects.toMatchObject({ code: 'not_found' });

  await change(1, null, 'first.md');
  const { root } = await files.checkpoint({ tenantId: 'carol', previous: null, maxBytes: 2 ** 30, epoch: 1 });
  await expect(host.openWorkspace(place(2), 'first.md')).rejects.toMatchObject({ code: 'not_found' });
  await change(2, root, 'second.md');
  const { entries = [] } = (await host.listWorkspace(place(2), '', page)) ?? {};
  expect(entries.map(({ name }) => name)).toEqual(['first.md', 'second.md']);
  await expect(change(1, root, 'third.md')).rejects.toMatchObject({ code: 'conflict' });

  const copy = memoryCopyOf(folders, 'carol');
  const memory = { folder: files.folderOf('carol'), workspace: profile.workspace, copy, owner: undefined };
  await keepMemory(memory);
  for (const path of ['MEMORY.md', 'memory/today.md']) {
    await expect(change(2, root, path)).rejects.toMatchObject({ message: expect.stringContaining('trying') });
  }
  await change(2, root, 'fourth.md');
  await putMemoryBack(memory);
  await change(2, root, 'MEMORY.md');
});
