import type { TierChoices, TierInput } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createTemplateService } from '../pool/templates/template-service.ts';
import type { Database } from '../store/database.ts';
import { configTemplates, positions, quotas, routingRules, tenants, tiers } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { watchMarkedAgents } from '../testing/marked-agents.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createPosition } from './positions/position-service.ts';
import type { Principal } from './principal.ts';
import { firstTier } from './tier-choice.ts';
import { createTierService, type TierService } from './tier-service.ts';

let database: Database;
let service: TierService;
/** With the permission, and without. */
let boss: Principal;
let ann: Principal;

const choices: TierChoices = {
  ...{ drivers: ['sandbox'], images: ['openclaw-1', 'openclaw-2'], models: ['main/large', 'main/small'] },
  defaults: { driver: 'sandbox', image: 'openclaw-1', model: 'main/large' },
};
const small: TierInput = {
  ...{ name: 'Small', description: 'For readers', driver: null, image: null, model: null },
  ...{ cpus: 0.5, memoryMegabytes: 512, diskMegabytes: 512, pids: 64 },
  ...{ idleMinutes: 10, alwaysOn: false, fastPath: false, heartbeatMinutes: 0 },
  ...{ toolsCeiling: ['file'], egressHosts: [] },
};

beforeEach(async () => {
  database = await createTestDatabase();
  const people = await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'other');
  ann = { ...people.ann, roles: ['admin'], permissions: [] };
  boss = { ...ann, permissions: ['policy'] };
  service = createTierService({ database, choicesFor: async () => choices });
});
afterEach(() => database.close());

const audit = async (action: string) => (await listAuditEvents(database.db, 'org', { action, limit: 5 }))[0];

describe('a new tier', () => {
  test('is there for positions, agents and rules at once, with an id after its name, and in the audit log', async () => {
    const made = await service.create(boss, { ...small, name: 'Très petit', model: 'main/small', image: 'openclaw-2' });
    expect(made).toMatchObject({ id: 'tres-petit', name: 'Très petit', cpus: 0.5, pids: 64, version: 1, agents: 0 });
    expect((await service.list(boss)).map(({ id }) => id)).toEqual(['standard', 'tres-petit']);
    expect((await firstTier(database.db, 'org')).id).toBe('tres-petit');
    const position = {
      name: 'Reader',
      departmentId: 'all',
      tierId: 'tres-petit',
      tools: [],
      skills: [],
      contactFor: [],
    };
    expect(await createPosition(database, boss, position)).toMatchObject({ tier: 'Très petit' });
    expect(await audit('tier.created')).toMatchObject({
      target: { id: 'tres-petit' },
      detail: { model: 'main/small' },
    });
    expect((await service.list({ ...boss, organizationId: 'other' })).map(({ id }) => id)).toEqual(['standard']);
  });

  test('has a name of its own, in any case', async () => {
    await expect(service.create(boss, { ...small, name: 'STANDARD' })).rejects.toMatchObject({
      code: 'conflict',
      details: { field: 'name' },
    });
    const twice = await Promise.allSettled([service.create(boss, small), service.create(boss, small)]);
    expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test.each([
    ['driver', 'docker'],
    ['image', 'openclaw-9'],
    ['model', 'no/such'],
  ] as const)('names a %s that there is', async (field, value) => {
    await expect(service.create(boss, { ...small, [field]: value })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field },
    });
  });

  test('of somebody without the permission is no wider than one that there is', async () => {
    expect(await service.create(ann, small)).toMatchObject({ id: 'small' });
    for (const wider of [{ toolsCeiling: ['browser' as const] }, { egressHosts: ['a.example'] }, { cpus: 2 }]) {
      await expect(service.create(ann, { ...small, name: 'Wide', ...wider })).rejects.toMatchObject({
        code: 'not_allowed',
      });
    }
  });
});

describe('a change', () => {
  test('is of what is named, with before and after in the audit log, and its agents have it with their next turn', async () => {
    await database.db
      .update(tenants)
      .set({ state: 'running' })
      .where(and(eq(tenants.organizationId, 'org')));
    const marked = await watchMarkedAgents(database);
    const agents = (await service.list(boss))[0]?.agents ?? 0;
    expect(agents).toBeGreaterThan(0);
    const changed = await service.change(boss, 'standard', { cpus: 2, toolsCeiling: ['file'], fastPath: true });
    expect(changed).toMatchObject({ cpus: 2, toolsCeiling: ['file'], fastPath: true, idleMinutes: 15, version: 2 });
    expect(changed).toMatchObject({ agents, awake: agents, updatedBy: ann.name });
    expect(await marked()).toHaveLength(agents);
    expect((await audit('tier.changed'))?.detail).toEqual({
      changes: {
        cpus: { from: 1, to: 2 },
        fastPath: { from: false, to: true },
        toolsCeiling: { from: ['shell', 'file'], to: ['file'] },
      },
      agents,
    });
    expect((await service.list({ ...boss, organizationId: 'other' }))[0]).toMatchObject({
      fastPath: false,
      version: 1,
    });
    await expect(service.change(boss, 'nothing', {})).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of nothing leaves its version and its agents alone', async () => {
    const marked = await watchMarkedAgents(database);
    expect(await service.change(boss, 'standard', { name: 'Standard', model: '' })).toMatchObject({ version: 1 });
    expect(await marked()).toEqual([]);
    expect(await audit('tier.changed')).toBeUndefined();
  });

  test('on top of somebody else’s is refused with theirs', async () => {
    await service.change(boss, 'standard', { idleMinutes: 20, expectedVersion: 1 });
    await expect(service.change(ann, 'standard', { idleMinutes: 30, expectedVersion: 1 })).rejects.toMatchObject({
      code: 'conflict',
      details: { version: 2, idleMinutes: 20, updatedBy: ann.name },
    });
    expect(await service.change(ann, 'standard', { idleMinutes: 30, expectedVersion: 2 })).toMatchObject({
      version: 3,
    });
  });

  test('that bounds agents less needs the permission; one that bounds them more does not', async () => {
    for (const wider of [
      { toolsCeiling: ['shell', 'file', 'browser'] as TierInput['toolsCeiling'] },
      { egressHosts: ['a.example'] },
      { memoryMegabytes: 2048 },
      { pids: 256 },
      { driver: 'sandbox' },
    ]) {
      await expect(service.change(ann, 'standard', wider)).rejects.toMatchObject({
        code: 'not_allowed',
        details: { fields: Object.keys(wider) },
      });
    }
    const narrower = { toolsCeiling: ['file' as const], memoryMegabytes: 512, idleMinutes: 600, alwaysOn: true };
    expect(await service.change(ann, 'standard', narrower)).toMatchObject(narrower);
  });

  test('leaves what is there no more where it was, and names nothing else that is not there', async () => {
    await database.db.update(tiers).set({ image: 'gone-1' }).where(eq(tiers.organizationId, 'org'));
    expect(await service.change(boss, 'standard', { image: 'gone-1', idleMinutes: 3 })).toMatchObject({
      image: 'gone-1',
    });
    await expect(service.change(boss, 'standard', { image: 'gone-2' })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: 'There are: openclaw-1, openclaw-2.',
    });
  });

  test('of the size keeps to the organization’s quotas', async () => {
    const [standard] = await service.list(boss);
    const used = (standard?.agents ?? 0) * 1024;
    await database.db.insert(quotas).values({ organizationId: 'org', totalMemoryMegabytes: used + 10 });
    await expect(service.change(boss, 'standard', { memoryMegabytes: 1030 })).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    await database.db.update(quotas).set({ totalMemoryMegabytes: null, memoryMegabytesPerTenant: 1500 });
    await expect(service.change(boss, 'standard', { memoryMegabytes: 1600 })).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    expect(await service.change(boss, 'standard', { memoryMegabytes: 1500 })).toMatchObject({ memoryMegabytes: 1500 });
  });

  test('of the name is refused while a template knows it by that', async () => {
    await insertTemplate('Standard');
    await expect(service.change(boss, 'standard', { name: 'Usual' })).rejects.toMatchObject({
      code: 'conflict',
      details: { templates: ['tpl'] },
    });
    await database.db.delete(configTemplates);
    expect(await service.change(boss, 'standard', { name: 'Usual' })).toMatchObject({ id: 'standard', name: 'Usual' });
  });
});

async function insertTemplate(tier: string): Promise<void> {
  const content = { description: '', skills: [], skillGroups: [], instructions: '', tier };
  await database.db
    .insert(configTemplates)
    .values({ organizationId: 'org', name: 'tpl', version: 1, createdBy: 'ann', content });
}

describe('a tier that is deleted', () => {
  test('has to be used by nothing: positions, agents, rules and templates are named', async () => {
    await database.db.insert(routingRules).values({
      ...{ organizationId: 'org', scope: 'position' as const, ownerId: 'maker', tierId: 'standard', updatedBy: 'ann' },
    });
    await insertTemplate('STANDARD');
    const use = await service.use(ann, 'standard');
    expect(use).toMatchObject({ rules: { count: 1, names: ['Maker'] }, templates: { count: 1, names: ['tpl'] } });
    expect(use.positions.names).toContain('Maker');
    expect(use.agents.count).toBeGreaterThan(0);
    await expect(service.remove(ann, 'standard')).rejects.toMatchObject({ code: 'conflict', details: use });
    expect(await service.list(ann)).toHaveLength(1);
  });

  test('is gone for positions, agents, rules and templates, its name is free, and agents that are gone go on naming it', async () => {
    await service.create(boss, small);
    await database.db.insert(tenants).values({
      ...{ organizationId: 'org', id: 'old', name: 'old', tierId: 'small', state: 'deleted' as const },
      deletedAt: sql`now()`,
    });
    await service.remove(ann, 'small');
    expect((await service.list(ann)).map(({ id }) => id)).toEqual(['standard']);
    expect((await firstTier(database.db, 'org')).id).toBe('standard');
    const position = { name: 'Reader', departmentId: 'all', tierId: 'small', tools: [], skills: [], contactFor: [] };
    await expect(createPosition(database, boss, position)).rejects.toMatchObject({ code: 'invalid_request' });
    const template = { description: '', skills: [], skillGroups: [], instructions: '', tier: 'Small' };
    await expect(createTemplateService(database.db).put(boss, 'mine', { content: template })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await audit('tier.removed')).toMatchObject({ target: { name: 'Small' }, detail: { was: { cpus: 0.5 } } });
    await expect(service.remove(ann, 'small')).rejects.toMatchObject({ code: 'not_found' });
    expect(await service.create(boss, small)).toMatchObject({ id: 'small-2', name: 'Small' });
  });

  test('is not given to a position at the same moment', async () => {
    await service.create(boss, small);
    const position = { name: 'Reader', departmentId: 'all', tierId: 'small', tools: [], skills: [], contactFor: [] };
    await Promise.allSettled([service.remove(ann, 'small'), createPosition(database, boss, position)]);
    const there = (await service.list(ann)).some(({ id }) => id === 'small');
    const held = await database.db.select().from(positions).where(eq(positions.tierId, 'small'));
    expect(held.length).toBe(there ? 1 : 0);
  });

  test('of another organization is not found', async () => {
    await service.create({ ...boss, organizationId: 'other' }, small);
    for (const attempt of [
      () => service.remove(boss, 'small'),
      () => service.use(boss, 'small'),
      () => service.change(boss, 'small', { cpus: 1 }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
