import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepMemory } from './kept-memory.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'clawpool-memory-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFile(join(workspace, path), text);
const read = (path: string) => readFile(join(workspace, path), 'utf8').catch(() => null);

test('what was remembered meanwhile is not, and what was there before is as it was', async () => {
  await mkdir(join(workspace, 'memory'));
  await write('MEMORY.md', 'likes tea');
  await write('memory/monday.md', 'nothing happened');
  const memory = await keepMemory(workspace);

  await write('MEMORY.md', 'likes coffee');
  await write('memory/tuesday.md', 'an admin tried me out');
  await rm(join(workspace, 'memory/monday.md'));
  await write('report.md', 'work of the turn');
  await memory.putBack(undefined);

  expect(await read('MEMORY.md')).toBe('likes tea');
  expect(await read('memory/monday.md')).toBe('nothing happened');
  expect(await read('memory/tuesday.md')).toBeNull();
  expect(await read('report.md')).toBe('work of the turn');
});

test('a memory that began meanwhile is gone again, and links of the agent’s are not followed', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'clawpool-elsewhere-'));
  await writeFile(join(elsewhere, 'notes.md'), 'not the tenant’s');
  const memory = await keepMemory(workspace);
  await write('MEMORY.md', 'new');
  await symlink(elsewhere, join(workspace, 'memory'));
  await memory.putBack(undefined);

  expect(await read('MEMORY.md')).toBeNull();
  expect(await readFile(join(elsewhere, 'notes.md'), 'utf8')).toBe('not the tenant’s');
  await rm(elsewhere, { recursive: true });
});
