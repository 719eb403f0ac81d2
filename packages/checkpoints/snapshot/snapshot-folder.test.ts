import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { BlobStore } from '@clawpool/contracts';
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

/** A change time is trusted two seconds later; a test does not wait for that. */
const longAgo = () => new Promise((resolve) => setTimeout(resolve, 2_100));

/** A blob store that counts what is put. */
function counting(blobs: BlobStore): BlobStore & { puts: number } {
  const counted = {
    ...blobs,
    puts: 0,
    put: (content: Parameters<BlobStore['put']>[0]) => {
      counted.puts += 1;
      return blobs.put(content);
    },
  };
  return counted;
}

describe('a snapshot', () => {
  test('is the folder as it was, when it is restored', async () => {
    write('SOUL.md');
    write('workspace/memory/2026-01-01.md', 'remembered');
    write('empty', '');
    write('large', randomBytes(3_000_000));
    mkdirSync(at('empty folder'));
    symlinkSync('../../etc/passwd', at('link'));
    symlinkSync('nowhere', at('dangling'));
    for (let index = 0; index < 300; index++) write(`many/${index}`);
    const { root, files, bytes } = await world.snapshot();
    expect([files, bytes]).toEqual([
      304,
      'SOUL.md'.length + 'remembered'.length + 3_000_000 + 300 * 'many/'.length + 790,
    ]);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('keeps names that are no text', async () => {
    write('line\nbreak');
    write('ünïcödé 😀');
    writeFileSync(Buffer.concat([Buffer.from(at('no utf-8 ')), Buffer.from([0xff, 0xc3, 0x28])]), 'bytes');
    symlinkSync(Buffer.from([0x2f, 0xfe]), at('link to bytes'));
    const restored = await world.restore((await world.snapshot()).root);
    expect(readdirSync(restored, 'latin1').sort()).toEqual(readdirSync(world.folder, 'latin1').sort());
    expect(differences(world.folder, restored)).toBe('');
  });

  test('keeps modes and times of files, and no setuid bit', async () => {
    // What nobody may read only root can.
    const modes = [0o600, 0o755, 0o444, ...(process.getuid?.() === 0 ? [0o000] : [])];
    for (const mode of modes) {
      write(`mode-${mode}`);
      chmodSync(at(`mode-${mode}`), mode);
      utimesSync(at(`mode-${mode}`), 1_500_000_000, 1_500_000_000.123);
    }
    write('setuid');
    chmodSync(at('setuid'), 0o6755);
    mkdirSync(at('closed'));
    write('closed/file');
    chmodSync(at('closed'), 0o500);
    const restored = await world.restore((await world.snapshot()).root);
    for (const mode of modes) {
      const found = lstatSync(join(restored, `mode-${mode}`));
      expect([found.mode & 0o7777, Math.floor(found.mtimeMs)]).toEqual([mode, 1_500_000_000_123]);
    }
    expect(lstatSync(join(restored, 'setuid')).mode & 0o7777).toBe(0o755);
    expect(lstatSync(join(restored, 'closed')).mode & 0o7777).toBe(0o500);
    for (const folder of [world.folder, restored]) chmodSync(join(folder, 'closed'), 0o700); // so that it can be removed
  });

  test('makes copies of hard links', async () => {
    write('a', 'shared');
    linkSync(at('a'), at('b'));
    const restored = await world.restore((await world.snapshot()).root);
    expect(readFileSync(join(restored, 'b'), 'utf8')).toBe('shared');
    expect(lstatSync(join(restored, 'b')).nlink).toBe(1);
  });

  test('skips and counts what is no file, without waiting for it', async () => {
    write('file');
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('fifo')]);
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    const { files, skipped } = await world.snapshot();
    server.close();
    expect([files, skipped]).toEqual([1, 2]);
  });

  test('follows no link, neither to a file nor to a folder', async () => {
    writeFileSync(join(world.root, 'secret'), 'of the host');
    mkdirSync(join(world.root, 'outside'));
    writeFileSync(join(world.root, 'outside', 'inside'), 'of the host');
    symlinkSync(join(world.root, 'secret'), at('link'));
    symlinkSync(join(world.root, 'outside'), at('folder'));
    const { files, root } = await world.snapshot();
    expect(files).toBe(0);
    expect(lstatSync(join(await world.restore(root), 'folder')).isSymbolicLink()).toBe(true);
  });

  test('leaves out what is excluded', async () => {
    write('workspace/kept');
    write('workspace/cache/dropped');
    const restored = await world.restore((await world.snapshot({ exclude: ['workspace/cache'] })).root);
    expect(readdirSync(join(restored, 'workspace'))).toEqual(['kept']);
  });

  test('includes what was left out before', async () => {
    write('workspace/cache/file');
    await longAgo();
    await world.snapshot({ exclude: ['workspace/cache'] });
    const { root } = await world.snapshot();
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('is refused when there is more than allowed, holes included, before anything is read', async () => {
    write('huge', '');
    truncateSync(at('huge'), 1024 ** 4);
    await expect(world.snapshot({ maxBytes: 10_000_000 })).rejects.toMatchObject({ code: 'storage_full' });
  });

  test('is refused when there are more files than allowed', async () => {
    for (let index = 0; index < 20; index++) write(`folder-${index % 5}/${index}`);
    await world.snapshot({ maxFiles: 25 });
    await expect(world.snapshot({ maxFiles: 24 })).rejects.toMatchObject({ code: 'storage_full' });
  });

  test('is refused when folders are nested too deep', async () => {
    mkdirSync(at('d/'.repeat(101)), { recursive: true });
    await expect(world.snapshot()).rejects.toMatchObject({ code: 'invalid_request', hint: expect.any(String) });
  });

  test('rejects with the blob store’s error, and the next one is whole', async () => {
    for (let index = 0; index < 50; index++) write(`file-${index}`);
    let left = 20;
    const failing: BlobStore = {
      ...world.blobs,
      put: async (content) => {
        left -= 1;
        if (left < 0) throw Object.assign(new Error('no more'), { code: 'storage_full' });
        return world.blobs.put(content);
      },
    };
    await expect(world.snapshot({ blobs: failing })).rejects.toThrow('no more');
    const { root } = await world.snapshot();
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('rejects when there is no folder', async () => {
    rmSync(world.folder, { recursive: true });
    await expect(world.snapshot()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the next snapshot', () => {
  test('stores nothing when nothing changed, and has the same root', async () => {
    for (let index = 0; index < 100; index++) write(`many/${index}`);
    const first = await world.snapshot();
    await longAgo();
    await world.snapshot(); // until now everything was too new to be trusted
    const blobs = counting(world.blobs);
    const again = await world.snapshot({ blobs });
    expect([again.root, again.storedBytes, blobs.puts]).toEqual([first.root, 0, 0]);
  });

  test('stores bytes in proportion to the change', async () => {
    for (let index = 0; index < 2_000; index++) write(`workspace/many/${index}`, randomBytes(500));
    await world.snapshot();
    write('workspace/many/77', randomBytes(500));
    const { storedBytes } = await world.snapshot();
    expect(storedBytes).toBeGreaterThan(500);
    expect(storedBytes).toBeLessThan(20_000);
  });

  test('sees one change among thousands of files, which two threads look at', async () => {
    for (let index = 0; index < 5_000; index++) write(`workspace/${index % 100}/${index}`, 'all the same');
    await longAgo();
    const first = await world.snapshot();
    const blobs = counting(world.blobs);
    expect([(await world.snapshot({ blobs })).root, blobs.puts]).toEqual([first.root, 0]);
    write('workspace/77/77', 'not the same');
    const { root, files } = await world.snapshot();
    expect(files).toBe(5_000);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('stores a page of a database, not the database', async () => {
    write('memory.sqlite', randomBytes(20_000_000));
    await world.snapshot();
    const file = openSync(at('memory.sqlite'), 'r+');
    writeSync(file, randomBytes(4096), 0, 4096, 8_192_000);
    const { root, storedBytes } = await world.snapshot();
    expect(storedBytes).toBeLessThan(200_000);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('stores the end of a log that grew', async () => {
    write('session.jsonl', randomBytes(10_000_000));
    await world.snapshot();
    appendFileSync(at('session.jsonl'), 'one more line\n');
    const { root, storedBytes } = await world.snapshot();
    expect(storedBytes).toBeLessThan(200_000);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  const replace = (path: string, make: (path: string) => void) => {
    rmSync(at(path));
    make(at(path));
  };
  const changes: [what: string, change: () => void][] = [
    ['a file of the same length and times', () => rewriteUnnoticed('file')],
    ['a file that shrank', () => truncateSync(at('file'), 1)],
    ['a mode', () => chmodSync(at('file'), 0o700)],
    ['a file that was renamed', () => renameSync(at('file'), at('renamed'))],
    ['a file that was removed', () => rmSync(at('folder/file'))],
    ['a file replaced by a folder', () => replace('renamed', mkdirSync)],
    ['another target of a link', () => replace('link', (path) => symlinkSync('b', path))],
    ['a mode of a folder', () => chmodSync(at('folder'), 0o711)],
    ['a file in a folder', () => write('folder/new')],
    ['a folder moved into another', () => renameSync(at('folder'), at('other/folder'))],
  ];

  test('sees every kind of change', async () => {
    write('file', 'first');
    write('folder/file');
    write('other/file');
    symlinkSync('a', at('link'));
    await longAgo();
    let before = await world.snapshot();
    for (const [what, change] of changes) {
      change();
      const after = await world.snapshot();
      expect(after.root, what).not.toBe(before.root);
      const restored = await world.restore(after.root);
      expect(differences(world.folder, restored), what).toBe('');
      expect(modesBelow(restored), what).toBe(modesBelow(world.folder));
      before = after;
    }
  });

  function rewriteUnnoticed(path: string): void {
    const { atimeMs, mtimeMs } = lstatSync(at(path));
    writeFileSync(at(path), 'other');
    utimesSync(at(path), atimeMs / 1000, mtimeMs / 1000);
  }

  const modesBelow = (folder: string) =>
    execFileSync('find', [folder, '-mindepth', '1', '-printf', '%P %m\n'], { encoding: 'utf8' })
      .split('\n')
      .sort()
      .join('\n');

  test('sees a change made right after the one before', async () => {
    write('file', 'first');
    for (let count = 0; count < 20; count++) {
      writeFileSync(at('file'), `turn ${String(count).padStart(2, '0')}`);
      const { root } = await world.snapshot();
      expect(readFileSync(join(await world.restore(root), 'file'), 'utf8')).toBe(
        `turn ${String(count).padStart(2, '0')}`,
      );
    }
  });

  test('is right though the index is missing, cut off, damaged or something else', async () => {
    for (let index = 0; index < 20; index++) write(`file-${index}`);
    await longAgo();
    const spoils = [
      () => rmSync(world.index),
      () => truncateSync(world.index, 100),
      () => damage(world.index),
      () => writeFileSync(world.index, 'hello'),
    ];
    for (const [round, spoil] of spoils.entries()) {
      await world.snapshot();
      spoil();
      write('file-3', `changed ${round}`);
      const { root } = await world.snapshot();
      expect(differences(world.folder, await world.restore(root))).toBe('');
    }
  });

  function damage(path: string): void {
    const content = readFileSync(path);
    content[content.length - 20] = (content[content.length - 20] ?? 0) ^ 1;
    writeFileSync(path, content);
  }

  test('stores again what only a snapshot that was never committed had stored', async () => {
    write('file', 'kept');
    const committed = await world.snapshot();
    write('new', randomBytes(1000));
    await longAgo();
    await world.snapshot();
    // It was never committed: collection removes what only it had, and the next one follows the committed one.
    const lost: string[] = [];
    for await (const { hash } of world.blobs.list()) lost.push(hash);
    for (const hash of lost) await world.blobs.delete(hash);
    const { root } = await world.snapshot({ previous: committed.root });
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });

  test('repairs what is damaged in the blob store when it follows none', async () => {
    write('file', randomBytes(1000));
    const { root } = await world.snapshot();
    await longAgo();
    for await (const { hash } of world.blobs.list()) {
      writeFileSync(join(world.root, 'blobs', hash.slice(0, 2), hash.slice(2)), 'damaged');
    }
    await expect(world.restore(root)).rejects.toThrow('damaged');
    expect((await world.snapshot({ previous: null })).root).toBe(root);
    expect(differences(world.folder, await world.restore(root))).toBe('');
  });
});
