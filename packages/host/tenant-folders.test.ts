import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

import { chown, link, mkdtemp, readdir, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MissingBlobError, openBlobFolder } from '@clawpool/checkpoints';
import type { BlobStore } from '@clawpool/contracts';
import { DamagedBlobError } from '@clawpool/contracts';
import { openclawProfile } from '@clawpool/workspace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesRecords } from './files-record.ts';
import type { HostFolders } from './host-folders.ts';
import { prepareFolders } from './host-folders.ts';
import { keepMemory } from './kept-memory.ts';
import type { TenantFolders } from './tenant-folders.ts';
import { OutdatedFilesError, tenantFolders } from './tenant-folders.ts';

const profile = openclawProfile('2026.6.35');
const image = 'openclaw-2026.6.35';
const asRoot = process.getuid?.() === 0;

let data: string;
let folders: HostFolders;
let blobs: BlobStore;
let tenants: TenantFolders;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'clawpool-folders-'));
  folders = await prepareFolders(data);
  blobs = await openBlobFolder(join(data, 'blobs'));
  tenants = open();
});
afterEach(() => rm(data, { recursive: true, force: true }));

const open = () => tenantFolders({ folders, blobs, profileOf: () => profile, defaultImage: image });

const put = (epoch: number, checkpoint: string | null = null, owner: number | undefined = undefined) =>
  tenants.putInPlace({ tenantId: 'carol', files: { epoch, checkpoint }, image, owner });

function write(id: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(tenants.folderOf(id), path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** Content by path. */
function read(id: string): Record<string, string> {
  const root = tenants.folderOf(id);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => lstatSync(join(root, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

const take = (previous: string | null = null, epoch?: number) =>
  tenants.checkpoint({ tenantId: 'carol', previous, epoch, maxBytes: 2 ** 30 });

const names = async () => (await readdir(folders.tenants)).sort();

/** What is replaced is removed a moment later. */
async function untilOnly(...expected: string[]): Promise<void> {
  while ((await names()).join() !== expected.join()) await sleep(10);
}

describe('the files a tenant starts with', () => {
  test('are none at first, and what it left in the same epoch after that', async () => {
    await put(1);
    expect(read('carol')).toEqual({});
    write('carol', { 'workspace/note.txt': 'newer than any checkpoint' });
    await put(1, 'a root that nobody looks at');
    expect(read('carol')).toEqual({ 'workspace/note.txt': 'newer than any checkpoint' });
  });

  test('are the checkpoint’s in a new epoch, whatever else is on the host', async () => {
    await put(1);
    write('carol', { 'workspace/note.txt': 'one' });
    const { root } = await take();
    write('carol', { 'workspace/note.txt': 'two', 'workspace/more.txt': 'more' });
    await put(2, root);
    expect(read('carol')).toEqual({ 'workspace/note.txt': 'one' });
    await untilOnly('carol');
    await put(3);
    expect(read('carol')).toEqual({});
  });

  test('are no checkpoint’s when they are another epoch’s', async () => {
    await put(2);
    write('carol', { 'workspace/note.txt': 'of the second epoch' });
    await expect(take(null, 3)).rejects.toMatchObject({ code: 'not_found' });
    await expect(take(null, 2)).resolves.toMatchObject({ files: 1 });
  });

  test('are not touched by a request that is older than they are', async () => {
    await put(5);
    write('carol', { 'workspace/note.txt': 'kept' });
    await expect(put(4)).rejects.toBeInstanceOf(OutdatedFilesError);
    expect(read('carol')).toEqual({ 'workspace/note.txt': 'kept' });
  });

  test('are those of a folder from before there were records', async () => {
    write('carol', { 'workspace/old.txt': 'from the first version' });
    await put(1);
    expect(read('carol')).toEqual({ 'workspace/old.txt': 'from the first version' });
  });

  test('stay as they are when the checkpoint is damaged or incomplete', async () => {
    await put(1);
    write('carol', { 'workspace/big.txt': 'x'.repeat(100_000) });
    const { root } = await take();
    write('carol', { 'workspace/big.txt': 'newer' });
    const stored: string[] = [];
    for await (const { hash } of blobs.list()) stored.push(hash);
    for (const hash of stored) {
      const content = await blobs.get(hash);
      await blobs.delete(hash);
      await expect(put(2, root)).rejects.toBeInstanceOf(MissingBlobError);
      expect(read('carol')).toEqual({ 'workspace/big.txt': 'newer' });
      await blobs.put(content as Buffer);
    }
    damage(join(data, 'blobs'));
    await expect(put(2, root)).rejects.toBeInstanceOf(DamagedBlobError);
    expect(read('carol')).toEqual({ 'workspace/big.txt': 'newer' });
    expect(await names()).toEqual(['carol']);
  });

  test.runIf(asRoot)('belong to its host user, of files with several names all of which are inside', async () => {
    await put(1, null, 900_001);
    write('carol', { 'workspace/one': '1', 'workspace/two': '2' });
    const workspace = join(tenants.folderOf('carol'), 'workspace');
    await link(join(workspace, 'one'), join(workspace, 'other name of one'));
    await link(join(workspace, 'two'), join(data, 'outside'));
    symlinkSync('/etc/passwd', join(workspace, 'link'));
    for (const name of ['one', 'two']) await chown(join(workspace, name), 900_002, 900_002);
    await put(1, null, 900_003);
    const owner = (name: string) => lstatSync(join(workspace, name)).uid;
    expect(['.', 'one', 'other name of one', 'link'].map(owner)).toEqual([900_003, 900_003, 900_003, 900_003]);
    expect(owner('two')).toBe(900_002);
    expect(lstatSync('/etc/passwd').uid).toBe(0);
  });
});

/** One bit of every blob. */
function damage(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name);
    if (!lstatSync(file).isFile()) continue;
    const content = readFileSync(file);
    content[content.length - 1] = (content.at(-1) as number) ^ 1;
    rmSync(file);
    writeFileSync(file, content);
  }
}

describe('a checkpoint', () => {
  test('has the agent’s files, and neither the gateway’s own state nor the skills that we write', async () => {
    await put(1);
    await tenants.rememberSkills('carol', ['ours']);
    const kept = {
      'workspace/skills/own/SKILL.md': 'own',
      'state/agents/main/sessions/a.jsonl': 'said',
      'home/x': 'x',
    };
    write('carol', kept);
    write('carol', {
      'workspace/skills/ours/SKILL.md': 'ours',
      'state/state/openclaw.sqlite': 'database',
      'state/agents/main/agent/models.json': 'a token',
    });
    const snapshot = await take();
    expect(snapshot.files).toBe(3);
    await tenants.restore({ tenantId: 'dave', root: snapshot.root, epoch: 1, owner: undefined });
    expect(read('dave')).toEqual(kept);
  });

  test('of a tenant without files here says so', async () => {
    await expect(take()).rejects.toMatchObject({ code: 'not_found', hint: expect.stringMatching(/\w/u) });
  });
});

test('a reset removes the gateway’s own state, and never what a link leads to', async () => {
  await put(1);
  write('carol', {
    'state/state/openclaw.sqlite': 'x',
    'state/agents/main/sessions/a.jsonl': 'said',
    'workspace/n': 'n',
  });
  await tenants.reset('carol');
  expect(read('carol')).toEqual({ 'state/agents/main/sessions/a.jsonl': 'said', 'workspace/n': 'n' });
  rmSync(join(tenants.folderOf('carol'), 'state'), { recursive: true });
  write('victim', { 'state/keep': 'kept' });
  symlinkSync(tenants.folderOf('victim'), join(tenants.folderOf('carol'), 'state'));
  await tenants.reset('carol');
  expect(read('victim')).toEqual({ 'state/keep': 'kept' });
});

test('removing a tenant leaves nothing of it, however deep its folders are', async () => {
  await put(1);
  write('carol', { 'workspace/n': 'n' });
  await take();
  nest(tenants.folderOf('carol'));
  writeFileSync(join(folders.logs, 'carol.log'), 'log');
  await tenants.remove('carol');
  expect(await names()).toEqual([]);
  for (const folder of [folders.logs, folders.indexes, folders.records]) expect(await readdir(folder)).toEqual([]);
});

/** Deeper than a path can be long: made in two pieces, one of which is moved to the end of the other. */
function nest(folder: string): void {
  const chain = join(...Array.from({ length: 35 }, () => 'n'.repeat(100)));
  mkdirSync(join(folder, 'upper', chain), { recursive: true });
  mkdirSync(join(folder, 'lower', chain), { recursive: true });
  writeFileSync(join(folder, 'lower', chain, 'file'), 'x');
  renameSync(join(folder, 'lower'), join(folder, 'upper', chain, 'lower'));
}

describe('moving into a warm slot', () => {
  const files = {
    'workspace/a.txt': 'a',
    'workspace/deep/b.txt': 'b',
    'workspace/.git/HEAD': 'ref: refs/heads/main',
    'state/agents/main/sessions/sessions.json': '{}',
    'state/own.json': 'own',
    'home/c.txt': 'c',
    'outside of the workspace': 'd',
  };
  const slotFiles = {
    'workspace/note.txt': 'throw-away',
    'workspace/.git/HEAD': 'slot',
    'state/agents/main/sessions/sessions.json': '{"throw":"away"}',
    'state/state/openclaw.sqlite': 'the slot’s, open',
    'state/agents/main/agent/models.json': 'the slot’s token',
  };
  const expected = {
    ...files,
    'state/state/openclaw.sqlite': 'the slot’s, open',
    'state/agents/main/agent/models.json': 'the slot’s token',
  };
  const move = (keep: string | null = null) =>
    tenants.moveIntoSlot('slot-1', {
      tenantId: 'carol',
      files: { epoch: 1, checkpoint: null },
      image,
      owner: undefined,
      keep,
    });

  test('replaces what was in it, but for what its gateway has open', async () => {
    await put(1);
    write('carol', { ...files, 'state/state/openclaw.sqlite': 'from an earlier life' });
    write('slot-1', slotFiles);
    const inode = lstatSync(join(tenants.folderOf('slot-1'), 'workspace')).ino;
    expect(await move()).toBe(true);
    expect(read('carol')).toEqual(expected);
    expect(lstatSync(join(tenants.folderOf('carol'), 'workspace')).ino).toBe(inode);
    await untilOnly('carol');
    await put(1);
    expect(read('carol')).toEqual(expected);
  });

  test('of a new tenant keeps of the slot what it is told to', async () => {
    write('slot-1', slotFiles);
    expect(await move('workspace/.git')).toBe(true);
    expect(Object.keys(read('carol'))).toEqual([
      'state/agents/main/agent/models.json',
      'state/state/openclaw.sqlite',
      'workspace/.git/HEAD',
    ]);
  });

  test('restores first what is not on this host', async () => {
    await put(1);
    write('carol', files);
    const { root } = await take();
    write('carol', { 'workspace/a.txt': 'of an old epoch' });
    write('slot-1', slotFiles);
    const request = { tenantId: 'carol', files: { epoch: 2, checkpoint: root }, image, owner: undefined, keep: null };
    expect(await tenants.moveIntoSlot('slot-1', request)).toBe(true);
    expect(read('carol')).toEqual(expected);
  });

  test('loses nothing when it is broken off before any of its steps', async () => {
    const seen = new Set<string>();
    for (let step = 0; ; step += 1) {
      await tenants.remove('carol');
      rmSync(tenants.folderOf('slot-1'), { recursive: true, force: true });
      await put(1);
      write('carol', files);
      write('slot-1', slotFiles);
      const done = await renamesOf(move, step);
      const record = await filesRecords(folders.records).read('carol');
      seen.add(
        `${record?.movingInto} ${existsSync(tenants.folderOf('carol'))} ${existsSync(tenants.folderOf('slot-1'))}`,
      );
      tenants = open();
      expect(await tenants.recover()).toEqual(new Set());
      expect(read('carol')).toMatchObject(files);
      await put(1);
      expect((await names()).filter((name) => name !== 'slot-1')).toEqual(['carol']);
      if (done < step) break;
    }
    // Not begun, in the middle, the tenant's folder put aside, the slot in its place, done.
    expect([...seen].sort()).toEqual([
      'null true false',
      'null true true',
      'slot-1 false true',
      'slot-1 true false',
      'slot-1 true true',
    ]);
  });

  test('that was broken off is finished by the tenant’s next start, if not before', async () => {
    await put(1);
    write('carol', { 'workspace/left.txt': 'left' });
    write('slot-1', { 'workspace/moved.txt': 'moved' });
    const records = filesRecords(folders.records);
    const record = await records.read('carol');
    if (!record) throw new Error('there is none');
    await records.write('carol', { ...record, movingInto: 'slot-1' }, true);
    await put(1);
    expect(read('carol')).toEqual({ 'workspace/left.txt': 'left', 'workspace/moved.txt': 'moved' });
    expect(existsSync(tenants.folderOf('slot-1'))).toBe(false);
  });
});

/** Lets `work` make that many steps, each of which is a rename, and none after them. Returns how many it made. */
async function renamesOf(work: () => Promise<unknown>, most: number): Promise<number> {
  const { renameSync: sync } = fs;
  const { rename } = fs.promises;
  let made = 0;
  const next = () => {
    if (made >= most) throw new Error('killed');
    made += 1;
  };
  fs.renameSync = (...paths) => {
    next();
    sync(...paths);
  };
  fs.promises.rename = async (...paths) => {
    next();
    await rename(...paths);
  };
  syncBuiltinESMExports();
  await work().catch(() => {});
  fs.renameSync = sync;
  fs.promises.rename = rename;
  syncBuiltinESMExports();
  return made;
}

describe('a memory that a test changed when the host agent was killed', () => {
  const copy = () => join(folders.memories, 'carol.json');
  const place = () => ({
    folder: tenants.folderOf('carol'),
    workspace: profile.workspace,
    copy: copy(),
    owner: undefined,
  });

  beforeEach(async () => {
    await put(1);
    write('carol', { 'workspace/MEMORY.md': 'likes tea' });
    await keepMemory(place());
    write('carol', { 'workspace/MEMORY.md': 'likes coffee', 'workspace/memory/test.md': 'an admin was here' });
    tenants = open();
  });

  test('is what it was as soon as there is a host agent again', async () => {
    writeFileSync(`${copy()}.0badc0de`, 'half a copy');
    await tenants.recover();
    expect(read('carol')).toEqual({ 'workspace/MEMORY.md': 'likes tea' });
    expect(readdirSync(folders.memories)).toEqual([]);
  });

  test('is what it was at the next start, if not before, also in a warm slot', async () => {
    await put(1);
    expect(read('carol')).toEqual({ 'workspace/MEMORY.md': 'likes tea' });
    await keepMemory(place());
    write('carol', { 'workspace/MEMORY.md': 'likes coffee' });
    write('slot-1', { 'workspace/SOUL.md': 'nobody' });
    const request = { tenantId: 'carol', files: { epoch: 1, checkpoint: null }, image, owner: undefined, keep: null };
    expect(await tenants.moveIntoSlot('slot-1', request)).toBe(true);
    expect(read('carol')).toMatchObject({ 'workspace/MEMORY.md': 'likes tea' });
  });

  test('stays out of files that have replaced those', async () => {
    await put(2);
    write('carol', { 'workspace/MEMORY.md': 'of another epoch' });
    await tenants.recover();
    await put(2);
    expect(read('carol')).toEqual({ 'workspace/MEMORY.md': 'of another epoch' });
  });

  test('is forgotten with its tenant', async () => {
    await tenants.remove('carol');
    expect(readdirSync(folders.memories)).toEqual([]);
  });
});

test('a folder that was put aside when the host agent was killed is put back', async () => {
  await put(1);
  write('carol', { 'workspace/a': 'a' });
  const aside = `${tenants.folderOf('carol')}.replaced-0123abcd`;
  renameSync(tenants.folderOf('carol'), aside);
  for (const left of ['carol.new-00000000', 'dave.removed-00000000']) mkdirSync(join(folders.tenants, left));
  await open().recover();
  expect(await names()).toEqual(['carol']);
  expect(read('carol')).toEqual({ 'workspace/a': 'a' });
});
