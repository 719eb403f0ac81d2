import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClawpoolProcess, startClawpool } from '../support/clawpool-process.ts';
import { signIn, waitForAnswer } from '../support/person.ts';

let data: string;
let clawpool: ClawpoolProcess | undefined;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'clawpool-durable-'));
});
afterEach(async () => {
  await clawpool?.interrupt();
  await rm(data, { recursive: true, force: true });
});

test('kill -9 of everything between acceptance and answer: after the next start the answer arrives, once', async () => {
  clawpool = await startClawpool(data);
  const before = await signIn(clawpool.url, 'ryan@acme.example', clawpool.samplePassword());
  const { id: conversationId } = await before.client.call('startConversation', { body: {} });
  const body = { text: 'Who are you?', clientMessageId: 'the-message-that-survives' };
  const { turn } = await before.client.call('sendMessage', { params: { conversationId }, body });
  await clawpool.killTree();

  clawpool = await startClawpool(data);
  const after = await signIn(clawpool.url, 'ryan@acme.example', before.password);
  const answer = await waitForAnswer(after.client, conversationId, turn.id);
  expect(answer).toMatchObject({ state: 'answered' });
  expect(answer.text).toMatch(/Ryan Park/);

  // The page that never saw the acknowledgement sends it again.
  const again = await after.client.call('sendMessage', { params: { conversationId }, body });
  expect(again.turn.id).toBe(turn.id);
  const { messages } = await after.client.call('conversation', { params: { conversationId } });
  expect(messages.map(({ role }) => role)).toEqual(['person', 'agent']);
});

test('kill -9 in the middle of a streamed answer: the whole answer is there after the next start, once', async () => {
  clawpool = await startClawpool(data);
  const before = await signIn(clawpool.url, 'carol@acme.example', clawpool.samplePassword());
  const { id: conversationId } = await before.client.call('startConversation', { body: {} });
  const { turn } = await before.client.call('sendMessage', {
    params: { conversationId },
    body: { text: 'Please count to 200', clientMessageId: 'a-long-answer' },
  });
  const streaming = new AbortController();
  await new Promise<void>((resolve) => {
    void before.client.events(
      'conversationEvents',
      { params: { conversationId } },
      { signal: streaming.signal, onEvent: (event) => event.type === 'delta' && resolve() },
    );
  });
  streaming.abort();
  await clawpool.killTree();

  clawpool = await startClawpool(data);
  const after = await signIn(clawpool.url, 'carol@acme.example', before.password);
  const answer = await waitForAnswer(after.client, conversationId, turn.id);
  expect(answer.state).toBe('answered');
  expect(answer.text).toMatch(/\b200\b/);
  const { messages } = await after.client.call('conversation', { params: { conversationId } });
  expect(messages.map(({ role }) => role)).toEqual(['person', 'agent']);
});

test('kill -9 of the one process: everything it started ends by itself, and the next start goes on', async () => {
  clawpool = await startClawpool(data);
  const before = await signIn(clawpool.url, 'ryan@acme.example', clawpool.samplePassword());
  expect((await before.ask('Who are you?')).state).toBe('answered');
  const orphans = await clawpool.killAlone();
  expect(orphans.length).toBeGreaterThan(3);
  await expect.poll(() => orphans.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);

  clawpool = await startClawpool(data);
  const after = await signIn(clawpool.url, 'ryan@acme.example', before.password);
  expect((await after.ask('Who are you?')).text).toMatch(/Ryan Park/);
});

test('Ctrl-C stops everything in order and loses nothing', async () => {
  clawpool = await startClawpool(data);
  const before = await signIn(clawpool.url, 'ryan@acme.example', clawpool.samplePassword());
  const { id: conversationId } = await before.client.call('startConversation', { body: {} });
  const { turn } = await before.client.call('sendMessage', {
    params: { conversationId },
    body: { text: 'Who are you?', clientMessageId: 'asked-just-before' },
  });
  expect(await clawpool.interrupt()).toBe(0);

  clawpool = await startClawpool(data);
  const after = await signIn(clawpool.url, 'ryan@acme.example', before.password);
  expect(await waitForAnswer(after.client, conversationId, turn.id)).toMatchObject({ state: 'answered' });
});
