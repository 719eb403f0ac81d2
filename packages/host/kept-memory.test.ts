import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dropCopy, keepMemory, type MemoryPlace, putMemoryBack } from './kept-memory.ts';

let place: MemoryPlace;
let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'clawpool-memory-'));
  place = { folder: join(base, 'carol'), workspace: 'workspace', copy: join(base, 'copy.json'), owner: undefined };
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  const file = join(place.folder, 'workspace', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
const read = (path: string) => readFile(join(place.folder, 'workspace', path), 'utf8').catch(() => null);
const remove = (path: string) => rm(join(place.folder, 'workspace', path), { recursive: true });

test('what was remembered meanwhile is not, and what was there before is as it was', async () => {
  await write('MEMORY.md', 'likes tea');
  await write('memory/monday.md', 'nothing happened');
  await keepMemory(place);

  await write('MEMORY.md', 'likes coffee');
  await write('memory/tuesday.md', 'an admin tried me out');
  await remove('memory/monday.md');
  await write('report.md', 'work of the turn');
  await putMemoryBack(place);

  expect(await read('MEMORY.md')).toBe('likes tea');
  expect(await read('memory/monday.md')).toBe('nothing happened');
  expect(await read('memory/tuesday.md')).toBeNull();
  expect(await read('report.md')).toBe('work of the turn');
});

test('the copy is ours alone, is used once, and does not need whoever made it', async () => {
  await write('MEMORY.md', 'likes tea');
  await keepMemory(place);
  expect((await stat(place.copy)).mode & 0o777).toBe(0o600);
  expect(await readdir(base)).toEqual(['carol', 'copy.json']);
  await write('MEMORY.md', 'likes coffee');
  // A process that was killed comes back and tries again what it was in the middle of: the test is not what was before.
  await keepMemory({ ...place });
  await write('MEMORY.md', 'likes water');
  await putMemoryBack({ ...place });
  expect(await read('MEMORY.md')).toBe('likes tea');

  await write('MEMORY.md', 'likes tea and biscuits');
  await putMemoryBack(place);
  expect(await read('MEMORY.md')).toBe('likes tea and biscuits');
});

test('of files that were replaced nothing is put back, and of half a copy neither', async () => {
  await write('MEMORY.md', 'likes tea');
  await keepMemory(place);
  await write('MEMORY.md', 'restored');
  await dropCopy(place.copy);
  await putMemoryBack(place);
  expect(await read('MEMORY.md')).toBe('restored');
  await writeFile(place.copy, '{"paths":[');
  await putMemoryBack(place);
  expect(await read('MEMORY.md')).toBe('restored');
});

test('a note is removed however large it is and however many there are before it', async () => {
  for (let day = 0; day < 405; day++) await write(`memory/${String(day).padStart(4, '0')}.md`, `day ${day}`);
  await keepMemory(place);
  await write('memory/0404.md', 'changed');
  await write('memory/9999.md', 'x'.repeat(300 * 1024));
  await putMemoryBack(place);
  expect(await read('memory/9999.md')).toBeNull();
  expect(await read('memory/0404.md')).toBe('day 404');
  expect(await read('memory/0000.md')).toBe('day 0');
});

test('a memory that began meanwhile is gone again, and links of the agent’s are not followed', async () => {
  const elsewhere = join(base, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'notes.md'), 'not the tenant’s');
  await write('memory/monday.md', 'nothing happened');
  await keepMemory(place);
  await write('MEMORY.md', 'new');
  await remove('memory');
  await symlink(elsewhere, join(place.folder, 'workspace', 'memory'));
  await putMemoryBack(place);

  expect(await read('MEMORY.md')).toBeNull();
  expect(await readFile(join(elsewhere, 'notes.md'), 'utf8')).toBe('not the tenant’s');
  expect(await readdir(elsewhere)).toEqual(['notes.md']);
  expect(await read('memory/monday.md')).toBe('nothing happened');
});
