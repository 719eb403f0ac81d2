import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { AgentDefinition, Host, ModelUsage, Person, ToolName, ToolRefusal, TurnEvent } from '@clawpool/contracts';
import { createHost, imageCatalogue } from '@clawpool/host';
import { createModelGateway, type ModelGateway } from '@clawpool/models';
import { createSandboxDriver } from '@clawpool/runtimes';
import { openclawProfile } from '@clawpool/workspace';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type OpenAiVendor, startOpenAiVendor } from '../support/openai-vendor.ts';
import { portalTurn } from '../support/turn-context.ts';

/**
 * The four questions of agents.test.ts, asked of the lean image: OpenClaw 2026.3.24 in the sandbox behind the real host and model
 * gateway. And what this line leaves to them: ending what nobody waits for, and saying why a model failed.
 */
const lean = 'openclaw-2026.3.24';
const usual = 'openclaw-2026.6.35';

let folder: string;
let vendor: OpenAiVendor;
let gateway: ModelGateway;
let host: Host;
const usage: ModelUsage[] = [];
const refusals: ToolRefusal[] = [];
let models: [string, ...string[]] = ['demo/demo'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-lean-'));
  vendor = await startOpenAiVendor();
  gateway = createModelGateway({
    settings: { providers: { demo: { pauseMs: 20 }, openai: { apiKey: 'sk-test', baseUrl: vendor.baseUrl } } },
    ports: {
      policyFor: async (tenantId) => ({
        organizationId: 'acme',
        tenantId,
        tools: new Set(openclawProfile('2026.3.24').toolNames(agentOf(tenantId).tools)),
        models,
        maxCallsPerTurn: 10,
        positionName: agentOf(tenantId).owner.position,
      }),
      recordUsage: async (call) => void usage.push(call),
      recordRefusal: async (refusal) => void refusals.push(refusal),
      recordToolCall: async () => {},
    },
  });
  host = await createHost({
    driver: createSandboxDriver({ stateFolder: join(folder, 'state') }),
    why: 'a test asked for it',
    limits: { memory: 'none', pids: 'none', cpu: 'none' },
    notes: [],
    images: imageCatalogue({ imagesFolder: join(import.meta.dirname, '../../.clawpool/images') }),
    blobs: await openBlobFolder(join(folder, 'blobs')),
    attachments: await openBlobFolder(join(folder, 'attachments')),
    dataFolder: join(folder, 'data'),
    egress: (tenantId) => gateway.handler(tenantId),
    tokens: gateway.tokens,
    turns: gateway.turns,
  });
  await start('carol');
  await start('ryan');
});
afterAll(async () => {
  await host?.close();
  await gateway?.close();
  vendor?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('who are you?', () => {
  test('Carol’s agent is a Finance Analyst of ACME', async () => {
    const { text, deltas } = await ask('carol', 'Who are you?');
    expect(text).toMatch(/Carol Zhang/);
    expect(text).toMatch(/Finance Analyst/);
    expect(text).toMatch(/ACME Corp/);
    expect(deltas).toBeGreaterThan(1);
  });

  test('Ryan’s agent is a Software Engineer: same model, other identity', async () => {
    const { text } = await ask('ryan', 'Who are you?');
    expect(text).toMatch(/Ryan Park/);
    expect(text).toMatch(/Software Engineer/);
    expect(text).not.toMatch(/Finance/);
  });
});

describe('run git status', () => {
  test('Ryan’s agent really runs it in his sandboxed workspace', async () => {
    expect((await ask('ryan', 'Run git status')).text).toMatch(/On branch|No commits yet/);
  });

  test('Carol’s is refused: never offered, and the call of a model that tries it all the same is told', async () => {
    const { text } = await ask('carol', 'Run git status');
    expect(text).not.toMatch(/On branch|No commits yet/);
    expect(text).toMatch(/may not use exec/);
    expect(refusals).toContainEqual(
      expect.objectContaining({ tenantId: 'carol', tool: 'exec', stage: 'response', offered: false }),
    );
  });
});

test('whom to ask for a code review is answered from the organization’s directory', async () => {
  const { text } = await ask('carol', 'Who should I contact for a code review?');
  expect(text).toMatch(/Ryan Park/);
  expect(text).toMatch(/@acme\.example/);
});

test('a conversation goes on in the same session, and each call is metered for its turn', async () => {
  await ask('ryan', 'Write "the door code is 4711" to file note.txt', 'emp__ryan__door');
  const { text, turnId } = await ask('ryan', 'Read file note.txt', 'emp__ryan__door');
  expect(text).toContain('4711');
  expect(usage.filter((call) => call.turnId === turnId).length).toBe(2);
});

test('a turn that is stopped ends its model call at once, and the conversation goes on after it', async () => {
  const abort = new AbortController();
  const turnId = 'stopped';
  for await (const event of turn('carol', 'Who are you?', 'emp__carol__stop', turnId, abort.signal)) {
    expect(event.type).toBe('delta');
    abort.abort();
  }
  await vi.waitFor(() =>
    expect(usage.filter((call) => call.turnId === turnId)).toMatchObject([{ outcome: 'cancelled' }]),
  );
  expect((await ask('carol', 'Who are you?', 'emp__carol__stop')).text).toMatch(/Carol Zhang/);
});

test('a turn that is stopped while a command runs asks the model nothing more, whatever the command says', async () => {
  const abort = new AbortController();
  const turnId = 'stopped-in-a-command';
  const asked = () => usage.filter((call) => call.turnId === turnId);
  const turned = collect(
    turn('ryan', 'Run `touch began; sleep 2; touch ended`', 'emp__ryan__cmd', turnId, abort.signal),
  );
  await vi.waitFor(() => expect(asked()).toHaveLength(1), { timeout: 30_000 });
  abort.abort();
  await turned;
  // The next turn of the session is answered when OpenClaw is done with the one that nobody waits for.
  expect((await ask('ryan', 'Who are you?', 'emp__ryan__cmd')).text).toMatch(/Ryan Park/);
  expect(asked()).toHaveLength(1);
});

test('a model that fails is told for what it is, although OpenClaw 2026.3 says nothing of it', async () => {
  models = ['openai/any'];
  vendor.answerWith({ status: 401, message: 'no such key' });
  const { last } = await ask('carol', 'Who are you?', 'emp__carol__fails');
  expect(last).toMatchObject({ type: 'failed', reason: 'model_refused_key', retry: false });
  models = ['demo/demo'];
  expect((await ask('carol', 'Who are you?', 'emp__carol__fails')).text).toMatch(/Carol Zhang/);
});

test('an agent moves to the other image and back with its files and its conversations', async () => {
  vendor.answerWith({ text: 'Understood.' });
  models = ['openai/any'];
  const history = () => JSON.stringify(vendor.requests.at(-1)?.body.messages);
  await ask('ryan', 'My favourite number is 815.', 'emp__ryan__moves');

  await start('ryan', usual);
  await ask('ryan', 'My favourite colour is teal.', 'emp__ryan__moves');
  expect(history()).toContain('815');

  const sessions = join(folder, 'data/tenants/ryan/state/agents/main/sessions');
  await writeFile(join(sessions, 'sessions.json.0b8a.tmp'), '{"half'); // as a gateway leaves it that is ended while it writes
  await start('ryan', lean);
  expect((await readdir(sessions)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await ask('ryan', 'What do you know?', 'emp__ryan__moves');
  expect(history()).toContain('815');
  expect(history()).toContain('teal');
  models = ['demo/demo'];
  expect((await ask('ryan', 'Read file note.txt', 'emp__ryan__moved')).text).toContain('4711');
});

// --- who is asked ----------------------------------------------------------------------------------------------------

let generation = 0;

async function start(tenantId: string, image = lean): Promise<void> {
  generation += 1;
  const started = await host.start({
    organizationId: 'acme',
    tenantId,
    generation,
    uid: tenantId === 'carol' ? 910_001 : 910_002,
    limits: { memoryBytes: 1024 ** 3, pids: 256, cpus: 2 },
    agent: agentOf(tenantId),
    image,
    files: { epoch: 1, checkpoint: null },
  });
  expect(started).toMatchObject({ ok: true });
}

let turns = 0;

async function ask(tenantId: string, text: string, session = `emp__${tenantId}__1`) {
  turns += 1;
  const turnId = `turn-${turns}`;
  const events = await collect(turn(tenantId, text, session, turnId, new AbortController().signal));
  const last = events.at(-1);
  const deltas = events.filter(({ type }) => type === 'delta').length;
  return { turnId, last, deltas, text: last?.type === 'done' ? last.text : '' };
}

async function collect(events: AsyncIterable<TurnEvent>): Promise<TurnEvent[]> {
  const collected: TurnEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

function turn(tenantId: string, text: string, session: string, turnId: string, signal: AbortSignal) {
  const caller = `${agentOf(tenantId).owner.name}, signed in to the portal.`;
  return host.turn({ tenantId, turnId, session, text, context: portalTurn(caller) }, signal);
}

function agentOf(tenantId: string): AgentDefinition {
  const owner = tenantId === 'carol' ? carol : ryan;
  const tools: ToolName[] = tenantId === 'carol' ? ['web_search', 'file'] : ['shell', 'file', 'file_write'];
  return {
    organization: { id: 'acme', name: 'ACME Corp' },
    tenantId,
    name: `${owner.name}’s agent`,
    owner,
    layers: { global: 'Keep customer data inside.', position: '', personal: '' },
    tools,
    skills: [],
    directory: [carol, ryan],
    model: { id: 'any', contextWindow: 128_000, maxOutputTokens: 8_192 },
    timezone: 'UTC',
  };
}

const carol: Person = {
  id: 'carol',
  name: 'Carol Zhang',
  email: 'carol@acme.example',
  position: 'Finance Analyst',
  department: 'Finance',
  contactFor: ['budgets'],
};

const ryan: Person = {
  id: 'ryan',
  name: 'Ryan Park',
  email: 'ryan@acme.example',
  position: 'Software Engineer',
  department: 'Backend Team',
  contactFor: ['code review'],
};
