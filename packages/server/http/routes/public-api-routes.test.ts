import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { ApiAnswer, Attachment } from '@clawpool/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAttachments } from '../../conversations/attachments.ts';
import { createApiService } from '../../integrations/api-service.ts';
import { insertApiKey } from '../../testing/api-keys.ts';
import { type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../../testing/turn-world.ts';
import { registerPublicApiRoutes } from './public-api-routes.ts';

let world: HttpWorld;
let turnWorld: TurnWorld;
let folder: string;
let secret: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-public-api-'));
  world = await startHttpWorld({
    register: async (app, database) => {
      await insertSmallOrganization(database);
      turnWorld = await startTurnWorld(database);
      const attachments = createAttachments({ database, blobs: await openBlobFolder(folder) });
      const schedules = { list: async () => [], create: notAsked, remove: notAsked };
      registerPublicApiRoutes(app, createApiService({ database, live: turnWorld.live, attachments, schedules }));
    },
  });
  secret = await insertApiKey(world.database, { organizationId: 'org', tenants: ['ann'] });
});
afterAll(async () => {
  await turnWorld.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** As a program does it, which is no browser. */
const ask = (method: string, path: string, body?: string, mediaType = 'application/json', key = secret) =>
  fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': mediaType }) },
    ...(body === undefined ? {} : { body }),
  });
const octets = 'application/octet-stream';

test('a program uploads a file, sends it, and downloads it again with its own key alone', async () => {
  const uploaded = await ask('POST', '/agents/ann/attachments?name=note.txt&user=zoe', 'buy milk', octets);
  expect(uploaded.status).toBe(201);
  const { sessionId, attachment } = (await uploaded.json()) as { sessionId: string; attachment: Attachment };
  const message = { sessionId, attachments: [attachment.id] };
  const answered = await ask('POST', '/agents/ann/messages', JSON.stringify(message));
  expect((await answered.json()) as ApiAnswer).toMatchObject({ sessionId, turn: { state: 'answered' } });
  const address = `/api-sessions/${sessionId}/attachments/${attachment.id}`;
  const downloaded = await ask('GET', address);
  expect(downloaded.headers.get('content-disposition')).toContain('note.txt');
  expect(await downloaded.text()).toBe('buy milk');
  const other = await insertApiKey(world.database, { organizationId: 'org', tenants: ['ann'] });
  expect((await ask('GET', address, undefined, octets, other)).status).toBe(404);
  expect((await world.send('GET', `/api/v1${address}`)).status).toBe(401);
});

test('a message with nothing in it is refused', async () => {
  const refused = await ask('POST', '/agents/ann/messages', JSON.stringify({ user: 'zoe' }));
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { code: 'invalid_request' } });
});

async function notAsked(): Promise<never> {
  throw new Error('no test asks for this');
}
