import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openUploadSpool } from './upload-spool.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-spool-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function* hello() {
  yield Buffer.from('hel');
  yield Buffer.from('lo');
}

test('an upload is whole before it is used, and nothing of it is left, whatever becomes of it', async () => {
  const spool = await openUploadSpool(folder);
  const used = await spool.whole(hello(), 5, async (content) => [await text(content), (await readdir(folder)).length]);
  expect(used).toEqual(['hello', 1]);
  await expect(spool.whole(hello(), 4, async () => 'used')).rejects.toMatchObject({ code: 'too_large' });
  const refused = spool.whole(hello(), 5, async () => {
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  expect(await readdir(folder)).toEqual([]);
});

test('what a killed process left is removed once nobody can be sending it any more', async () => {
  for (const name of ['old', 'new']) await writeFile(join(folder, name), 'x');
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(join(folder, 'old'), yesterday, yesterday);
  await openUploadSpool(folder);
  expect(await readdir(folder)).toEqual(['new']);
});
