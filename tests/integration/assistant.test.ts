import { modelEnvironment, parseModelSettings } from '@clawpool/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type OpenAiVendor, startOpenAiVendor } from '../support/openai-vendor.ts';
import type { Answer, Person } from '../support/person.ts';

/** Starts a conversation with the admin assistant and asks it. */
async function askAssistant({ client, askIn }: Person, text: string): Promise<Answer> {
  const { id, path } = await client.call('startConversation', { body: { tenantId: 'assistant' } });
  expect(path).toBe('admin');
  return askIn(id, text);
}

describe('with the demo model', () => {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await startTestInstallation();
  });
  afterAll(() => installation?.close());

  test('an admin asks who it is, and finds the conversation among their own; for an employee there is none', async () => {
    const admin = await installation.person('jiade');
    const { agents } = await admin.client.call('listAgents');
    expect(agents.at(-1)).toEqual({ tenantId: 'assistant', name: 'Admin assistant', team: false });

    const answer = await askAssistant(admin, 'Who are you?');
    expect(answer).toMatchObject({ state: 'answered', text: expect.stringMatching(/^I am Admin assistant of ACME/u) });
    expect(answer.deltas).toBeGreaterThan(0);
    const { conversations } = await admin.client.call('listConversations', { query: {} });
    expect(conversations[0]).toMatchObject({ id: answer.conversationId, path: 'admin', title: 'Who are you?' });

    const carol = await installation.person('carol');
    expect(JSON.stringify(await carol.client.call('listAgents'))).not.toContain('assistant');
    await expect(carol.client.call('startConversation', { body: { tenantId: 'assistant' } })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('with a vendor’s model', () => {
  let vendor: OpenAiVendor;
  let installation: TestInstallation;
  beforeAll(async () => {
    vendor = await startOpenAiVendor();
    installation = await startTestInstallation({
      models: parseModelSettings(
        modelEnvironment({
          ...{ OPENAI_API_KEY: 'sk-a-key', OPENAI_BASE_URL: vendor.baseUrl, CLAWPOOL_MODEL: 'openai/their-model' },
        }),
      ),
    });
  });
  afterAll(async () => {
    await installation?.close();
    vendor?.close();
  });

  const offered = () => vendor.requests.at(-1)?.body.tools?.map((tool) => tool.function.name) ?? [];
  const call = { name: 'clawpool__list_employees', arguments: '{"department":"Finance"}' };

  test('it is offered its lookups and nothing that acts, and what a lookup finds comes back to the model', async () => {
    const admin = await installation.person('jiade');
    vendor.answerWith({ call });
    const asked = askAssistant(admin, 'Who works in Finance?');
    const returned = () =>
      JSON.stringify(vendor.requests.flatMap(({ body }) => body.messages.filter(({ role }) => role === 'tool')));
    await expect.poll(returned, { timeout: 60_000 }).toContain('carol@acme.example');
    vendor.answerWith({ text: 'Carol does.' });
    expect(await asked).toMatchObject({ state: 'answered', text: expect.stringContaining('Carol does.') });
    expect(returned()).not.toContain('ryan@acme.example');

    expect(offered().toSorted()).toEqual([
      'clawpool__audit_log',
      'clawpool__get_employee',
      'clawpool__get_soul',
      'clawpool__list_bindings',
      'clawpool__list_departments_and_positions',
      'clawpool__list_employees',
      'clawpool__service_health',
      'clawpool__usage_report',
      'session_status',
    ]);
    expect(JSON.stringify(vendor.requests.at(-1)?.body.messages)).toContain('You are the admin assistant of ACME');
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'assistant.lookup' } });
    expect(events[0]).toMatchObject({
      target: { id: 'list_employees' },
      detail: { arguments: { department: 'Finance', offset: 0 }, askedBy: [admin.me.name] },
    });
  });

  test('another agent is offered no lookup, and a call of one that its model makes up is refused', async () => {
    const carol = await installation.person('carol');
    vendor.answerWith({ call });
    const answer = await carol.ask('Who works in Finance?');
    vendor.answerWith({ text: 'Done.' });
    expect(answer.text).toMatch(/list_employees/u);
    expect(offered()).toContain('clawpool__schedule_list');
    expect(offered()).not.toContain('clawpool__list_employees');
    const admin = await installation.person('jiade');
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'tool.refused' } });
    expect(events[0]).toMatchObject({ target: { id: 'clawpool__list_employees' }, actor: { id: 'carol' } });
  });
});
