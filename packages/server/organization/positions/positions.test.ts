import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockLayer, writeLayer } from '../../governance/layers/layer-store.ts';
import { createSkillService } from '../../governance/skills/skill-service.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database } from '../../store/database.ts';
import {
  auditEvents,
  directoryMappings,
  employees,
  identityProviders,
  layers,
  positions,
  quotas,
  routingRules,
  skills,
  tenants,
  tiers,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import {
  identityProviderRow,
  insertBranches,
  insertMember,
  insertStaffedOrganization,
} from '../../testing/staffed-organization.ts';
import { loadAgentDefinition } from '../agent-definition.ts';
import type { Principal } from '../principal.ts';
import {
  changePosition,
  createPosition,
  deletePosition,
  positionsOf,
  provisionPosition,
  removalOfPosition,
} from './position-service.ts';

const wanted = { name: 'Tester', departmentId: 'all', tierId: 'standard', tools: [], skills: [], contactFor: [] };
const model = { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 };

let database: Database;
let ada: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ada } = await insertStaffedOrganization(database));
});
afterEach(() => database.close());

const insertSkill = (name: string) =>
  database.db.insert(skills).values({
    ...{ organizationId: 'org', name, description: 'd', updatedBy: 'Ada' },
    content: `---\nname: ${name}\ndescription: d\n---\nDo it.`,
  });
const insertTier = (id: string) =>
  database.db.insert(tiers).values({
    ...{ organizationId: 'org', id, name: id, memoryMegabytes: 2048, cpuMillis: 1000, pids: 128, diskMegabytes: 1024 },
    ...{ toolsCeiling: ['file'], idleMinutes: 15 },
  });

describe('what there is', () => {
  test('is shown with its people, agents and the words of its layer', async () => {
    await database.db.insert(layers).values({
      ...{ organizationId: 'org', scope: 'position' as const, ownerId: 'maker', content: ' make  things\nwell ' },
    });
    expect(await positionsOf(database, ada)).toEqual([
      expect.objectContaining({ id: 'maker', employees: 2, agents: 2, layerWords: 3, tier: 'Standard' }),
    ]);
  });

  test('is a manager’s only in their departments', async () => {
    await insertBranches(database);
    await createPosition(database, ada, { ...wanted, departmentId: 'coast' });
    const manager = await insertMember(database, 'org', 'Mo', ['manager'], [], 'west');
    expect((await positionsOf(database, manager)).map(({ name }) => name)).toEqual(['Tester']);
  });
});

describe('making and changing', () => {
  test.each([
    ['department', { departmentId: 'nowhere' }],
    ['tier', { tierId: 'none' }],
    ['skill', { skills: ['none'] }],
  ])('refuses an unknown %s', async (_, wrong) => {
    await expect(createPosition(database, ada, { ...wanted, ...wrong })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(changePosition(database, ada, 'maker', wrong)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('refuses a second one of a name', async () => {
    await expect(createPosition(database, ada, { ...wanted, name: 'maker' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('changes only what is given, and marks the agents of its people', async () => {
    const marked = await watchMarkedAgents(database);
    await insertSkill('review');
    const changed = await changePosition(database, ada, 'maker', { skills: ['review', 'review'] });
    expect(changed).toMatchObject({ skills: ['review'], tools: ['file'], name: 'Maker' });
    expect(await marked()).toEqual(['ann', 'ben']);
    const definition = await loadAgentDefinition(database.db, 'org', 'ann', model);
    expect(definition.skills.map(({ name }) => name)).toEqual(['review']);
  });

  test('keeps a skill that it names from being deleted', async () => {
    await insertSkill('review');
    await changePosition(database, ada, 'maker', { skills: ['review'] });
    const service = createSkillService(database);
    await expect(service.remove(ada, 'review')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('position Maker'),
    });
    expect((await service.get(ada, 'review')).tenants).toBe(2);
  });

  test('moves agents to its new tier, but not one whose tier was chosen, nor where a rule decides', async () => {
    for (const id of ['wide', 'chosen', 'ruled']) await insertTier(id);
    await database.db.update(tenants).set({ tierId: 'chosen' }).where(eq(tenants.id, 'ben'));
    await changePosition(database, ada, 'maker', { tierId: 'wide' });
    await database.db.insert(routingRules).values({
      ...{ organizationId: 'org', scope: 'employee' as const, ownerId: 'ann', tierId: 'ruled', updatedBy: 'Ada' },
    });
    await changePosition(database, ada, 'maker', { tierId: 'standard' });
    const rows = await database.db.select().from(tenants).orderBy(tenants.id);
    expect(rows.map(({ id, tierId }) => `${id} ${tierId}`)).toEqual(['ann wide', 'ben chosen']);
  });

  test('does not find another organization’s', async () => {
    const { ada: stranger } = await insertStaffedOrganization(database, 'other');
    await database.db.insert(positions).values({ ...wanted, organizationId: 'org', id: 'ours', tools: [], skills: [] });
    await expect(changePosition(database, stranger, 'ours', { name: 'X' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(provisionPosition(database, stranger, 'ours')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('deleting', () => {
  test('is refused with names while people have it', async () => {
    await expect(deletePosition(database, ada, 'maker', { force: false })).rejects.toMatchObject({
      code: 'conflict',
      details: { employees: { count: 2, names: ['ann', 'ben'] }, agents: { count: 0, names: [] } },
    });
    expect(await removalOfPosition(database, ada, 'maker')).toMatchObject({ employees: { count: 2 } });
  });

  test('forced, leaves people their agents, without a position and its tools', async () => {
    await deletePosition(database, ada, 'maker', { force: true });
    expect(await database.db.$count(employees, eq(employees.positionId, 'maker'))).toBe(0);
    const definition = await loadAgentDefinition(database.db, 'org', 'ann', model);
    expect(definition).toMatchObject({ tools: [], owner: { name: 'ann', position: '' } });
  });
});

describe('what goes with a position', () => {
  const layer = { organizationId: 'org', scope: 'position' as const, ownerId: 'tester' };
  beforeEach(() => createPosition(database, ada, { ...wanted, id: 'tester' }));

  test('is nothing when it is new: it goes without being asked twice', async () => {
    await deletePosition(database, ada, 'tester', { force: false });
    expect(await database.db.$count(positions, eq(positions.id, 'tester'))).toBe(0);
  });

  test('is its layer: shown, asked about, and kept in the trail', async () => {
    const content = `Break it. ${'x'.repeat(9_000)}`;
    await database.db.insert(layers).values({ ...layer, content });
    expect(await removalOfPosition(database, ada, 'tester')).toMatchObject({ layerWords: 3, employees: { count: 0 } });
    await expect(deletePosition(database, ada, 'tester', { force: false })).rejects.toMatchObject({
      ...{ code: 'conflict', message: expect.stringContaining('a SOUL layer of 3 words'), details: { layerWords: 3 } },
    });
    await deletePosition(database, ada, 'tester', { force: true });
    const [event] = await database.db.select().from(auditEvents).where(eq(auditEvents.action, 'position.removed'));
    expect(event?.detail).toMatchObject({ layer: content.slice(0, 8_000), layerCharacters: 9_010 });
  });

  test('waits for whoever writes its layer, and what they wrote goes with it', async () => {
    const key = { scope: 'position', ownerId: 'maker' } as const;
    let removal: Promise<void> | undefined;
    await database.db.transaction(async (tx) => {
      await lockLayer(tx, 'org', key);
      removal = deletePosition(database, ada, 'maker', { force: true });
      await expect
        .poll(async () => {
          const { rows } = await database.db.execute(
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows.length;
        })
        .toBe(1);
      await writeLayer(tx, 'org', key, { content: 'New.', cause: 'edit', note: '', author: 'Ada' });
      await markAgents(tx, 'org', { positionIds: ['maker'] });
    });
    await removal;
    expect(await database.db.$count(layers, eq(layers.ownerId, 'maker'))).toBe(0);
  });

  test('are identity providers and directories that name it: a group keeps its role', async () => {
    await database.db
      .insert(identityProviders)
      .values({ ...identityProviderRow, departmentId: 'all', positionId: 'tester' });
    await database.db.insert(directoryMappings).values([
      { organizationId: 'org', kind: 'title', key: 'qa', name: 'QA', positionId: 'tester' },
      { organizationId: 'org', kind: 'group', key: 'leads', name: 'Leads', positionId: 'tester', role: 'manager' },
    ]);
    await expect(deletePosition(database, ada, 'tester', { force: false })).rejects.toMatchObject({
      code: 'conflict',
      details: { providers: { names: ['Okta'] }, mappings: { count: 2, names: ['Leads', 'QA'] } },
    });
    await deletePosition(database, ada, 'tester', { force: true });
    expect(await database.db.select().from(identityProviders)).toMatchObject([{ positionId: null, autoCreate: true }]);
    expect(await database.db.select().from(directoryMappings)).toMatchObject([
      { key: 'leads', positionId: null, role: 'manager' },
    ]);
  });
});

describe('provisioning', () => {
  const bare = () => database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() });

  test('gives everybody who has none an agent, and the others nothing', async () => {
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ann'));
    const { created, already } = await provisionPosition(database, ada, 'maker');
    expect(created.map(({ name }) => name)).toEqual(['ann']);
    expect(already).toBe(1);
  });

  test('two at once give everybody one', async () => {
    await bare();
    const done = await Promise.all([1, 2].map(() => provisionPosition(database, ada, 'maker')));
    expect(done.flatMap(({ created }) => created)).toHaveLength(2);
    expect(await database.db.$count(tenants, eq(tenants.state, 'hibernated'))).toBe(2);
  });

  test('gives nobody one where there is not room for all', async () => {
    await bare();
    await database.db.insert(quotas).values({ organizationId: 'org', tenants: 1 });
    await expect(provisionPosition(database, ada, 'maker')).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await database.db.$count(tenants, eq(tenants.state, 'hibernated'))).toBe(0);
  });
});
