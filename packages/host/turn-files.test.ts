import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { BlobStore } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectOutgoing, writeUploads } from './turn-files.ts';

let folder: string;
let workspace: string;
let attachments: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-turn-files-'));
  workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  attachments = await openBlobFolder(join(folder, 'attachments'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (path: string) => join(workspace, path);

describe('files that come with a message', () => {
  const upload = async (name: string, content: string) => ({
    name,
    mediaType: 'text/plain',
    blob: (await attachments.put(Buffer.from(content))).hash,
  });

  test('are in uploads/, and one that is there already is left as it is', async () => {
    const one = await upload('a.txt', 'one');
    const place = { path: 'uploads/a.txt', mediaType: 'text/plain', bytes: 3 };
    expect(await writeUploads(workspace, [one], attachments, undefined)).toEqual([place]);
    expect(readFileSync(at('uploads/a.txt'), 'utf8')).toBe('one');
    const { ino } = statSync(at('uploads/a.txt'));
    expect(await writeUploads(workspace, [one], attachments, undefined)).toEqual([place]);
    expect(statSync(at('uploads/a.txt')).ino).toBe(ino);
  });

  test('never go through a link that the tenant planted', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere/precious'), 'kept');
    mkdirSync(at('uploads'));
    symlinkSync(join(folder, 'elsewhere/precious'), at('uploads/a.txt'));
    await writeUploads(workspace, [await upload('a.txt', 'new')], attachments, undefined);
    expect(readFileSync(join(folder, 'elsewhere/precious'), 'utf8')).toBe('kept');
    expect(readFileSync(at('uploads/a.txt'), 'utf8')).toBe('new');

    await rm(at('uploads'), { recursive: true });
    symlinkSync(join(folder, 'elsewhere'), at('uploads'));
    const places = await writeUploads(workspace, [await upload('b.txt', 'new')], attachments, undefined);
    expect(places).toMatchObject([{ bytes: null }]);
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['precious']);
  });

  test('that are stored no longer are told as such', async () => {
    const lost = { name: 'a.txt', mediaType: 'text/plain', blob: '0'.repeat(64) };
    expect(await writeUploads(workspace, [lost], attachments, undefined)).toMatchObject([{ bytes: null }]);
  });

  test.each(['../SOUL.md', 'a/b', '', '.hidden', 'line\nbreak', 'x'.repeat(300)])(
    'one named %j is refused: a name becomes a path',
    async (name) => {
      const evil = { ...(await upload('a', 'x')), name };
      await expect(writeUploads(workspace, [evil], attachments, undefined)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    },
  );
});

describe('files that an agent leaves in outgoing/', () => {
  const leave = (name: string, content = name) => {
    mkdirSync(at('outgoing'), { recursive: true });
    writeFileSync(at(`outgoing/${name}`), content);
  };
  const collect = (since: Date | null = null, unclear = false) =>
    collectOutgoing(workspace, attachments, { since, unclear }, undefined);

  test('are stored with name, media type and size, and moved to outgoing/sent/', async () => {
    leave('report.pdf', 'four');
    leave('b.unknown');
    const { files, note } = await collect();
    expect(files).toEqual([
      { name: 'b.unknown', mediaType: 'application/octet-stream', bytes: 9, blob: expect.any(String) },
      { name: 'report.pdf', mediaType: 'application/pdf', bytes: 4, blob: expect.any(String) },
    ]);
    expect(note).toBe('');
    expect(String(await attachments.get(files[1]?.blob ?? ''))).toBe('four');
    expect((await readdir(at('outgoing/sent'))).sort()).toEqual(['b.unknown', 'report.pdf']);
    expect(await collect()).toEqual({ files: [], note: '' });
  });

  test('none is no error', async () => {
    expect(await collect()).toEqual({ files: [], note: '' });
  });

  test('are regular files: no link is followed, no folder, pipe or second name is taken', async () => {
    writeFileSync(join(folder, 'secret'), 'secret');
    leave('fine.txt');
    symlinkSync(join(folder, 'secret'), at('outgoing/link.txt'));
    linkSync(join(folder, 'secret'), at('outgoing/second-name.txt'));
    mkdirSync(at('outgoing/folder'));
    expect((await collect()).files.map(({ name }) => name)).toEqual(['fine.txt']);

    await rm(at('outgoing'), { recursive: true });
    mkdirSync(join(folder, 'elsewhere'));
    writeFileSync(join(folder, 'elsewhere/a.txt'), 'secret');
    symlinkSync(join(folder, 'elsewhere'), at('outgoing'));
    expect((await collect()).files).toEqual([]);
    expect(existsSync(join(folder, 'elsewhere/sent'))).toBe(false);
  });

  test('are moved nowhere else by a link in the place of outgoing/sent', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    leave('a.txt');
    symlinkSync(join(folder, 'elsewhere'), at('outgoing/sent'));
    expect((await collect()).files).toHaveLength(1);
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });

  test('that are too many or too large stay, and the answer says so', async () => {
    for (const name of ['1', '2', '3', '4', '5', '6', '7']) leave(name);
    leave('0-large');
    truncateSync(at('outgoing/0-large'), 20 * 2 ** 20 + 1);
    const { files, note } = await collect();
    expect(files.map(({ name }) => name)).toEqual(['1', '2', '3', '4', '5']);
    expect(note).toContain('0-large is not attached: it is larger than 20 MiB.');
    expect(note).toContain('2 more files are not attached');
    expect((await readdir(at('outgoing'))).sort()).toEqual(['0-large', '6', '7', 'sent']);
  });

  test('before the turn began belong to another one', async () => {
    leave('old.txt');
    const later = new Date(statSync(at('outgoing/old.txt')).ctimeMs + 1_000);
    expect((await collect(later)).files).toEqual([]);
  });

  test('while another conversation was under way are nobody’s: none is sent, and the answer says why', async () => {
    leave('whose.txt');
    const { files, note } = await collect(null, true);
    expect(files).toEqual([]);
    expect(note).toMatch(/another conversation was under way/u);
    expect(existsSync(at('outgoing/whose.txt'))).toBe(true);
  });
});
