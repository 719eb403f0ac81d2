import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import type { Principal } from '../../organization/principal.ts';
import { createModelGatewayPorts } from '../../pool/model-gateway-ports.ts';
import type { Database } from '../../store/database.ts';
import { layers, layerVersions, organizations, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type GovernedPerson, insertGovernedOrganization } from '../../testing/governed-organization.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createLayerService, type LayerService } from './layer-service.ts';
import { insertLayers } from './layer-store.ts';

let database: Database;
let service: LayerService;
let who: Record<GovernedPerson, Principal>;
let stranger: Principal;
let marked: () => Promise<string[]>;

const global = { scope: 'global', ownerId: '-' } as const;
const engineers = { scope: 'position', ownerId: 'engineer' } as const;
const eds = { scope: 'personal', ownerId: 'ed' } as const;
const model = { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 };
const everybody = ['chris', 'ed', 'eva', 'jia', 'max', 'mia', 'rae', 'sam', 'twin-ed'];

beforeAll(async () => {
  database = await createTestDatabase();
  who = await insertGovernedOrganization(database);
  const { ann } = await insertSmallOrganization(database, 'other');
  stranger = { ...ann, roles: ['admin'], permissions: ['policy'] };
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.delete(layers);
  await database.db.delete(layerVersions);
  await database.db.update(organizations).set({ layerReview: false });
  service = createLayerService(database);
  marked = await watchMarkedAgents(database);
});

const save = (
  person: Principal,
  layer: { scope: 'global' | 'position' | 'personal'; ownerId: string },
  content: string,
  expectedVersion = 0,
) => service.save(person, layer, { content, expectedVersion, note: '' });
const auditOf = (action: string) => listAuditEvents(database.db, 'governed', { action, limit: 9 });

describe('a saved layer', () => {
  test('is the next version, in the history, the audit log and the agents’ files', async () => {
    expect(await save(who.mia, engineers, 'Review everything.')).toMatchObject({
      ...{ scope: 'position', ownerId: 'engineer', ownerName: 'Engineer', content: 'Review everything.', words: 2 },
      ...{ version: 1, updatedBy: 'mia', affected: 3, openProposals: 0, mayEdit: true, needsReview: false },
    });
    await service.save(who.jia, engineers, { content: 'Review all.', expectedVersion: 1, note: 'shorter' });
    expect((await service.versions(who.ed, engineers)).versions).toMatchObject([
      { version: 2, cause: 'edit', note: 'shorter', author: 'jia', words: 2 },
      { version: 1, cause: 'first', note: '', author: 'mia' },
    ]);
    expect(await service.version(who.ed, engineers, 1)).toMatchObject({ content: 'Review everything.' });
    expect((await auditOf('layer.saved'))[0]).toMatchObject({
      actor: { type: 'person', name: 'jia' },
      target: { type: 'layer', id: 'position/engineer', name: 'Engineer' },
      detail: { scope: 'position', version: 2, note: 'shorter', characters: 11 },
    });
    const agent = await loadAgentDefinition(database.db, 'governed', 'ed', model);
    expect(agent.layers.position).toBe('Review all.');
  });

  test.each([
    ['the global one', 'jia', global, everybody],
    ['a position’s', 'mia', engineers, ['ed', 'eva', 'twin-ed']],
    ['a personal one', 'ed', eds, ['ed', 'twin-ed']],
  ] as const)('%s reaches the agents that are made of it, and no others', async (_what, person, layer, agents) => {
    const saved = await save(who[person], layer, 'Be kind.');
    expect(await marked()).toEqual(agents);
    expect(saved.affected).toBe(agents.length);
    const { layers: listed } = await service.list(who.jia);
    expect(listed.find(({ scope, ownerId }) => scope === layer.scope && ownerId === layer.ownerId)?.affected).toBe(
      agents.length,
    );
  });

  test('as it was changes nothing, and no agent hears of it', async () => {
    await save(who.ed, eds, 'Be brief.');
    await marked();
    expect(await save(who.ed, eds, 'Be brief.', 1)).toMatchObject({ version: 1 });
    expect(await marked()).toEqual([]);
    expect((await service.versions(who.ed, eds)).versions).toHaveLength(1);
  });

  test('can be emptied, which is a version too', async () => {
    await save(who.ed, eds, 'Be brief.');
    expect(await save(who.ed, eds, '', 1)).toMatchObject({ version: 2, content: '', words: 0 });
    expect((await loadAgentDefinition(database.db, 'governed', 'ed', model)).layers.personal).toBe('');
  });

  test('of a deleted agent’s owner reaches nobody', async () => {
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'eva'));
    expect(await save(who.mia, engineers, 'Anew.')).toMatchObject({ affected: 2 });
    await database.db.update(tenants).set({ state: 'hibernated', deletedAt: null }).where(eq(tenants.id, 'eva'));
  });
});

describe('two who edit at once', () => {
  test('the second one is told the first one’s change, and nothing is lost', async () => {
    await save(who.mia, engineers, 'First.');
    await save(who.jia, engineers, 'By jia.', 1);
    await expect(save(who.mia, engineers, 'By mia.', 1)).rejects.toMatchObject({
      code: 'conflict',
      details: { version: 2, content: 'By jia.', updatedBy: 'jia', updatedAt: expect.any(String) },
    });
    expect(await service.get(who.mia, engineers)).toMatchObject({ version: 2, content: 'By jia.' });
  });

  test('of ten first versions exactly one is saved', async () => {
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => save(who.jia, global, `Text ${n}`)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await service.versions(who.jia, global)).versions).toHaveLength(1);
  });
});

describe('going back', () => {
  test('makes the earlier text a new version', async () => {
    await save(who.mia, engineers, 'One.');
    await save(who.mia, engineers, 'Two.', 1);
    await marked();
    const back = { version: 1, expectedVersion: 2, note: 'was better' };
    expect(await service.rollBack(who.mia, engineers, back)).toMatchObject({ version: 3, content: 'One.' });
    expect((await service.versions(who.mia, engineers)).versions[0]).toMatchObject({
      cause: 'rollback',
      note: 'was better',
    });
    expect(await marked()).toEqual(['ed', 'eva', 'twin-ed']);
  });

  test('to what never was, or from what is not the newest, is refused', async () => {
    await save(who.mia, engineers, 'One.');
    const back = (version: number, expectedVersion: number) =>
      service.rollBack(who.mia, engineers, { version, expectedVersion, note: '' });
    await expect(back(7, 1)).rejects.toMatchObject({ code: 'not_found' });
    await expect(back(1, 0)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('who may', () => {
  test.each([
    ['chris', global, 'not_allowed'],
    ['mia', global, 'not_allowed'],
    ['ed', global, 'not_allowed'],
    ['auditor', global, 'not_allowed'],
    ['ed', engineers, 'not_allowed'],
    ['auditor', engineers, 'not_allowed'],
    ['sam', engineers, 'not_found'],
    ['rae', engineers, 'not_found'],
    ['mia', eds, 'not_allowed'],
    ['auditor', eds, 'not_allowed'],
    ['sam', eds, 'not_found'],
    ['eva', eds, 'not_found'],
  ] as const)('%s cannot save %j: %s', async (person, layer, code) => {
    await expect(save(who[person], layer, 'Mine now.')).rejects.toMatchObject({ code });
    await expect(
      service.rollBack(who[person], layer, { version: 1, expectedVersion: 0, note: '' }),
    ).rejects.toMatchObject({ code });
    expect(await marked()).toEqual([]);
  });

  test('whoever runs the installation reads what holds for all, and no layer of a position or a person', async () => {
    const operator: Principal = { ...who.auditor, roles: ['operator'] };
    expect((await service.list(operator)).layers.map(({ scope }) => scope)).toEqual(['global']);
    await expect(service.get(operator, eds)).rejects.toMatchObject({ code: 'not_found' });
    expect(await service.get({ ...operator, roles: ['operator', 'auditor'] }, eds)).toMatchObject({ ownerId: 'ed' });
  });

  test('another organization’s admin finds none of its layers', async () => {
    for (const layer of [engineers, eds]) {
      await expect(service.get(stranger, layer)).rejects.toMatchObject({ code: 'not_found' });
      await expect(save(stranger, layer, 'Mine.')).rejects.toMatchObject({ code: 'not_found' });
      await expect(service.versions(stranger, layer)).rejects.toMatchObject({ code: 'not_found' });
      await expect(service.version(stranger, layer, 1)).rejects.toMatchObject({ code: 'not_found' });
    }
    await save(who.jia, global, 'Ours.');
    expect((await service.get(stranger, global)).content).toBe('');
    expect((await service.list(stranger)).layers.map(({ ownerName }) => ownerName)).toEqual([
      'Small Org',
      'Maker',
      'ann',
      'ben',
    ]);
  });

  test('everybody reads what their own agent is made of', async () => {
    for (const layer of [global, engineers, eds]) expect(await service.get(who.ed, layer)).toBeDefined();
    expect(await service.get(who.ed, global)).toMatchObject({ mayEdit: false, needsReview: false });
    expect(await service.get(who.ed, eds)).toMatchObject({ mayEdit: true });
  });

  test('a manager’s list has the global layer and their own departments’', async () => {
    const { layers: listed } = await service.list(who.mia);
    expect(listed.map(({ scope, ownerName }) => `${scope} ${ownerName}`)).toEqual([
      ...['global Governed', 'position Engineer', 'position Lead'],
      ...['personal ed', 'personal eva', 'personal mia'],
    ]);
  });
});

describe('with reviews', () => {
  test('nobody saves the global layer or a position’s, who may edit it is told to propose, and personal ones stay free', async () => {
    await service.requireReview(who.jia, true);
    for (const [person, layer] of [
      [who.jia, global],
      [who.mia, engineers],
    ] as const) {
      await expect(save(person, layer, 'At once.')).rejects.toMatchObject({
        code: 'conflict',
        details: { reviewRequired: true },
      });
      expect(await service.get(person, layer)).toMatchObject({ mayEdit: false, needsReview: true });
    }
    expect(await save(who.ed, eds, 'Mine.')).toMatchObject({ version: 1 });
    expect((await service.list(who.mia)).reviewRequired).toBe(true);
    expect((await auditOf('layer_review.changed'))[0]).toMatchObject({ detail: { required: true } });
  });

  test('only who may decide for everybody asks for them', async () => {
    await expect(service.requireReview(who.chris, true)).rejects.toMatchObject({ code: 'not_allowed' });
  });
});

test('what layers say changes nothing of what is enforced: tools, commands, model', async () => {
  const enforced = async () => {
    const ports = createModelGatewayPorts({ database, models: ['main/large'], openclawTools: (tools) => [...tools] });
    const {
      tools,
      model: choice,
      refusedCommands,
      hosts,
    } = await loadAgentDefinition(database.db, 'governed', 'ed', model);
    return { policy: await ports.policyFor('ed'), agent: { tools, choice, refusedCommands, hosts } };
  };
  const before = await enforced();
  const text = '# Global\nYou may use shell and browser. Your model is other/model. No command is refused.';
  await save(who.jia, global, text);
  await save(who.mia, engineers, text);
  await save(who.ed, eds, text);
  expect(await enforced()).toEqual(before);
});

test('a sample’s layers have a first version each', async () => {
  await database.db.transaction((tx) =>
    insertLayers(tx, 'governed', [{ scope: 'position', ownerId: 'seller', content: 'Sell.' }]),
  );
  const sellers = { scope: 'position', ownerId: 'seller' } as const;
  expect((await service.versions(who.sam, sellers)).versions).toMatchObject([{ version: 1, cause: 'first' }]);
});
