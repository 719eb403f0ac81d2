import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyLimit } from './limits.ts';

// The conformance suite proves limits with the kernel of this machine. A folder of plain files stands in here for version 2, which
// accepts what it is told and then ends processes: so what must never be told to it is decided by us.

let folder: string;
const content = (file: string) => readFile(join(folder, file), 'utf8');
const megabytes = (count: number) => ({ memoryBytes: count * 2 ** 20, pids: 10, cpus: 1 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-limits-'));
  await writeFile(join(folder, 'memory.current'), String(200 * 2 ** 20));
  await writeFile(join(folder, 'memory.max'), String(512 * 2 ** 20));
});
afterEach(() => rm(folder, { recursive: true }));

test('a memory limit that is in use is refused with what is needed, and the old one holds', async () => {
  await expect(applyLimit('v2', folder, 'memory', megabytes(128), 0)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('200 MB'),
    hint: expect.stringContaining('Stop the agent'),
  });
  expect(await content('memory.max')).toBe(String(512 * 2 ** 20));
  expect(await content('memory.high'), 'it may use its memory as before').toBe('max');
});

test('a memory limit that fits is set, without asking for anything to be given back', async () => {
  await applyLimit('v2', folder, 'memory', megabytes(256), 0);
  expect(await content('memory.max')).toBe(String(256 * 2 ** 20));
  expect(await content('memory.swap.max')).toBe('0');
  await expect(content('memory.high')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the processes of the boundary are not the tenant’s to pay for', async () => {
  await applyLimit('v2', folder, 'pids', megabytes(1), 4);
  expect(await content('pids.max')).toBe('14');
});
