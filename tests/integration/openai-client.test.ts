import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConversationEvent, errorBody } from '@clawpool/contracts';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** What integrators use, against a whole installation with the real OpenClaw: the official OpenAI client, webhooks, a public twin. */
let installation: TestInstallation;
let admin: Person;
let keyId: string;
let secret: string;
let client: OpenAI;

beforeAll(async () => {
  installation = await startTestInstallation({ privateWebhooks: true });
  admin = await installation.person('jiade');
  const made = await admin.client.call('createApiKey', { body: { name: 'Shop', tenants: ['carol'] } });
  keyId = made.key.id;
  secret = made.secret;
  client = new OpenAI({ apiKey: secret, baseURL: `${installation.url}/v1`, maxRetries: 0 });
});
afterAll(() => installation?.close());

const question = (content: string) => [{ role: 'user' as const, content }];

test('the official client gets an agent’s answer, and what it took', async () => {
  const completion = await client.chat.completions.create({ model: 'carol', messages: question('Who are you?') });
  expect(completion.choices[0]?.message.content).toMatch(/Carol Zhang/u);
  expect(completion.usage?.prompt_tokens).toBeGreaterThan(100);
  expect(completion.usage?.completion_tokens).toBeGreaterThan(0);
});

test('the official client streams an answer as it grows', async () => {
  const stream = await client.chat.completions.create({
    model: 'carol',
    stream: true,
    stream_options: { include_usage: true },
    messages: question('Please count to 30'),
  });
  let answer = '';
  let deltas = 0;
  let total = 0;
  for await (const { choices, usage } of stream) {
    const content = choices[0]?.delta.content ?? '';
    answer += content;
    if (content !== '') deltas++;
    total = usage?.total_tokens ?? total;
  }
  expect(answer).toMatch(/\b30\b/u);
  expect(deltas).toBeGreaterThan(3);
  expect(total).toBeGreaterThan(0);
});

test('a user’s requests are one session of the agent; its transcript is the key’s alone', async () => {
  const ask = (content: string) =>
    client.chat.completions.create({ model: 'carol', user: 'zoe', messages: question(content) }).withResponse();
  const first = await ask('Who are you?');
  const second = await ask('Please count to 3');
  const sessionId = first.response.headers.get('x-clawpool-session-id') ?? '';
  expect(second.response.headers.get('x-clawpool-session-id')).toBe(sessionId);

  const transcript = (key: string) =>
    fetch(`${installation.url}/api/v1/api-sessions/${sessionId}`, { headers: { authorization: `Bearer ${key}` } });
  expect(await (await transcript(secret)).json()).toMatchObject({
    session: { user: 'zoe', tenantId: 'carol' },
    messages: [{ role: 'person' }, { role: 'agent' }, { role: 'person' }, { role: 'agent' }],
  });
  const other = await admin.client.call('createApiKey', { body: { name: 'Other', tenants: ['carol'] } });
  expect((await transcript(other.secret)).status).toBe(404);
});

test('an endpoint is told of the answer, with a signature that can be verified', async () => {
  const received: { headers: Record<string, string>; body: string }[] = [];
  const endpoint = createServer(async (request, response) => {
    received.push({ headers: request.headers as Record<string, string>, body: await text(request) });
    response.end();
  });
  const url = await listen(endpoint);
  const webhook = await admin.client.call('createWebhook', { body: { url, events: ['message.answered'] } });
  const accepted = await fetch(`${installation.url}/api/v1/agents/carol/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'Who are you?', user: 'max', waitSeconds: 0 }),
  });
  const { turn, answer } = (await accepted.json()) as { turn: { id: string }; answer: null };
  expect(answer).toBeNull();
  await expect.poll(() => received.length, { timeout: 60_000 }).toBe(1);
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  expect(headers['webhook-signature']).toBe(signatureOf(webhook.secret, headers, body));
  expect(JSON.parse(body)).toMatchObject({
    type: 'message.answered',
    data: { turnId: turn.id, tenantId: 'carol', user: 'max', text: expect.stringMatching(/Carol Zhang/u) },
  });
  endpoint.close();
});

test('anybody with the link talks to a twin, until it is switched off', async () => {
  const carol = await installation.person('carol');
  const on = await carol.client.call('putMyTwin', { body: { active: true, greeting: 'I am away.' } });
  const token = on.url?.split('/').at(-1) ?? '';
  const twin = `${installation.url}/api/v1/twins/${token}`;
  expect(await (await fetch(twin)).json()).toMatchObject({ name: 'Carol Zhang', greeting: 'I am away.' });

  const visitor = crypto.randomUUID();
  const body = JSON.stringify({ visitor, text: 'Who are you?', clientMessageId: crypto.randomUUID() });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${twin}/messages`, { method: 'POST', headers, body })).status).toBe(202);
  const answer = await answerIn(`${twin}/events?visitor=${visitor}`);
  expect(answer).toMatch(/Carol Zhang/u);

  await carol.client.call('putMyTwin', { body: { active: false } });
  const gone = await fetch(twin);
  expect(gone.status).toBe(404);
  expect(errorBody.parse(await gone.json()).error.message).toMatch(/no longer active/u);
});

test('a key that is revoked is refused with the next request', async () => {
  await admin.client.call('revokeApiKey', { params: { keyId } });
  await expect(client.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
function signatureOf(secret: string, headers: Record<string, string>, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}

/** The first answer of an agent in a stream of events. */
async function answerIn(url: string): Promise<string> {
  const { body } = await fetch(url);
  let waiting = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    waiting += chunk;
    const lines = waiting.split('\n');
    waiting = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.startsWith('data: '))) {
      const event = JSON.parse(line.slice('data: '.length)) as ConversationEvent;
      const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : [];
      const answer = messages.find(({ role }) => role === 'agent');
      if (answer) return answer.text;
      if (event.type === 'turn' && event.turn.state === 'failed') throw new Error(event.turn.message ?? 'failed');
    }
  }
  throw new Error('the stream ended without an answer');
}
