import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { AgentDefinition, Host, ModelUsage, Person, ToolName, ToolRefusal } from '@clawpool/contracts';
import { createHost, imageCatalogue } from '@clawpool/host';
import { createModelGateway, type ModelGateway } from '@clawpool/models';
import { createSandboxDriver } from '@clawpool/runtimes';
import { openclawProfile } from '@clawpool/workspace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portalTurn } from '../support/turn-context.ts';

/**
 * Warm slots of both images behind the real model gateway. A slot is booted with everything that its tier allows; what a position may
 * not do is refused from the first turn on.
 */
const images = ['openclaw-2026.6.35', 'openclaw-2026.3.24'];

let folder: string;
let gateway: ModelGateway;
let host: Host;
const usage: ModelUsage[] = [];
const refusals: ToolRefusal[] = [];
const toolsOf: Record<string, ToolName[]> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-slots-'));
  gateway = createModelGateway({
    settings: { providers: { demo: { pauseMs: 0 } } },
    ports: {
      policyFor: async (tenantId) => ({
        organizationId: 'acme',
        tenantId,
        tools: new Set(openclawProfile('2026.6.35').toolNames(toolsOf[tenantId] ?? [])),
        models: ['demo/demo'],
        maxCallsPerTurn: 10,
        positionName: 'Finance Analyst',
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
});
afterAll(async () => {
  await host?.close();
  await gateway?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(images)('a warm slot of %s', (image) => {
  const analyst = `analyst-${image.slice(9, 15).replace('.', '-')}`;
  const engineer = `engineer-${image.slice(9, 15).replace('.', '-')}`;

  test('claimed for a position without a shell runs no command, even in the first turn, and the attempt is recorded', async () => {
    usage.splice(0);
    await claim(analyst, image, ['file'], 1);
    expect(usage).toEqual([]);
    const answer = await ask(analyst, 'Run git status');
    expect(answer).not.toMatch(/On branch|No commits yet/);
    expect(refusals.splice(0)).toContainEqual(
      expect.objectContaining({ tenantId: analyst, tool: 'exec', stage: 'response' }),
    );
    expect(await ask(analyst, 'Who are you?')).toMatch(/Carol Zhang/);
    expect(usage.splice(0).every(({ tenantId }) => tenantId === analyst)).toBe(true);
    await host.stop(analyst);
  });

  test('claimed for an engineer runs his command in his repository, and he finds it again in the next slot', async () => {
    await claim(engineer, image, ['shell', 'file', 'file_write'], 1);
    expect(await ask(engineer, 'Run git status')).toMatch(/On branch|No commits yet/);
    await host.stop(engineer);
    await claim(engineer, image, ['shell', 'file', 'file_write'], 2);
    expect(await ask(engineer, 'Run git status')).toMatch(/On branch|No commits yet/);
    expect(existsSync(join(folder, 'data/tenants', engineer, 'workspace/note.txt'))).toBe(false);
    await host.stop(engineer);
  });
});

let slots = 0;

async function claim(tenantId: string, image: string, tools: ToolName[], generation: number): Promise<void> {
  slots += 1;
  toolsOf[tenantId] = tools;
  const slotId = `slot-${slots}`;
  const limits = { memoryBytes: 2 * 1024 ** 3, pids: 256, cpus: 2 };
  const nobody = { ...carol, id: 'nobody', name: 'Nobody' };
  const ceiling = agent(slotId, nobody, ['shell', 'file', 'file_write']);
  const offer = { slotId, organizationId: 'acme', uid: 970_000 + slots, limits, agent: ceiling, image };
  expect(await host.prepareSlot(offer)).toMatchObject({ ok: true });
  const request = {
    organizationId: 'acme',
    tenantId,
    generation,
    uid: 980_000 + slots,
    limits,
    agent: agent(tenantId, carol, tools),
    image,
    files: { epoch: 1, checkpoint: null },
  };
  expect(await host.claimSlot(slotId, request)).toMatchObject({ ok: true });
}

async function ask(tenantId: string, text: string): Promise<string> {
  const context = portalTurn('Carol Zhang, signed in to the portal.');
  const turn = { tenantId, turnId: `turn-${text.length}`, session: `emp__${tenantId}__1`, text, context };
  for await (const event of host.turn(turn, AbortSignal.timeout(120_000))) {
    if (event.type === 'done') return event.text;
    if (event.type === 'failed') throw new Error(event.message);
  }
  throw new Error('the turn had no end');
}

function agent(tenantId: string, owner: Person, tools: ToolName[]): AgentDefinition {
  return {
    organization: { id: 'acme', name: 'ACME Corp' },
    tenantId,
    name: `${owner.name}’s agent`,
    owner,
    layers: { global: '', position: '', personal: '' },
    tools,
    skills: [],
    directory: [],
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
