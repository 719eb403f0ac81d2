import { hash as hashNow, randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { collect } from '../testing/collect.ts';
import { type FakeKms, startFakeKms } from '../testing/fake-kms.ts';
import { blobSettingsFromEnvironment, blobStoreSettings, openBlobStore } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-blobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')];
const open = (encryption?: object): Promise<BlobStore> =>
  openBlobStore(blobStoreSettings.parse(encryption ? { encryption } : {}), folder);
const hello = Buffer.from('hello, this is what the agent knows');
const hashOf = (content: Buffer) => hashNow('sha256', content);

async function everythingOnDisk(): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
  return [...files.map(({ parentPath, name }) => join(parentPath, name)), ...contents].join('\n');
}

describe('an encrypted blob store', () => {
  test('shows neither content, nor hash, nor key to whoever has the disk', async () => {
    const blobs = await open({ keys: [first] });
    const { hash } = await blobs.put(hello);
    const disk = await everythingOnDisk();
    for (const secret of ['agent knows', hash.slice(2, 40), first]) expect(disk).not.toContain(secret);
    expect((await collect(blobs.list())).map((blob) => blob.hash)).toEqual([hash]);
  });

  test('reads what older keys wrote, and writes with the newest', async () => {
    await (await open({ keys: [first] })).put(hello);
    const rotated = await open({ keys: [second, first] });
    expect(await rotated.get(hashOf(hello))).toEqual(hello);
    const other = Buffer.from('written after the change');
    await rotated.put(other);
    const before = await collect(rotated.list());
    expect(before.map(({ hash }) => hash).sort()).toEqual([hashOf(hello), hashOf(other)].sort());
    await rotated.delete(hashOf(hello));
    expect(await rotated.has(hashOf(hello))).toBe(false);
    expect(await rotated.get(hashOf(other))).toEqual(other);
  });

  test('reads what was written before encryption was turned on', async () => {
    await (await open()).put(hello);
    const blobs = await open({ keys: [first] });
    expect(await blobs.get(hashOf(hello))).toEqual(hello);
    expect(await collect(blobs.list())).toHaveLength(1);
  });

  test.each([
    { why: 'another key', encryption: { keys: [second] } },
    { why: 'no key at all', encryption: undefined },
  ])('says that it is encrypted with another key when it is opened with $why', async ({ encryption }) => {
    await (await open({ keys: [first] })).put(hello);
    await expect(open(encryption)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('another key'),
      hint: expect.stringContaining('old key'),
    });
  });

  test('refuses a key that is none, without repeating it', async () => {
    const failure = open({ keys: ['c2hvcnQga2V5'] });
    await expect(failure).rejects.toMatchObject({ code: 'invalid_request', hint: expect.stringContaining('openssl') });
    await expect(failure).rejects.not.toThrow('c2hvcnQga2V5');
  });

  test('does not take one blob for another that was put in its place', async () => {
    const blobs = await open({ keys: [first] });
    await blobs.put(hello);
    const [stored] = await filesOf('blobs');
    const { hash } = await blobs.put(Buffer.from('another'));
    const other = (await filesOf('blobs')).find((path) => path !== stored) ?? '';
    await copyFile(stored ?? '', other);
    await expect(blobs.get(hash)).rejects.toThrow('damaged');
  });

  async function filesOf(name: string): Promise<string[]> {
    const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('keys'));
    return files.map((entry) => join(entry.parentPath, entry.name));
  }
});

test('keys come from CLAWPOOL_BLOB_KEY, the newest first', () => {
  expect(blobSettingsFromEnvironment({ CLAWPOOL_BLOB_KEY: `${second}, ${first}` })).toEqual({
    encryption: { keys: [second, first] },
  });
  expect(blobSettingsFromEnvironment({ CLAWPOOL_BLOB_KEY: ' ' })).toEqual({});
});

describe('with a key that KMS keeps', () => {
  let kms: FakeKms;
  beforeEach(async () => {
    kms = await startFakeKms('alias/clawpool', 'alias/newer');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await kms.close();
  });
  const kmsSettings = (keyId = 'alias/clawpool') => ({ kms: { keyId, region: 'eu-test-1', endpoint: kms.endpoint } });

  test('asks once for a key, keeps it wrapped, and has it unwrapped at every start', async () => {
    await (await open(kmsSettings())).put(hello);
    expect(await (await open(kmsSettings())).get(hashOf(hello))).toEqual(hello);
    expect(kms.requests).toEqual(['GenerateDataKey', 'Decrypt']);
  });

  test('loses nothing when two processes open a new store at once', async () => {
    const stores = await Promise.all([open(kmsSettings()), open(kmsSettings())]);
    await stores[0].put(hello);
    await stores[1].put(Buffer.from('another'));
    const later = await open(kmsSettings());
    expect(await later.get(hashOf(hello))).toEqual(hello);
    expect(await later.get(hashOf(Buffer.from('another')))).toEqual(Buffer.from('another'));
  });

  test('goes over to another master key, and from a key of one’s own', async () => {
    await (await open({ keys: [first] })).put(hello);
    const other = Buffer.from('written with the first master key');
    await (await open({ keys: [first], ...kmsSettings() })).put(other);
    const newer = await open({ keys: [first], ...kmsSettings('alias/newer') });
    expect([await newer.get(hashOf(hello)), await newer.get(hashOf(other))]).toEqual([hello, other]);
    expect(kms.requests.filter((request) => request === 'GenerateDataKey')).toHaveLength(2);
  });

  test('says what to do when KMS does not give the key', async () => {
    await (await open(kmsSettings())).put(hello);
    kms.masterKeys.delete('alias/clawpool');
    await expect(open(kmsSettings())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('AccessDeniedException'),
      hint: expect.stringContaining('kms:Decrypt'),
    });
    await expect(open()).rejects.toMatchObject({ hint: expect.stringContaining('kms') });
  });
});
