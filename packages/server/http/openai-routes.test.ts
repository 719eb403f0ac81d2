import { randomUUID } from 'node:crypto';
import type { TurnEvent, TurnRequest } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApiService } from '../integrations/api-service.ts';
import type { Database } from '../store/database.ts';
import { conversations, modelCalls, tenants, turns } from '../store/schema/index.ts';
import { insertApiKey } from '../testing/api-keys.ts';
import { type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';
import type { HttpApp } from './app.ts';
import { registerOpenAiRoutes } from './openai-routes.ts';

let turnWorld: TurnWorld;
let world: HttpWorld;
let secret: string;
let client: OpenAI;
beforeAll(async () => {
  world = await startHttpWorld({
    heartbeatMs: 200,
    keyRequestsPerMinute: 1_000,
    register: async (app, database) => {
      await insertSmallOrganization(database);
      turnWorld = await startTurnWorld(database);
      const schedules = { list: async () => [], create: notAsked, remove: notAsked };
      const attachments = { store: notAsked, open: notAsked };
      const { live } = turnWorld;
      registerOpenAiRoutes(app, { api: createApiService({ database, live, attachments, schedules }) });
    },
  });
  secret = await insertApiKey(world.database, { organizationId: 'org', tenants: ['ann'] });
  client = new OpenAI({ apiKey: secret, baseURL: `${world.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await turnWorld.close();
  await world.close();
});
beforeEach(() => {
  turnWorld.host.answerWith(echo);
  turnWorld.host.turns.length = 0;
});

test('answers the official client, with what the turn’s model calls took', async () => {
  turnWorld.host.answerWith(async function* (request) {
    await insertCall(request.turnId, { inputTokens: 120, outputTokens: 7 });
    await insertCall(request.turnId, { inputTokens: 30, outputTokens: 3 });
    yield { type: 'done', text: 'Good morning.' };
  });
  const completion = await client.chat.completions.create({
    model: 'ann',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(completion).toMatchObject({
    object: 'chat.completion',
    model: 'ann',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Good morning.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 150, completion_tokens: 10, total_tokens: 160 },
  });
});

test('streams to the official client, the usage last where it is asked for', async () => {
  turnWorld.host.answerWith(async function* (request) {
    await insertCall(request.turnId, { inputTokens: 12, outputTokens: 2 });
    yield { type: 'delta', text: 'Good ' };
    yield { type: 'delta', text: 'morning.' };
    yield { type: 'done', text: 'Good morning.' };
  });
  const stream = await client.chat.completions.create({
    model: 'agent-ann',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Hello' }],
  });
  const chunks = await all(stream);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Good morning.');
  expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 2 } });
  expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
});

test('lists the key’s tenants as models, and no others', async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['ann']);
  expect(await client.models.retrieve('ann')).toMatchObject({ id: 'ann', object: 'model' });
  await expect(client.models.retrieve('ben')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

test('a user’s session goes on, and only the new message is sent to it', async () => {
  const user = randomUUID();
  const first = [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: 'One' },
  ];
  await client.chat.completions.create({ model: 'ann', user, messages: first });
  const second = [
    ...first,
    { role: 'assistant' as const, content: 'You said: One' },
    { role: 'user' as const, content: 'Two' },
  ];
  await client.chat.completions.create({ model: 'ann', user, messages: second });

  const [one, two] = turnWorld.host.turns;
  expect(one?.text).toMatch(/System: Be brief\.[\s\S]*One$/u);
  expect(two?.text).toMatch(/(^|\n)Two$/u);
  expect(two?.text).not.toContain('You said: One');
  expect(two?.session).toBe(one?.session);
});

test('the session header does what `user` does', async () => {
  const headers = { 'x-clawpool-session': randomUUID() };
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  await client.chat.completions.create({ model: 'ann', messages }, { headers });
  await client.chat.completions.create({ model: 'ann', messages }, { headers });
  const [one, two] = turnWorld.host.turns;
  expect(two?.session).toBe(one?.session);
});

test('without a user each request is a session of its own, with its earlier messages quoted', async () => {
  const messages = [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: 'My name is Zoe.' },
    { role: 'assistant' as const, content: 'Hello Zoe.' },
    { role: 'user' as const, content: [{ type: 'text' as const, text: 'What is my name?' }] },
  ];
  await client.chat.completions.create({ model: 'ann', messages });
  await client.chat.completions.create({ model: 'ann', messages });
  const [one, two] = turnWorld.host.turns;
  expect(one?.text).toContain(
    'System: Be brief.\nUser: My name is Zoe.\nAssistant: Hello Zoe.\n\n[Current message - respond to this]\nWhat is my name?',
  );
  expect(two?.session).not.toBe(one?.session);
  const [session] = await world.database.db.select().from(conversations).where(eq(conversations.callerName, 'a key'));
  expect(session?.path).toBe('api');
});

test('tells in OpenAI’s shape what is wrong: the key, the model, the content', async () => {
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const stranger = new OpenAI({ apiKey: 'cpk_guess', baseURL: `${world.url}/v1`, maxRetries: 0 });
  await expect(stranger.chat.completions.create({ model: 'ann', messages })).rejects.toMatchObject({
    status: 401,
    code: 'invalid_api_key',
  });
  const other = new OpenAI({ apiKey: 'sk-something', baseURL: `${world.url}/v1`, maxRetries: 0 });
  await expect(other.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  await expect(client.chat.completions.create({ model: 'ben', messages })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  });
  const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
  await expect(
    client.chat.completions.create({ model: 'ann', messages: [{ role: 'user', content: [image] }] }),
  ).rejects.toMatchObject({ status: 400, param: 'messages.0.content.0', message: expect.stringMatching(/image_url/u) });
  await expect(
    client.chat.completions.create({ model: 'ann', messages: [{ role: 'assistant', content: 'Hm.' }] }),
  ).rejects.toMatchObject({ status: 400, param: 'messages' });
  expect(turnWorld.host.turns).toEqual([]);
});

test('a turn that fails is an error with its reason, which the client does not try again by itself', async () => {
  turnWorld.host.answerWith(async function* () {
    yield { type: 'failed', reason: 'model_refused_key', message: 'The provider refused the key.', retry: false };
  });
  const eager = new OpenAI({ apiKey: secret, baseURL: `${world.url}/v1`, maxRetries: 3 });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  await expect(eager.chat.completions.create({ model: 'ann', messages })).rejects.toMatchObject({
    status: 502,
    code: 'model_refused_key',
  });
  expect(turnWorld.host.turns).toHaveLength(1);
});

test('an answer that breaks off while it streams ends the client’s stream with an error', async () => {
  turnWorld.host.answerWith(async function* () {
    yield { type: 'delta', text: 'Good ' };
    yield { type: 'failed', reason: 'model_error', message: 'It broke.', retry: false };
  });
  const stream = await client.chat.completions.create({
    model: 'ann',
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  await expect(all(stream)).rejects.toMatchObject({ code: 'model_error' });
});

test.each([true, false])('whoever goes away (streaming: %s) stops the turn', async (stream) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<string>();
  turnWorld.host.answerWith(async function* (request, signal) {
    yield { type: 'delta', text: 'I am ' };
    begin(request.turnId);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const gone = new AbortController();
  const asked = client.chat.completions
    .create({ model: 'ann', stream, messages: [{ role: 'user', content: 'Hello' }] }, { signal: gone.signal })
    .then(async (answer) => Symbol.asyncIterator in answer && (await all(answer)))
    .catch(() => 'gone');
  const turnId = await begun;
  gone.abort();
  await asked;
  await expect
    .poll(async () => (await world.database.db.select().from(turns).where(eq(turns.id, turnId)))[0]?.state)
    .toBe('stopped');
});

test('of an agent that only a person can start again the client hears so, and the message is withdrawn', async () => {
  await turnWorld.pool.stop('ann');
  await world.database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 'ann'));
  const asked = client.chat.completions.create({ model: 'ann', messages: [{ role: 'user', content: 'Hello' }] });
  await expect(asked).rejects.toMatchObject({ status: 503, code: 'agent_stopped' });
  await world.database.db.update(tenants).set({ state: 'hibernated' }).where(eq(tenants.id, 'ann'));
});

test('a key that asks too often waits, and its client is told how long', async () => {
  const busy = await startHttpWorld({ keyRequestsPerMinute: 2, register: registerModels });
  const key = await insertApiKey(busy.database, { organizationId: 'world', tenants: [] });
  const impatient = new OpenAI({ apiKey: key, baseURL: `${busy.url}/v1`, maxRetries: 0 });
  await impatient.models.list();
  await impatient.models.list();
  const refused = await impatient.models.list().catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  expect(Number((refused as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after'))).toBeGreaterThan(0);
  await busy.close();
});

const registerModels = (app: HttpApp, database: Database) =>
  registerOpenAiRoutes(app, {
    api: createApiService({
      database,
      live: { follow: notAsked },
      attachments: { store: notAsked, open: notAsked },
      schedules: { list: async () => [], create: notAsked, remove: notAsked },
    }),
  });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function notAsked(): Promise<never> {
  throw new Error('no test asks for this');
}

async function* echo(request: TurnRequest): AsyncIterable<TurnEvent> {
  yield { type: 'done', text: `You said: ${request.text}` };
}

const insertCall = (turnId: string, tokens: { inputTokens: number; outputTokens: number }) =>
  world.database.db.insert(modelCalls).values({
    ...{ organizationId: 'org', tenantId: 'ann', turnId, provider: 'demo', model: 'demo', cachedInputTokens: 0 },
    ...{ durationMs: 1, outcome: 'ok', attempt: 1, ...tokens },
  });
