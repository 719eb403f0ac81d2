import { modelEnvironment, parseModelSettings } from '@clawpool/models';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type OpenAiVendor, startOpenAiVendor } from '../support/openai-vendor.ts';
import type { Answer, Person } from '../support/person.ts';

/** A model of a vendor instead of the demo model: one variable in the environment, and nothing else changes. */
let vendor: OpenAiVendor;
let installation: TestInstallation;
let carol: Person;
const key = 'sk-the-key-of-the-organization';

beforeAll(async () => {
  vendor = await startOpenAiVendor();
  installation = await startTestInstallation({
    models: parseModelSettings(
      modelEnvironment({
        OPENAI_API_KEY: key,
        OPENAI_BASE_URL: vendor.baseUrl,
        CLAWPOOL_MODEL: 'openai/their-model',
      }),
    ),
  });
  carol = await installation.person('carol');
});
afterAll(async () => {
  await installation?.close();
  vendor?.close();
});

test('answers come from the vendor’s model, asked with the agent’s identity and the organization’s key', async () => {
  const answer = await carol.ask('Good morning');
  expect(answer).toMatchObject({ state: 'answered', text: 'Hello from the vendor.' });
  const { headers, body } = vendor.requests.at(-1) ?? expect.unreachable();
  expect(headers.authorization).toBe(`Bearer ${key}`);
  expect(body.model).toBe('their-model');
  const prompt = JSON.stringify(body.messages);
  expect(prompt).toContain('Finance Analyst');
  expect(prompt).toContain('Good morning');
  expect(prompt).not.toContain('[clawpool turn');
  expect((await carol.client.call('agent')).demoModel).toBe(false);
});

test('Carol’s model is never offered a command tool; a forced call of one is refused and audited', async () => {
  vendor.answerWith({ call: { name: 'exec', arguments: '{"command":"git status"}' } });
  const answer = await carol.ask('Please run it anyway');
  vendor.answerWith({ text: 'Hello from the vendor.' });
  expect(answer.text).toMatch(/may not use shell/);
  const offered = vendor.requests.at(-1)?.body.tools?.map((tool) => tool.function.name) ?? [];
  expect(offered).toContain('read');
  expect(offered).not.toContain('exec');

  const admin = await installation.person('jiade');
  const { events } = await admin.client.call('listAuditEvents', { query: { action: 'tool.refused' } });
  expect(events[0]).toMatchObject({ outcome: 'refused', actor: { id: 'carol' }, detail: { offered: false } });
});

test.each([
  ['refuses the key', { status: 401, message: `Incorrect API key provided: ${key}` }, 'model_refused_key'],
  ['is overloaded', { status: 503, message: 'overloaded' }, 'model_unavailable'],
  ['limits the rate', { status: 429, message: 'slow down' }, 'model_rate_limited'],
] as const)('when the vendor %s the person reads what that means and what to do', async (_what, failure, reason) => {
  vendor.answerWith(failure);
  const answer = await carol.ask('Are you there?');
  vendor.answerWith({ text: 'Hello from the vendor.' });
  expect(answer.state).toBe('failed');
  const turn = await lastTurn(answer);
  expect(turn).toMatchObject({ reason, message: expect.any(String), hint: expect.any(String) });
  expect(JSON.stringify(turn)).not.toContain(key);

  const again = await carol.askIn(answer.conversationId, 'And now?');
  expect(again).toMatchObject({ state: 'answered', text: 'Hello from the vendor.' });
});

test('what a runtime can read of its own holds no key of the organization', async () => {
  const command = 'env; cat /proc/1/environ; cat /run/clawpool/configuration/*; echo looked everywhere';
  vendor.answerWith({ call: { name: 'exec', arguments: JSON.stringify({ command }) } });
  const ryan = await installation.person('ryan');
  const asked = ryan.ask('Look everywhere');
  const seen = () =>
    JSON.stringify(vendor.requests.flatMap(({ body }) => body.messages.filter(({ role }) => role === 'tool')));
  await expect.poll(seen, { timeout: 60_000 }).toContain('looked everywhere');
  vendor.answerWith({ text: 'Looked.' });
  await asked;
  // It found its configuration and its environment, and the token that is good for its own model calls only.
  expect(seen()).toMatch(/PATH=/);
  expect(seen()).toMatch(/cpt_/);
  expect(seen()).not.toContain(key);
});

async function lastTurn({ conversationId }: Answer) {
  const { turns } = await carol.client.call('conversation', { params: { conversationId } });
  return turns.at(-1);
}
