import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookupToolNames } from '../assistant/assistant.ts';
import type { Database } from '../store/database.ts';
import {
  assistants,
  auditEvents,
  modelCalls,
  positions,
  tenants,
  tiers,
  toolPolicies,
  twins,
} from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createModelGatewayPorts } from './model-gateway-ports.ts';

let database: Database;
const portsWith = (models: [string, ...string[]]) =>
  createModelGatewayPorts({ database, models, openclawTools: (tools) => tools.map((tool) => `oc_${tool}`) });

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

test('the policy is what the position allows within the tier’s ceiling, and a change holds for the next call', async () => {
  const ports = portsWith(['anthropic/a', 'openai/b']);
  expect(await ports.policyFor('ann')).toMatchObject({
    organizationId: 'org',
    tools: new Set(['oc_file']),
    models: ['anthropic/a', 'openai/b'],
    positionName: 'Maker',
  });
  await database.db.update(positions).set({ tools: ['shell', 'browser', 'file'] });
  await database.db.update(tiers).set({ model: 'openai/b' });
  expect(await ports.policyFor('ann')).toMatchObject({
    tools: new Set(['oc_shell', 'oc_file']),
    models: ['openai/b', 'anthropic/a'],
  });
  expect(await ports.policyFor('nobody')).toBeNull();
});

test('what is refused says why, by what the pages call it, and who can request it', async () => {
  const names = { shell: ['exec', 'process'], code_execution: ['exec'], browser: ['browser'], file: ['read'] } as const;
  const own = ['session_status', 'clawpool__access_request'];
  const portsOf = (everybodys: readonly string[]) =>
    createModelGatewayPorts({
      ...{ database, models: ['demo/demo'] },
      openclawTools: (tools) => [...everybodys, ...tools.flatMap((tool) => names[tool as keyof typeof names] ?? [])],
    });
  const refused = async (everybodys = own, tenantId = 'ann') =>
    Object.fromEntries((await portsOf(everybodys).policyFor(tenantId))?.refusedTools ?? []);
  const shell = { tool: 'shell', because: 'not_in_position', request: 'agent' };
  const browser = { tool: 'browser', because: 'above_tier', request: null };
  expect(await refused()).toEqual({ exec: shell, process: shell, browser });
  // A version line whose agents have no tool of ours.
  expect((await refused(['session_status'])).exec).toEqual({ ...shell, request: 'portal' });
  await database.db
    .insert(toolPolicies)
    .values({ organizationId: 'org', blockedTools: ['shell'], commandPatterns: [], version: 1, updatedBy: 'Ada' });
  expect((await refused()).process).toEqual({ tool: 'shell', because: 'always_blocked', request: null });
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'team', name: 'team', tierId: 'standard' });
  expect((await refused(own, 'team')).browser).toEqual(browser);
});

test('a public twin has no tool that makes the control plane do something', async () => {
  const ports = createModelGatewayPorts({
    ...{ database, models: ['demo/demo'] },
    openclawTools: () => ['read', 'clawpool__schedule_create'],
  });
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'twin-ann', name: 'twin-ann', tierId: 'standard' });
  expect((await ports.policyFor('twin-ann'))?.tools).toContain('clawpool__schedule_create');
  await database.db
    .insert(twins)
    .values({ organizationId: 'org', employeeId: 'ann', tenantId: 'twin-ann', active: true });
  expect((await ports.policyFor('twin-ann'))?.tools).toEqual(new Set(['read']));
});

test('the admin assistant has its lookups, and nothing else that reaches the control plane or its workspace', async () => {
  const ports = createModelGatewayPorts({
    ...{ database, models: ['demo/demo'] },
    openclawTools: (tools) => ['session_status', 'clawpool__schedule_create', ...tools],
  });
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'the-assistant', name: 'assistant', tierId: 'standard' });
  await database.db.insert(assistants).values({ organizationId: 'org', tenantId: 'the-assistant' });
  expect((await ports.policyFor('the-assistant'))?.tools).toEqual(new Set(['session_status', ...lookupToolNames]));
  expect((await ports.policyFor('ann'))?.tools).toEqual(
    new Set(['session_status', 'clawpool__schedule_create', 'file']),
  );
});

test('a refusal is an audit event that names tool, owner and position', async () => {
  await portsWith(['demo/demo']).recordRefusal({
    organizationId: 'org',
    tenantId: 'ann',
    turnId: 'turn-1',
    tool: 'exec',
    stage: 'response',
    cause: 'tool',
    why: null,
    offered: false,
    argumentsText: '{"command":"git status"}',
  });
  const [event] = await database.db.select().from(auditEvents).where(eq(auditEvents.action, 'tool.refused'));
  expect(event).toMatchObject({
    outcome: 'refused',
    targetId: 'exec',
    actorId: 'ann',
    detail: {
      owner: 'ann',
      position: 'Maker',
      offered: false,
      arguments: '{"command":"git status"}',
      turnId: 'turn-1',
    },
  });
});

test('every model call is metered, and a failed one explains its turn until a later one works', async () => {
  const ports = portsWith(['demo/demo']);
  const call = {
    organizationId: 'org',
    tenantId: 'ann',
    turnId: 'turn-1',
    provider: 'demo',
    model: 'demo',
    inputTokens: 10,
    outputTokens: 5,
    cachedInputTokens: 0,
    firstTokenMs: 1.4,
    durationMs: 20.6,
    attempt: 1,
  };
  const failure = { reason: 'model_rate_limited' as const, message: 'Too many requests.' };
  await ports.recordUsage({ ...call, outcome: 'error', failure });
  expect(ports.failureOf('ann', 'turn-1')).toEqual(failure);
  expect(ports.failureOf('ben', 'turn-1')).toBeNull();
  await ports.recordUsage({ ...call, outcome: 'ok', failure: null });
  expect(ports.failureOf('ann', 'turn-1')).toBeNull();
  expect(await database.db.select().from(modelCalls)).toMatchObject([
    { outcome: 'error', failureReason: 'model_rate_limited', inputTokens: 10 },
    { outcome: 'ok', failureReason: null, durationMs: 21 },
  ]);
});
