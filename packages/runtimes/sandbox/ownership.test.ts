import { execFileSync } from 'node:child_process';
import { link, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveTo } from './ownership.ts';

// A normal user can give files to nobody but themselves; root shows the change.
const self = process.getuid?.() ?? 0;
const tenant = self === 0 ? 190_500 : self;
const find = '/usr/bin/find';
const owner = async (path: string) => (await lstat(path)).uid;

describe('giving a folder to a tenant', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'clawpool-'));
    folder = join(root, 'tenant');
    await mkdir(join(folder, 'a/b'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('reaches everything in it', async () => {
    const files = Array.from({ length: 300 }, (_, index) => join(folder, 'a/b', String(index)));
    for (const file of files) await writeFile(file, '');
    await giveTo(find, [folder], tenant);
    for (const path of [folder, join(folder, 'a'), join(folder, 'a/b'), ...files])
      expect(await owner(path)).toBe(tenant);
  });

  it('gives away a symbolic link and not what it leads to', async () => {
    await writeFile(join(root, 'of-the-host'), '');
    await symlink(join(root, 'of-the-host'), join(folder, 'link'));
    await symlink(root, join(folder, 'a/up'));
    await symlink('loop', join(folder, 'loop'));
    await giveTo(find, [folder], tenant);
    expect(await owner(join(folder, 'link'))).toBe(tenant);
    expect(await owner(join(root, 'of-the-host'))).toBe(self);
    expect(await owner(root)).toBe(self);
  });

  it('copes with names that are no text', async () => {
    const name = Buffer.concat([Buffer.from(join(folder, 'a/')), Buffer.from([0xff, 0x0a, 0x80])]);
    await writeFile(name, '');
    await giveTo(find, [folder], tenant);
    expect((await lstat(name)).uid).toBe(tenant);
  });

  it('leaves a file alone that has a second name somewhere', async () => {
    await writeFile(join(root, 'of-the-host'), '');
    await link(join(root, 'of-the-host'), join(folder, 'second'));
    await giveTo(find, [folder], tenant);
    expect(await owner(join(root, 'of-the-host'))).toBe(self);
  });

  it('does not take a link for the folder itself', async () => {
    await symlink(folder, join(root, 'link'));
    await expect(giveTo(find, [join(root, 'link')], tenant)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('is not stopped by a tree deeper than a path can be long', async () => {
    const name = 'd'.repeat(200);
    const stepByStep = `for (let i = 0; i < 30; i += 1) { fs.mkdirSync('${name}'); process.chdir('${name}'); }`;
    execFileSync(process.execPath, ['-e', stepByStep], { cwd: folder });
    await giveTo(find, [folder], tenant);
    expect(await owner(join(folder, name))).toBe(tenant);
    execFileSync('/bin/rm', ['-rf', folder]);
  });
});
