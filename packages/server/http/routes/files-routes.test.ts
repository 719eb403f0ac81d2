import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProfileService } from '../../files/profile-service.ts';
import { openUploadSpool } from '../../files/upload-spool.ts';
import { createWorkspaceReader } from '../../files/workspace-reader.ts';
import { createWorkspaceService } from '../../files/workspace-service.ts';
import { createWorkspaceWriter } from '../../files/workspace-writer.ts';
import { members, tenants } from '../../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../../testing/files-world.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { registerFilesRoutes } from './files-routes.ts';

let world: HttpWorld;
let files: FilesWorld;
let cookie: string;

beforeAll(async () => {
  world = await startHttpWorld({
    register: async (app, database) => {
      files = await startFilesWorld(database);
      const { blobs, host, checkpoints } = files;
      const spool = await openUploadSpool(files.folder('spool'));
      const hosts = new Map([['local', host]]);
      registerFilesRoutes(app, {
        workspaces: createWorkspaceService({
          ...{ database, blobs, spool, memory: { limit: async () => 12_000 } },
          reader: createWorkspaceReader({ hosts, blobs }),
          writer: createWorkspaceWriter({ database, hosts, checkpoints }),
        }),
        profiles: createProfileService(database),
      });
      // Signs in as Ann.
      await database.db.delete(members).where(eq(members.userId, 'user-ann'));
      await database.db
        .update(members)
        .set({ organizationId: 'org', employeeId: 'ann' })
        .where(eq(members.userId, 'employee'));
    },
  });
  files.host.workspaces.set('ann', new Map([['notes.md', 'hello']]));
  cookie = await world.signIn(emailOf('employee'));
});
afterAll(async () => {
  await files.close();
  await world.close();
});

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.send(method, `/api/v1/agents/${path}`, { cookie, ...(body === undefined ? {} : { body }), headers });
const upload = (query: string, content: string) =>
  send('POST', `ann/files/content?${query}`, content, { 'content-type': 'application/octet-stream' });

test('a file is sent, listed and fetched as it is, never shown by the browser', async () => {
  const sent = await upload('path=page.html', '<script>alert(1)</script>');
  expect([sent.status, await sent.json()]).toEqual([201, { path: 'page.html', bytes: 25, hash: expect.any(String) }]);
  expect(await (await send('GET', 'ann/files')).json()).toMatchObject({
    entries: [{ name: 'notes.md' }, { name: 'page.html' }],
    mayEdit: true,
  });
  const fetched = await send('GET', 'ann/files/content?path=page.html');
  expect(await fetched.text()).toBe('<script>alert(1)</script>');
  expect(fetched.headers.get('content-type')).toBe('application/octet-stream');
  expect(fetched.headers.get('content-disposition')).toBe('attachment; filename="page.html"');
  expect(fetched.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a file that is there is not replaced by accident', async () => {
  expect((await upload('path=notes.md', 'mine')).status).toBe(409);
  expect((await upload('path=notes.md&expected=any', 'mine')).status).toBe(201);
});

test.each([
  '../notes.md',
  '/etc/passwd',
  'a//b',
  'a/./b',
  'line%0Abreak',
  '.clawpool-x',
  'a%00b',
  `${'x'.repeat(300)}`,
])('nothing is written to %s', async (path) => {
  const before = files.host.workspaceChanges.length;
  expect((await upload(`path=${path}`, 'x')).status).toBe(400);
  expect(files.host.workspaceChanges.length).toBe(before);
});

test('another person’s agent is not there', async () => {
  files.host.workspaces.set('ben', new Map([['notes.md', 'bens']]));
  expect((await world.database.db.select().from(tenants).where(eq(tenants.id, 'ben'))).length).toBe(1);
  for (const path of ['ben/files', 'ben/files/text?path=notes.md', 'ben/files/content?path=notes.md']) {
    expect((await send('GET', path)).status).toBe(404);
  }
  expect((await send('DELETE', 'ben/files?path=notes.md')).status).toBe(404);
});

test('a person reads their profile and saves what they tell of themselves', async () => {
  const get = async () => (await world.send('GET', '/api/v1/me/profile', { cookie })).json();
  expect(await get()).toMatchObject({ name: 'ann', agent: { tenantId: 'ann' } });
  const saved = await world.send('PUT', '/api/v1/me/about', { cookie, body: { about: 'Tea.', expectedVersion: 1 } });
  expect(saved.status).toBe(200);
  expect(await get()).toMatchObject({ about: 'Tea.', aboutVersion: 2 });
  const long = { about: 'x'.repeat(4_001), expectedVersion: 2 };
  expect((await world.send('PUT', '/api/v1/me/about', { cookie, body: long })).status).toBe(400);
});
