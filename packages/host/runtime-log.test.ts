import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logSize, logTail } from './runtime-log.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-log-'));
  file = join(folder, 'x.log');
});

afterEach(() => rm(folder, { recursive: true }));

test('the last lines are returned, as many as asked for', async () => {
  await writeFile(file, 'one\ntwo\nthree\n');
  expect(await logTail(file, 2)).toEqual(['two', 'three']);
  expect(await logTail(file, 10)).toEqual(['one', 'two', 'three']);
  expect(await logTail(file, 0)).toEqual([]);
});

test('a tenant without a log has none', async () => {
  expect(await logTail(file, 5)).toEqual([]);
  expect(await logSize(file)).toBe(0);
});

test('what was there before a start is left out, unless the log was started anew', async () => {
  await writeFile(file, 'earlier\n');
  const from = await logSize(file);
  await writeFile(file, 'earlier\nnow\n');
  expect(await logTail(file, 5, from)).toEqual(['now']);
  await writeFile(file, 'new\n');
  expect(await logTail(file, 5, from)).toEqual(['new']);
});

test('of a huge log only whole lines of its end are read', async () => {
  await writeFile(file, `${'x'.repeat(99)}\n`.repeat(10_000));
  const lines = await logTail(file, 100_000);
  expect(lines.length).toBeLessThan(3_000);
  expect(lines.every((line) => line.length === 99)).toBe(true);
});

test('a tenant’s output cannot steer the terminal it is shown in', async () => {
  await writeFile(file, '\u001b[2J\u001b]0;title\u0007red\u001b[31m \u009b31mtext\r\n');
  expect(await logTail(file, 1)).toEqual(['red 31mtext']);
});
