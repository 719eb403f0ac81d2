import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelEnvironment, parseModelSettings } from '@clawpool/models';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type OpenAiVendor, startOpenAiVendor } from '../support/openai-vendor.ts';
import type { Person } from '../support/person.ts';

/** What is written for an agent that runs, and what its model is told with the next turn of the same conversation: the real OpenClaw. */
let vendor: OpenAiVendor;
let installation: TestInstallation;
let carol: Person;
let admin: Person;
let conversationId: string;

beforeAll(async () => {
  vendor = await startOpenAiVendor();
  installation = await startTestInstallation({
    models: parseModelSettings(
      modelEnvironment({
        ...{ OPENAI_API_KEY: 'a-key', OPENAI_BASE_URL: vendor.baseUrl },
        ...{ CLAWPOOL_MODEL: 'openai/large', CLAWPOOL_FALLBACK_MODEL: 'openai/small' },
      }),
    ),
  });
  [carol, admin] = await Promise.all([installation.person('carol'), installation.person('jiade')]);
  ({ conversationId } = await carol.ask('Hello'));
});
afterAll(async () => {
  await installation?.close();
  vendor?.close();
});

/** What the model was asked with the turn that this message makes. */
async function promptOf(text: string) {
  expect(await carol.askIn(conversationId, text)).toMatchObject({ state: 'answered' });
  const request = vendor.requests.at(-1)?.body;
  return { model: request?.model, text: JSON.stringify(request?.messages) };
}

test('each layer that is saved is in the next turn of a running agent, in its order, and is a version of its own', async () => {
  const personal = { scope: 'personal', ownerId: carol.me.employee?.id ?? '' } as const;
  const { layers } = await admin.client.call('listLayers', {});
  const analysts = layers.find(({ ownerName }) => ownerName === 'Finance Analyst');
  const written = [
    { person: admin, params: { scope: 'global', ownerId: '-' } as const, content: 'Never speak of competitors.' },
    {
      person: admin,
      params: { scope: 'position' as const, ownerId: analysts?.ownerId ?? '' },
      content: 'Quote the budget line.',
    },
    { person: carol, params: personal, content: 'Answer in bullets.' },
  ];
  const before = await Promise.all(written.map(({ person, params }) => person.client.call('getLayer', { params })));
  for (const [index, { person, params, content }] of written.entries()) {
    const expectedVersion = before[index]?.version ?? 0;
    const saved = await person.client.call('saveLayer', { params, body: { content, expectedVersion } });
    expect(saved.version).toBe(expectedVersion + 1);
    expect((await promptOf(`Layer ${index}?`)).text).toContain(content);
  }
  const { text } = await promptOf('And now?');
  const places = written.map(({ content }) => text.indexOf(content));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places.every((place) => place > 0)).toBe(true);
});

test('model, language and conversation settings hold with the next turn, without a restart', async () => {
  const tenant = () => admin.client.call('tenant', { params: { tenantId: 'carol' } });
  const before = await tenant();
  const settings = {
    ...{ model: 'openai/small', contextWindow: 64_000, maxOutputTokens: 1_000, compaction: 'default' as const },
    responseLanguage: 'Deutsch',
  };
  const params = { scope: 'employee' as const, ownerId: 'carol' };
  await admin.client.call('saveAgentSettings', { params, body: { settings, expectedVersion: 0 } });
  const { model, text } = await promptOf('Wer bist du?');
  expect(model).toBe('small');
  expect(text).toContain('Answer in Deutsch');
  const file = join(installation.data, 'run/configurations/carol/openclaw.json');
  const written = JSON.parse(await readFile(file, 'utf8'));
  expect(written.agents.defaults.compaction).toEqual({ mode: 'default' });
  expect(written.models.providers.clawpool.models[0]).toMatchObject({ contextWindow: 64_000, maxTokens: 1_000 });
  expect(await promptOf('Noch da?')).toMatchObject({ model: 'small' });
  expect(await tenant()).toMatchObject({ state: 'running', stateSince: before.stateSince });
});
