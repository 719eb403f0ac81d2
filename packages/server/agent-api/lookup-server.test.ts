import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { and, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookups } from '../assistant/assistant.ts';
import { recordAudit } from '../audit/audit-store.ts';
import { insertLayers } from '../governance/layers/layer-store.ts';
import type { Database } from '../store/database.ts';
import {
  assistants,
  auditEvents,
  channelAccounts,
  channelBindings,
  departments,
  employees,
  hosts,
  modelCalls,
  tenants,
} from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { type AgentPipes, callTool, createAgentPipes } from '../testing/agent-pipes.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createAgentApi } from './agent-api.ts';

let database: Database;
let pipes: AgentPipes;
let errors: unknown[];

beforeEach(async () => {
  database = await createTestDatabase();
  pipes = createAgentPipes();
  errors = [];
  for (const organizationId of ['org', 'rival']) {
    await insertSmallOrganization(database, organizationId);
    await insertEvidence(organizationId);
  }
  await database.db
    .insert(hosts)
    .values({ id: 'local', cpuMillis: 2_000, memoryMegabytes: 4_096, diskMegabytes: 9_000, diskFreeMegabytes: 5_000 });
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'the-assistant', name: 'assistant', tierId: 'standard' });
  await database.db.insert(assistants).values({ organizationId: 'org', tenantId: 'the-assistant' });
});
afterEach(async () => {
  await pipes.close();
  await database.close();
});

/** One of everything that can be looked up; each says whose it is. */
async function insertEvidence(organizationId: string): Promise<void> {
  const { db } = database;
  const ann = organizationId === 'org' ? 'ann' : `${organizationId}-ann`;
  await db.transaction((tx) =>
    insertLayers(tx, organizationId, [
      { scope: 'global', ownerId: '', content: `The rules of ${organizationId}.` },
      { scope: 'position', ownerId: 'maker', content: `Makers of ${organizationId}.` },
      { scope: 'personal', ownerId: ann, content: `Ann of ${organizationId}.` },
    ]),
  );
  await db.insert(modelCalls).values({
    ...{ organizationId, tenantId: ann, provider: 'demo', model: 'demo', attempt: 1, durationMs: 1, outcome: 'ok' },
    ...(organizationId === 'org' ? { inputTokens: 10, outputTokens: 5 } : { inputTokens: 7_777, outputTokens: 7_777 }),
    cachedInputTokens: 2,
  });
  await db.insert(channelAccounts).values({
    ...{ organizationId, id: `bot-${organizationId}`, channel: 'telegram', name: `Bot of ${organizationId}` },
    ...{ accountName: `bot_${organizationId}`, settings: { channel: 'telegram' } as never, mode: 'polling' },
    ...{ sealedSecret: 'a-sealed-secret', sealedWebhookSecret: 'a-sealed-secret' },
  });
  await db.insert(channelBindings).values({
    ...{ organizationId, accountId: `bot-${organizationId}`, platformUserId: '4711', chatId: '4711' },
    ...{ displayName: `Ann at ${organizationId}`, employeeId: ann, userId: `user-${ann}`, preferred: true },
  });
  await recordAudit(db, organizationId, {
    actor: { type: 'person', id: `user-${ann}`, name: 'ann' },
    action: 'tool.refused',
    target: { type: 'tool', id: 'exec', name: 'exec' },
    outcome: 'refused',
    detail: { of: organizationId, long: 'x'.repeat(2_000) },
  });
}

async function connect(tenantId = 'the-assistant'): Promise<Client> {
  const api = createAgentApi({
    ...{ database, accepts: pipes.accepts, onError: (error) => errors.push(error) },
    memory: { remember: async () => ({ path: '' }), recall: async () => [] },
    runningTurns: () => [],
  });
  return pipes.connect(tenantId, await pipes.pipeOf(tenantId, api));
}

/** What a lookup of the assistant found. */
async function find(tool: string, args: Record<string, unknown> = {}) {
  const { failed, text } = await callTool(await connect(), tool, args);
  expect(failed, text).toBe(false);
  return JSON.parse(text);
}

const named = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name);

describe('the lookups', () => {
  test('are the assistant’s only tools, and only say that they read', async () => {
    const { tools } = await (await connect()).listTools();
    expect(tools.map(({ name }) => name)).toEqual([...lookups]);
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
  });

  test('are nobody else’s: not listed, an error when called, and nothing is told', async () => {
    const ann = await connect('ann');
    expect(await named(ann)).not.toContain('list_employees');
    for (const tool of lookups) {
      expect(await callTool(ann, tool, { employee: 'ann', layer: 'global' })).toEqual({
        failed: true,
        text: expect.stringContaining(`Tool ${tool} not found`),
      });
    }
    expect(await callTool(await connect(), 'schedule_list')).toMatchObject({ failed: true });
  });

  test('of another organization tell nothing of this one, nor the other way round', async () => {
    const client = await connect();
    const all = [
      ...['list_employees', 'list_departments_and_positions', 'usage_report', 'service_health', 'list_bindings'],
    ].map((tool) => callTool(client, tool));
    all.push(callTool(client, 'get_soul', { layer: 'global' }), callTool(client, 'audit_log', { limit: 50 }));
    const told = (await Promise.all(all)).map(({ failed, text }) => (failed ? `failed: ${text}` : text)).join('\n');
    expect(told).not.toMatch(/rival|7777|failed:/u);
    for (const employee of ['rival-ann', 'rival-ann@small.example']) {
      expect(await callTool(client, 'get_employee', { employee })).toMatchObject({ failed: true });
      expect(await callTool(client, 'get_soul', { layer: 'personal', of: employee })).toMatchObject({ failed: true });
      expect(await callTool(client, 'audit_log', { employee })).toMatchObject({ failed: true });
    }
  });

  test('are each in the audit log, with what was asked, also when there is no answer', async () => {
    await find('get_employee', { employee: 'ann' });
    await callTool(await connect(), 'get_employee', { employee: 'nobody' });
    const events = await database.db
      .select()
      .from(auditEvents)
      .where(and(eq(auditEvents.organizationId, 'org'), eq(auditEvents.action, 'assistant.lookup')));
    expect(events).toMatchObject([
      { actorId: 'the-assistant', targetId: 'get_employee', detail: { arguments: { employee: 'ann' } } },
      { actorId: 'the-assistant', targetId: 'get_employee', detail: { arguments: { employee: 'nobody' } } },
    ]);
    expect(errors).toEqual([]);
  });
});

describe('the assistant finds', () => {
  test('employees, of a department and all below it, or of a position', async () => {
    await database.db
      .insert(departments)
      .values({ organizationId: 'org', id: 'lab', parentId: 'all', name: 'Laboratory' });
    await database.db
      .update(employees)
      .set({ departmentId: 'lab' })
      .where(and(eq(employees.organizationId, 'org'), eq(employees.id, 'ben')));
    const ben = { id: 'ben', name: 'ben', number: '1', email: 'ben@small.example' };
    expect(await find('list_employees', { department: 'laboratory' })).toEqual({
      employees: [{ ...ben, department: 'Laboratory', position: 'Maker' }],
      ...{ total: 1, more: false },
    });
    expect(await find('list_employees', { department: 'Everybody', position: 'maker', offset: 1 })).toMatchObject({
      employees: [{ id: 'ben' }],
      ...{ total: 2, more: false },
    });
    expect(await callTool(await connect(), 'list_employees', { position: 'King' })).toEqual({
      failed: true,
      text: expect.stringContaining('no position “King”'),
    });
  });

  test.each(['ann', 'ANN@small.example', ' Ann '])('an employee as “%s”', async (employee) => {
    expect(await find('get_employee', { employee })).toMatchObject({
      employee: { id: 'ann', department: 'Everybody', position: 'Maker', roles: ['employee'], signsIn: true },
      agent: { id: 'ann', state: 'hibernated', tier: 'Standard', tools: ['file'], lastActiveAt: null },
      channels: [{ channel: 'telegram', displayName: 'Ann at org', preferred: true }],
    });
  });

  test('nobody among two of one name, but their ids', async () => {
    await database.db.update(employees).set({ name: 'Kim Lee' }).where(eq(employees.organizationId, 'org'));
    expect(await callTool(await connect(), 'get_employee', { employee: 'kim lee' })).toEqual({
      failed: true,
      text: expect.stringMatching(/Several.*ann, ben/u),
    });
  });

  test('departments and positions', async () => {
    expect(await find('list_departments_and_positions')).toEqual({
      departments: [{ id: 'all', name: 'Everybody', parentId: null, people: 2 }],
      positions: [
        { id: 'maker', name: 'Maker', department: 'Everybody', tier: 'Standard', tools: ['file'], people: 2 },
      ],
      more: false,
    });
  });

  test.each([
    [{ layer: 'global' }, 'The rules of org.'],
    [{ layer: 'position', of: 'Maker' }, 'Makers of org.'],
    [{ layer: 'personal', of: 'ann' }, 'Ann of org.'],
    [{ layer: 'personal', of: 'ben' }, ''],
  ])('the layer %j', async (of, text) => {
    expect(await find('get_soul', of)).toMatchObject({ text, more: false });
  });

  test.each([
    ['day', expect.stringMatching(/^\d{4}-\d\d-\d\d$/u)],
    ['department', 'Everybody'],
    ['tenant', 'agent-ann'],
  ])('usage by %s', async (by, key) => {
    expect(await find('usage_report', { by })).toEqual({
      ...{ days: 7, by, more: false },
      rows: [{ [by]: key, calls: 1, failedCalls: 0, inputTokens: 10, outputTokens: 5, cachedInputTokens: 2 }],
    });
  });

  test('how the service is', async () => {
    expect(await find('service_health')).toMatchObject({
      agents: { hibernated: 3 },
      hosts: [{ id: 'local', state: 'active' }],
      deliveries: { dead: 0, inboxWaiting: 0, turnsWaiting: 0 },
    });
  });

  test('what is in the audit log of a person, of a kind or of an outcome; long details are cut', async () => {
    const { events } = await find('audit_log', { employee: 'ann', action: 'tool.', outcome: 'refused' });
    expect(events).toMatchObject([{ actor: { name: 'ann' }, action: 'tool.refused', outcome: 'refused' }]);
    expect(events[0].detail.length).toBeLessThan(500);
    expect(await find('audit_log', { employee: 'ben' })).toEqual({ events: [] });
    expect(await callTool(await connect(), 'audit_log', { limit: 51 })).toMatchObject({ failed: true });
  });

  test('who has paired which channel, without the secrets of the bot', async () => {
    const found = await find('list_bindings', { channel: 'telegram' });
    expect(found).toMatchObject({ bindings: [{ employee: 'ann', bot: 'Bot of org' }], total: 1, more: false });
    expect(JSON.stringify(found)).not.toContain('sealed');
    expect(await find('list_bindings', { channel: 'slack' })).toMatchObject({ bindings: [], total: 0 });
  });
});
