import { execFileSync, spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorld, differences, type World } from '../testing/folders.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const at = (path: string) => join(world.folder, path);
const write = (path: string, content: string | Uint8Array = path) => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), content);
};

describe('a snapshot of a folder in use', () => {
  /** Appends a line to each of two files in turn, as fast as it can: they never differ by more than one line. */
  const writer = `
    const fs = require('node:fs');
    const files = ['one', 'two'].map((name) => fs.openSync(process.argv[1] + '/' + name, 'w'));
    for (let line = 0; ; line++) {
      for (const file of files) fs.writeSync(file, line + '\\n');
      if (line === 1000) process.stdout.write('ready');
    }`;

  test('is of one moment: the tenant stands still while files are read', async () => {
    const child = spawn(process.execPath, ['-e', writer, world.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      for (let round = 0; round < 5; round++) {
        const { root, frozenMs } = await world.snapshot({
          whileReading: async (read) => {
            child.kill('SIGSTOP');
            try {
              return await read();
            } finally {
              child.kill('SIGCONT');
            }
          },
        });
        expect(frozenMs).toBeGreaterThanOrEqual(0);
        const restored = await world.restore(root);
        const lines = ['one', 'two'].map((name) => readFileSync(join(restored, name), 'utf8').split('\n').length);
        expect(Math.abs((lines[0] ?? 0) - (lines[1] ?? 0))).toBeLessThanOrEqual(1);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('reads much before the tenant stands still, and again what changed since', async () => {
    for (let index = 0; index < 30; index++) write(`large-${index}`, randomBytes(1_000_000));
    let freezes = 0;
    const { root } = await world.snapshot({
      whileReading: async (read) => {
        freezes += 1;
        // Between looking and standing still for good, the tenant goes on.
        if (freezes === 2) write('large-3', 'changed meanwhile');
        return read();
      },
    });
    expect(freezes).toBe(2);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('reads nothing of the host when the tenant swaps files and folders for links between two looks', async () => {
    const outside = join(world.root, 'outside');
    mkdirSync(outside);
    for (const name of ['one', 'two', 'three']) {
      write(`folder/${name}`, randomBytes(8_000_000));
      writeFileSync(join(outside, name), `secret ${name}`);
    }
    write('file', randomBytes(8_000_000));
    let looks = 0;
    await world.snapshot({
      whileReading: async (read) => {
        const result = await read();
        looks += 1;
        if (looks === 1) {
          rmSync(at('file'));
          symlinkSync(join(outside, 'one'), at('file'));
          renameSync(at('folder'), at('moved'));
          symlinkSync(outside, at('folder'));
        }
        return result;
      },
    });
    expect(looks).toBe(2);
    for (const name of ['one', 'two', 'three']) {
      expect(await world.blobs.has(hash('sha256', `secret ${name}`)), name).toBe(false);
    }
  });

  test('copies what is too much for memory while the tenant stands still, and removes the copies', async () => {
    for (let index = 0; index < 4; index++) write(`large-${index}`, randomBytes(30_000_000));
    const { root } = await world.snapshot({
      whileReading: async (read) => {
        for (let index = 0; index < 4; index++) appendFileSync(at(`large-${index}`), 'always changing');
        const result = await read();
        // From now on the tenant runs: what it writes is not of that moment any more.
        if (result) for (let index = 0; index < 4; index++) writeFileSync(at(`large-${index}`), 'later');
        return result;
      },
    });
    const restored = await world.restore(root);
    expect(lstatSync(join(restored, 'large-2')).size).toBe(30_000_000 + 2 * 'always changing'.length);
    expect(readdirSync(world.root).filter((name) => name.startsWith('index'))).toEqual(['index']);
  });

  test('passes on that it could not stand still', async () => {
    write('file');
    const failing = () => Promise.reject(new Error('it does not freeze'));
    await expect(world.snapshot({ whileReading: failing })).rejects.toThrow('it does not freeze');
  });

  test('has its wits about it while files come and go', async () => {
    const churn = `
      const fs = require('node:fs');
      process.chdir(process.argv[1]);
      process.stdout.write('ready');
      for (let turn = 0; ; turn++) {
        fs.mkdirSync('d' + (turn % 50), { recursive: true });
        fs.writeFileSync('d' + (turn % 50) + '/f', 'x'.repeat(turn % 5000));
        fs.rmSync('d' + ((turn + 25) % 50), { recursive: true, force: true });
        try { fs.symlinkSync('/etc', 'd' + ((turn + 25) % 50)); fs.unlinkSync('d' + ((turn + 25) % 50)); } catch {}
      }`;
    const child = spawn(process.execPath, ['-e', churn, world.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      for (let round = 0; round < 20; round++) {
        const { root } = await world.snapshot();
        const restored = await world.restore(root);
        const paths = execFileSync('find', [restored, '-mindepth', '1', '-printf', '%P\n'], { encoding: 'utf8' });
        // Nothing of what the links lead to.
        expect(paths).toMatch(/^(d\d+(\/f)?\n)*$/);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });
});
