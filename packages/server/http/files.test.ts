import { request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { backupMediaType, backupRoutes, ClawpoolError, errorBody } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import type { Download } from './download.ts';
import { registerRoutes } from './register.ts';

let world: HttpWorld;
let cookie: string;
/** What the two routes do, set by each test. */
let exported: () => Download;
let imported: (file: AsyncIterable<Uint8Array>) => Promise<void>;

beforeAll(async () => {
  world = await startHttpWorld({
    register: (app) =>
      registerRoutes(
        app,
        // Without its answer's shape: what arrives is what these tests are about.
        {
          exportCheckpoint: backupRoutes.exportCheckpoint,
          importCheckpoint: { ...backupRoutes.importCheckpoint, response: undefined as never },
        },
        {
          exportCheckpoint: () => exported(),
          importCheckpoint: (({ upload }: { upload: AsyncIterable<Uint8Array> }) => imported(upload)) as never,
        },
      ),
  });
  cookie = await world.signIn(emailOf('operator'));
});
afterAll(() => world.close());

const download = () => world.send('GET', '/api/v1/checkpoints/c/file', { cookie });
const upload = (body: string, headers: Record<string, string> = {}) =>
  world.send('POST', '/api/v1/checkpoints', {
    cookie,
    body,
    headers: { 'content-type': backupMediaType, ...headers },
  });
const errorOf = async (response: Response) => errorBody.parse(await response.json()).error;

describe('a download', () => {
  test('is the file’s bytes, with its type and a harmless name to save it under', async () => {
    exported = () => ({
      file: Readable.from([Buffer.from('half '), Buffer.from('and half')]),
      name: 'a "b"\r\n/c.tgz',
    });
    const response = await download();
    expect(await response.text()).toBe('half and half');
    expect(response.headers.get('content-type')).toBe(backupMediaType);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a__b____c.tgz"');
  });

  test('that fails before its first byte is an ordinary error', async () => {
    exported = () => ({
      file: new Readable({
        read() {
          this.destroy(new ClawpoolError('conflict', 'Its content is damaged.', 'Choose another one.'));
        },
      }),
      name: 'x',
    });
    const response = await download();
    expect([response.status, response.headers.get('content-disposition')]).toEqual([409, null]);
    expect(await errorOf(response)).toMatchObject({ code: 'conflict', hint: 'Choose another one.' });
  });

  test('that fails later breaks off, so that nobody takes half for whole', async () => {
    exported = () => ({
      file: Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000, 'x');
          throw new Error('the disk is gone');
        })(),
      ),
      name: 'x',
    });
    await expect(download().then((response) => response.text())).rejects.toThrow();
  });

  test('ends when the reader goes away', async () => {
    let ended = () => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    exported = () => ({
      file: new Readable({
        read() {
          setImmediate(() => this.push(Buffer.alloc(1000)));
        },
        destroy(error, callback) {
          ended();
          callback(error);
        },
      }),
      name: 'x',
    });
    const { body } = await download();
    await body?.cancel();
    await end;
  });
});

describe('an upload', () => {
  test('reaches the route as it is, larger than any JSON body', async () => {
    let bytes = 0;
    imported = async (file) => {
      for await (const chunk of file) bytes += chunk.length;
    };
    const response = await upload('x'.repeat(5 * 2 ** 20));
    expect([response.status, bytes]).toEqual([201, 5 * 2 ** 20]);
  });

  test('that is refused in the middle is answered all the same', async () => {
    imported = async (file) => {
      for await (const _ of file) throw new ClawpoolError('too_large', 'That is too much.', 'Send less.');
    };
    const response = await upload('x'.repeat(20 * 2 ** 20));
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatchObject({ code: 'too_large' });
    imported = async () => {};
    expect((await upload('again')).status).toBe(201);
  });

  test.each(['application/json', 'text/plain', 'multipart/form-data', 'application/octet-stream'])(
    'as %s is refused before it is read',
    async (type) => {
      let reached = false;
      imported = async () => {
        reached = true;
      };
      const response = await upload('{}', { 'content-type': type });
      expect([response.status, reached]).toEqual([400, false]);
      expect(await errorOf(response)).toMatchObject({ hint: expect.stringContaining(backupMediaType) });
    },
  );

  test('of a page of another origin is refused', async () => {
    let reached = false;
    imported = async () => {
      reached = true;
    };
    const response = await upload('x', { 'sec-fetch-site': 'cross-site' });
    expect([response.status, reached]).toEqual([403, false]);
  });

  test('that breaks off is told to the route, which can undo what it began', async () => {
    const failed = new Promise<unknown>((resolve) => {
      imported = async (file) => {
        try {
          for await (const _ of file);
        } catch (error) {
          resolve(error);
          throw error;
        }
      };
    });
    const sending = request(`${world.url}/api/v1/checkpoints`, {
      method: 'POST',
      headers: { cookie, 'content-type': backupMediaType, 'content-length': 1000, 'sec-fetch-site': 'same-origin' },
    });
    sending.on('error', () => {});
    sending.write('a few bytes');
    setTimeout(() => sending.destroy(), 50);
    expect(await failed).toMatchObject({ code: 'invalid_request' });
  });
});

test('the API’s description tells which routes take and give files', async () => {
  const document = JSON.parse(await text((await world.send('GET', '/api/openapi.json')).body as never));
  expect(document.paths['/api/v1/checkpoints'].post.requestBody.content).toHaveProperty([backupMediaType]);
  const file = document.paths['/api/v1/checkpoints/{checkpointId}/file'].get;
  expect(file.responses['200'].content).toHaveProperty([backupMediaType]);
});
