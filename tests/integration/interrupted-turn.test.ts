import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { AgentDefinition, Host, ToolCallRecord, TurnEvent } from '@clawpool/contracts';
import { createHost, imageCatalogue } from '@clawpool/host';
import { createModelGateway, type ModelGateway } from '@clawpool/models';
import { createSandboxDriver } from '@clawpool/runtimes';
import { openclawProfile } from '@clawpool/workspace';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type OpenAiVendor, startOpenAiVendor } from '../support/openai-vendor.ts';
import { portalTurn } from '../support/turn-context.ts';

/**
 * A turn whose runtime is killed after the agent has acted, with the real OpenClaw of both images: it is gone on with from the
 * transcript, and what was done is not done again.
 */
let folder: string;
let vendor: OpenAiVendor;
let gateway: ModelGateway;
let host: Host;
let models: [string, ...string[]];
const acts: ToolCallRecord[] = [];
/** What a model call waits for, by the number of calls of its turn that were recorded before it. */
let beforeModelCall: (recorded: number) => Promise<void> = async () => {};
let version: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-interrupted-'));
  vendor = await startOpenAiVendor();
  gateway = createModelGateway({
    settings: { providers: { demo: { pauseMs: 0 }, openai: { apiKey: 'sk-test', baseUrl: vendor.baseUrl } } },
    ports: {
      policyFor: async (tenantId) => {
        await beforeModelCall(acts.length);
        return {
          organizationId: 'acme',
          tenantId,
          tools: new Set(openclawProfile(version).toolNames(agent.tools)),
          models,
          maxCallsPerTurn: 10,
          positionName: 'Software Engineer',
        };
      },
      recordUsage: async () => {},
      recordRefusal: async () => {},
      recordToolCall: async (call) => void acts.push(call),
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
});
/** A model call that is held would hold the tests after it, and the closing. */
let release = () => {};
afterEach(() => {
  beforeModelCall = async () => {};
  release();
});
afterAll(async () => {
  await host?.close();
  await gateway?.close();
  vendor?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['2026.6.35', '2026.3.24'])('OpenClaw %s', (image) => {
  beforeAll(() => {
    version = image;
  });

  test('killed while a command runs: the agent sees that it had called it and no result, and it has run once', async () => {
    models = ['openai/any'];
    const command = 'echo once >> ran-1; sleep 60';
    vendor.answerWith({ call: { name: 'exec', arguments: JSON.stringify({ command }) } });
    await interrupt('Do it.', 'emp__ryan__1', async () => (await fileText('ran-1')) !== '');

    vendor.answerWith({ text: 'It had begun; I looked.' });
    expect(await goOn('Do it.', 'emp__ryan__1')).toMatchObject({ type: 'done', text: 'It had begun; I looked.' });
    const asked = history();
    expect(asked.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(JSON.stringify(asked[1])).toContain(command);
    // OpenClaw mends its transcript by itself: a call without a result is given one that says so.
    expect(JSON.stringify(asked[2])).toContain('missing tool result');
    expect(JSON.stringify(asked[3])).toMatch(/You were interrupted.*check the effect first.*> Do it\./u);
    expect(await fileText('ran-1')).toBe('once\n');
  });

  test('killed after the command, while the model was asked again: the agent sees what came of it', async () => {
    models = ['openai/any'];
    const command = 'echo once >> ran-2; echo the door code is 4711';
    vendor.answerWith({ call: { name: 'exec', arguments: JSON.stringify({ command }) } });
    const held = Promise.withResolvers<void>();
    release = held.resolve;
    let isHeld = false;
    beforeModelCall = async (recorded) => {
      if (recorded === 0) return;
      isHeld = true;
      await held.promise;
    };
    await interrupt('Do it.', 'emp__ryan__2', async () => isHeld);
    beforeModelCall = async () => {};
    release();

    vendor.answerWith({ text: 'It is 4711.' });
    expect(await goOn('Do it.', 'emp__ryan__2')).toMatchObject({ type: 'done', text: 'It is 4711.' });
    const asked = history();
    expect(asked.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(JSON.stringify(asked[2])).toContain('the door code is 4711');
    expect(await fileText('ran-2')).toBe('once\n');
  });

  test('the demo model goes on as well, and the conversation after it', async () => {
    models = ['demo/demo'];
    const text = 'Run `echo once >> ran-3; echo the door code is 4711; sleep 60`';
    await interrupt(text, 'emp__ryan__3', async () => (await fileText('ran-3')) !== '');
    expect(await goOn(text, 'emp__ryan__3')).toMatchObject({ text: expect.stringContaining('I do not repeat it') });
    expect(await fileText('ran-3')).toBe('once\n');
    expect(await last(turn('Who are you?', 'emp__ryan__3'))).toMatchObject({
      text: expect.stringContaining('Ryan Park'),
    });
  });
});

// --- one interruption ------------------------------------------------------------------------------------------------

/** Asks, kills the runtime once `when` holds, and waits until the turn has failed for that. */
async function interrupt(text: string, session: string, when: () => Promise<boolean>): Promise<void> {
  await start();
  const [asked] = await askUntil(text, session, when);
  for (const pid of await gatewayPids()) process.kill(pid, 'SIGKILL');
  expect(await asked).toMatchObject({ type: 'failed', reason: 'exited', retry: true });
  expect(acts).toMatchObject([{ tenantId, turnId: session, tool: 'exec' }]);
  await leaveLocks();
}

/** As a gateway does that is killed between making a session's lock and writing into it whose it is. */
async function leaveLocks(): Promise<void> {
  const sessions = join(folder, 'data/tenants', tenantId, openclawProfile(version).sessions.folder);
  const transcripts = (await readdir(sessions)).filter((name) => name.endsWith('.jsonl'));
  expect(transcripts).not.toEqual([]);
  for (const name of transcripts) await writeFile(join(sessions, `${name}.lock`), '');
}

/**
 * Asks, and returns the turn that has not ended when `when` holds. One that fails before the agent has acted is asked again, as the turn
 * runner would.
 */
async function askUntil(
  text: string,
  session: string,
  when: () => Promise<boolean>,
  attempts = 3,
): Promise<Promise<TurnEvent | undefined>[]> {
  acts.length = 0;
  const asked = last(turn(text, session));
  let ended: TurnEvent | undefined;
  void asked.then((event) => {
    ended = event;
  });
  await vi.waitUntil(async () => ended !== undefined || (await when()), { timeout: 100_000, interval: 20 });
  if (ended === undefined) return [asked];
  if (ended.type === 'failed' && ended.retry && acts.length === 0 && attempts > 1) {
    return askUntil(text, session, when, attempts - 1);
  }
  const log = await host.logs(tenantId, 40);
  return expect.fail(`The turn ended before it was interrupted: ${JSON.stringify(ended)}\n${log.join('\n')}`);
}

async function goOn(text: string, session: string): Promise<TurnEvent | undefined> {
  const interruptedAfter = acts.map(({ tool, argumentsText }) => ({ tool, arguments: argumentsText }));
  await start();
  return last(turn(text, session, interruptedAfter));
}

const tenantId = 'ryan';
let generation = 0;

async function start(): Promise<void> {
  generation += 1;
  const started = await host.start({
    organizationId: 'acme',
    tenantId,
    generation,
    uid: 920_001,
    limits: { memoryBytes: 1024 ** 3, pids: 256, cpus: 2 },
    agent,
    image: `openclaw-${version}`,
    files: { epoch: version === '2026.6.35' ? 1 : 2, checkpoint: null },
  });
  expect(started).toMatchObject({ ok: true });
}

function turn(text: string, session: string, interruptedAfter: { tool: string; arguments: string }[] | null = null) {
  const context = portalTurn('Ryan Park, signed in to the portal.', { interruptedAfter });
  return host.turn({ tenantId, turnId: session, session, text, context }, new AbortController().signal);
}

async function last(events: AsyncIterable<TurnEvent>): Promise<TurnEvent | undefined> {
  let event: TurnEvent | undefined;
  for await (event of events);
  return event;
}

const history = () => vendor.requests.at(-1)?.body.messages.filter(({ role }) => role !== 'system') ?? [];

const fileText = (name: string) =>
  readFile(join(folder, 'data/tenants', tenantId, 'workspace', name), 'utf8').catch(() => '');

/** Processes on an image's Node that have this test's folder in their mounts. */
async function gatewayPids(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const ours = await Promise.all(
    pids.map(async (pid) => {
      const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
      const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
      return /node-linux-\w+\/bin\/node$/u.test(program) && mounts.includes(basename(folder)) ? [Number(pid)] : [];
    }),
  );
  return ours.flat();
}

const ryan = {
  id: 'ryan',
  name: 'Ryan Park',
  email: 'ryan@acme.example',
  position: 'Software Engineer',
  department: 'Backend Team',
  contactFor: ['code review'],
};

const agent: AgentDefinition = {
  organization: { id: 'acme', name: 'ACME Corp' },
  tenantId,
  name: 'Ryan’s agent',
  owner: ryan,
  layers: { global: '', position: '', personal: '' },
  tools: ['shell', 'file', 'file_write'],
  skills: [],
  directory: [ryan],
  model: { id: 'any', contextWindow: 128_000, maxOutputTokens: 8_192 },
  timezone: 'UTC',
};
