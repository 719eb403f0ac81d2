import { spawn } from 'node:child_process';
import { hash as hashNow, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '@clawpool/contracts';
import { DamagedBlobError } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect, readStream } from '../testing/collect.ts';
import { type FakeS3, startFakeS3 } from '../testing/fake-s3.ts';
import { type BlobStoreSettings, blobStoreSettings, openBlobFolder, openBlobStore } from './settings.ts';

let folder: string;
let s3: FakeS3;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-blobs-'));
  s3 = await startFakeS3();
});
afterEach(async () => {
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

const key = randomBytes(32).toString('base64');
const hashOf = (content: string | Uint8Array) => hashNow('sha256', content);
const open = (settings: object): Promise<BlobStore> => openBlobStore(blobStoreSettings.parse(settings), folder);
const inS3 = (): BlobStoreSettings['s3'] => {
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3;
  return { endpoint, bucket, accessKeyId, secretAccessKey, pathStyle: true, region: 'eu-test-1', prefix: 'pool/' };
};

/** One object as it is stored, to be read and changed behind the blob store's back. */
interface Stored {
  read(): Promise<Buffer>;
  change(content: Uint8Array): Promise<void>;
}

async function onDisk(): Promise<Stored> {
  const blobs = join(folder, 'blobs');
  const names = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !entry.parentPath.endsWith('keys'),
  );
  expect(names).toHaveLength(1);
  const path = join(names[0]?.parentPath ?? '', names[0]?.name ?? '');
  return { read: () => readFile(path), change: (content) => writeFile(path, content) };
}

async function inBucket(): Promise<Stored> {
  const names = [...s3.objects.keys()].filter((name) => !name.includes('keys/'));
  expect(names).toHaveLength(1);
  const name = names[0] ?? '';
  return {
    read: async () => s3.objects.get(name)?.content ?? Buffer.alloc(0),
    change: async (content) => void s3.objects.set(name, { content: Buffer.from(content), storedAt: new Date() }),
  };
}

const kinds = [
  { name: 'in a folder', settings: () => ({}), stored: onDisk },
  { name: 'encrypted in a folder', settings: () => ({ encryption: { keys: [key] } }), stored: onDisk },
  { name: 'in S3', settings: () => ({ s3: inS3() }), stored: inBucket },
  { name: 'encrypted in S3', settings: () => ({ s3: inS3(), encryption: { keys: [key] } }), stored: inBucket },
];

describe.each(kinds)('a blob store $name', ({ settings, stored }) => {
  let blobs: BlobStore;
  beforeEach(async () => {
    blobs = await open(settings());
  });

  test('gives back what was put, by its SHA-256', async () => {
    const { hash, bytes, storedBytes } = await blobs.put(Buffer.from('hello'));
    expect([hash, bytes]).toEqual([hashOf('hello'), 5]);
    expect(storedBytes).toBeGreaterThanOrEqual(5);
    expect(await blobs.get(hash)).toEqual(Buffer.from('hello'));
    expect(await blobs.has(hash)).toBe(true);
  });

  test('takes content piece by piece, and gives it so', async () => {
    async function* pieces() {
      yield Buffer.from('hel');
      yield Buffer.from('lo');
    }
    const { hash } = await blobs.put(pieces());
    expect(hash).toBe(hashOf('hello'));
    expect(await readStream(blobs, hash)).toEqual(Buffer.from('hello'));
  });

  test('has empty content too', async () => {
    const { hash } = await blobs.put(new Uint8Array(0));
    expect(await blobs.get(hash)).toEqual(Buffer.alloc(0));
  });

  test('takes what is larger than one part of an upload', async () => {
    const piece = randomBytes(1024 * 1024);
    async function* pieces() {
      for (let count = 0; count < 18; count++) yield piece;
    }
    const { hash, bytes } = await blobs.put(pieces());
    expect(bytes).toBe(18 * 1024 * 1024);
    expect(hashOf((await blobs.get(hash)) ?? '')).toBe(hash);
    expect(s3.uploads.size).toBe(0);
  });

  test('knows nothing of what was not put', async () => {
    const other = hashOf('other');
    expect([await blobs.get(other), await blobs.stream(other), await blobs.has(other)]).toEqual([null, null, false]);
  });

  test('stores the same content once, and says that it cost nothing', async () => {
    await blobs.put(Buffer.from('same'));
    async function* pieces() {
      yield Buffer.from('same');
    }
    expect(await blobs.put(Buffer.from('same'))).toMatchObject({ storedBytes: 0 });
    expect(await blobs.put(pieces())).toMatchObject({ storedBytes: 0 });
    await stored();
  });

  test('refuses to give out content that changed where it is stored', async () => {
    const { hash } = await blobs.put(Buffer.from('hello'));
    const object = await stored();
    const content = await object.read();
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
    await object.change(content);
    await expect(blobs.get(hash)).rejects.toThrow(DamagedBlobError);
    await expect(readStream(blobs, hash)).rejects.toThrow(DamagedBlobError);
  });

  test('repairs content that was cut off, when it is put again', async () => {
    const { hash } = await blobs.put(Buffer.from('hello'));
    const object = await stored();
    await object.change((await object.read()).subarray(0, 3));
    await expect(blobs.get(hash)).rejects.toThrow(DamagedBlobError);
    expect((await blobs.put(Buffer.from('hello'))).storedBytes).toBeGreaterThan(0);
    expect(await blobs.get(hash)).toEqual(Buffer.from('hello'));
  });

  test('lists what it has, and no more what was deleted', async () => {
    const put = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => blobs.put(Buffer.from(text))));
    await blobs.delete(hashOf('b'));
    await blobs.delete(hashOf('never there'));
    const listed = await collect(blobs.list());
    const left = put.filter(({ hash }) => hash !== hashOf('b'));
    expect(listed.map(({ hash }) => hash).sort()).toEqual(left.map(({ hash }) => hash).sort());
    expect(listed.map(({ bytes }) => bytes)).toEqual(left.map(({ storedBytes }) => storedBytes));
    for (const { storedAt } of listed) expect(Math.abs(Date.now() - storedAt.getTime())).toBeLessThan(60_000);
    expect(await blobs.has(hashOf('b'))).toBe(false);
  });

  test('has nothing of content whose source breaks', async () => {
    async function* broken() {
      yield Buffer.from('hel');
      throw new Error('source broke');
    }
    await expect(blobs.put(broken())).rejects.toThrow('source broke');
    expect(await collect(blobs.list())).toEqual([]);
  });

  test.each(['../../secret', 'ABC', '', `${'a'.repeat(63)}/`])(
    'takes nothing for a hash that is none: %j',
    async (no) => {
      await expect(blobs.get(no)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  test('keeps what it has for one who opens it again', async () => {
    const { hash } = await blobs.put(Buffer.from('kept'));
    expect(await (await open(settings())).get(hash)).toEqual(Buffer.from('kept'));
  });
});

describe('a blob store in a folder', () => {
  const incoming = () => join(folder, 'blobs', 'incoming');
  const pathOf = (hash: string) => join(folder, 'blobs', hash.slice(0, 2), hash.slice(2));

  test('stores what is put many times at once only once, readable by its owner only, and leaves nothing half', async () => {
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    await Promise.all(Array.from({ length: 8 }, () => blobs.put(Buffer.from('same'))));
    expect(await readdir(incoming())).toEqual([]);
    expect((await stat(pathOf(hashOf('same')))).mode & 0o777).toBe(0o600);
  });

  test('repairs content that changed without changing its length', async () => {
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    const { hash } = await blobs.put(Buffer.from('hello'));
    await writeFile(pathOf(hash), 'jello');
    await blobs.put(Buffer.from('hello'));
    expect(await blobs.get(hash)).toEqual(Buffer.from('hello'));
  });

  test('has nothing of a put whose process was killed', async () => {
    const script = `
      const { openBlobFolder } = await import('${join(import.meta.dirname, 'settings.ts')}');
      const blobs = await openBlobFolder('${join(folder, 'blobs')}');
      await blobs.put((async function* () {
        yield Buffer.from('hel');
        console.log('half');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      })());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(incoming())).toHaveLength(1);
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    expect(await collect(blobs.list())).toEqual([]);
    expect(await blobs.has(hashOf('hel'))).toBe(false);
  });

  test('clears what an interrupted put left, but not what another process is putting', async () => {
    const blobs = await openBlobFolder(join(folder, 'blobs'));
    await writeFile(join(incoming(), 'left'), 'hel');
    await utimes(join(incoming(), 'left'), new Date(0), new Date(0));
    await writeFile(join(incoming(), 'coming'), 'hel');
    await collect(blobs.list());
    expect(await readdir(incoming())).toEqual(['coming']);
  });

  test('says so when its folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openBlobFolder(join(folder, 'file', 'blobs'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a blob store in S3', () => {
  test('keeps to its prefix', async () => {
    s3.objects.set('other/ab/c', { content: Buffer.from('not ours'), storedAt: new Date() });
    const blobs = await open({ s3: inS3() });
    const { hash } = await blobs.put(Buffer.from('hello'));
    expect([...s3.objects.keys()]).toContain(`pool/${hash.slice(0, 2)}/${hash.slice(2)}`);
    expect(await collect(blobs.list())).toHaveLength(1);
  });

  test('ends an upload in parts that fails, so that its parts are not kept', async () => {
    const blobs = await open({ s3: inS3() });
    async function* pieces() {
      for (let count = 0; count < 18; count++) yield Buffer.alloc(1024 * 1024, count);
    }
    s3.failWith('PUT', 403, 'AccessDenied');
    await expect(blobs.put(pieces())).rejects.toMatchObject({ code: 'unavailable' });
    expect(s3.uploads.size).toBe(0);
  });

  test.each([
    { why: 'wrong credentials', change: { accessKeyId: 'AKIAOTHER' }, message: 'credentials' },
    { why: 'a bucket that is not there', change: { bucket: 'nowhere' }, message: 'no bucket nowhere' },
    { why: 'nobody who answers', change: { endpoint: 'http://127.0.0.1:1' }, message: 'ECONNREFUSED' },
  ])('says what to do about $why when it is opened', async ({ change, message }) => {
    const failure = open({ s3: { ...inS3(), ...change } });
    await expect(failure).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringMatching(/\w/) });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow('secret');
  });

  test('says that the bucket is full', async () => {
    const blobs = await open({ s3: inS3() });
    s3.failWith('PUT', 507, 'XMinioStorageFull');
    await expect(blobs.put(Buffer.from('hello'))).rejects.toMatchObject({ code: 'storage_full' });
  });
});
