import { type CommandRules, defaultCommandPatterns } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import { createModelGatewayPorts } from '../../pool/model-gateway-ports.ts';
import type { Database } from '../../store/database.ts';
import { auditEvents } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { findAgentRights } from './tool-facts-store.ts';
import { createToolPolicyService, type ToolPolicyService } from './tool-policy-service.ts';

/** The real ones are a package's that the server does not know; what is tested here is that they are asked. */
const rules: CommandRules = {
  refusedBy: ([command], patterns) => patterns.find(({ pattern }) => command?.includes(pattern)) ?? null,
  problemOf: (pattern) => (pattern === 'slow' ? 'It takes too long.' : null),
};
const ada: Principal = { userId: 'a', name: 'Ada', organizationId: 'org', employeeId: null, roles: ['admin'] };
const policyAdmin: Principal = { ...ada, permissions: ['policy'] };

let database: Database;
let policy: ToolPolicyService;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'rival');
  policy = createToolPolicyService(database, rules);
});
afterEach(() => database.close());

const noFiles = { blockedTools: ['file' as const], commandPatterns: [{ pattern: 'secret', why: 'it is one' }] };

describe('the tool policy', () => {
  test('is the product’s until somebody decides otherwise', async () => {
    expect(await policy.get(ada)).toEqual({
      ...{ blockedTools: [], commandPatterns: defaultCommandPatterns, version: 0, updatedAt: null, updatedBy: '' },
    });
  });

  test('holds from the next model call on for every agent of the organization, and of no other', async () => {
    const ports = createModelGatewayPorts({ database, models: ['demo/demo'], openclawTools: (tools) => [...tools] });
    const marked = await watchMarkedAgents(database);
    expect((await ports.policyFor('ann'))?.tools).toEqual(new Set(['file']));
    expect(await policy.save(policyAdmin, { ...noFiles, expectedVersion: 0 })).toMatchObject({
      ...{ version: 1, updatedBy: 'Ada', ...noFiles },
    });
    expect(await ports.policyFor('ann')).toMatchObject({ tools: new Set(), refusedCommands: noFiles.commandPatterns });
    expect((await ports.policyFor('rival-ann'))?.tools).toEqual(new Set(['file']));
    expect(await marked()).toEqual(['ann', 'ben']);
    expect(await findAgentRights(database.db, 'org', 'ann')).toMatchObject({
      tools: [],
      refusedCommands: ['it is one'],
    });
    expect((await database.db.select().from(auditEvents)).at(-1)).toMatchObject({
      ...{ action: 'tool_policy.saved', actorName: 'Ada' },
      detail: { version: 1, blocked: ['file'], unblocked: [], patternsAdded: ['secret'] },
    });
  });

  test('is changed by admins with the permission alone', async () => {
    await expect(policy.save(ada, { ...noFiles, expectedVersion: 0 })).rejects.toMatchObject({ code: 'not_allowed' });
    expect((await policy.get(ada)).version).toBe(0);
  });

  test('is not overwritten: the second of two hears of the first', async () => {
    const both = await Promise.allSettled(
      [1, 2].map(() => policy.save(policyAdmin, { ...noFiles, expectedVersion: 0 })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(policy.save(policyAdmin, { ...noFiles, expectedVersion: 0 })).rejects.toMatchObject({
      ...{ code: 'conflict', details: expect.objectContaining({ version: 1, updatedBy: 'Ada' }) },
    });
    expect(await policy.save(policyAdmin, { ...noFiles, expectedVersion: 1 })).toMatchObject({ version: 2 });
  });

  test('takes no pattern that cannot be used, and says which', async () => {
    const commandPatterns = [...noFiles.commandPatterns, { pattern: 'slow', why: 'x' }];
    await expect(policy.save(policyAdmin, { ...noFiles, commandPatterns, expectedVersion: 0 })).rejects.toMatchObject({
      ...{ code: 'invalid_request', details: { pattern: 'slow', problem: 'It takes too long.' } },
    });
    await expect(policy.tryCommand(policyAdmin, { command: 'ls', commandPatterns })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('can be tried out, as it is saved and as it could be', async () => {
    await policy.save(policyAdmin, { ...noFiles, expectedVersion: 0 });
    expect(await policy.tryCommand(ada, { command: 'cat secret' })).toEqual({
      ...{ refused: true, why: 'it is one', pattern: 'secret' },
    });
    expect(await policy.tryCommand(ada, { command: 'cat secret', commandPatterns: [] })).toEqual({
      ...{ refused: false, why: null, pattern: null },
    });
  });

  test('is tried out with patterns that are not saved by those alone who may save them, and with few at once', async () => {
    const patterns = (count: number) => Array.from({ length: count }, (_, n) => ({ pattern: `new ${n}`, why: 'x' }));
    const attempt = (who: Principal, count: number) =>
      policy.tryCommand(who, { command: 'new 0', commandPatterns: [...patterns(count), ...defaultCommandPatterns] });
    await expect(attempt(ada, 1)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await attempt(ada, 0)).toMatchObject({ refused: false });
    expect(await attempt(policyAdmin, 5)).toMatchObject({ refused: true, pattern: 'new 0' });
    await expect(attempt(policyAdmin, 6)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
