import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { configTemplates, grants, skillGroups, skills, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createSkillService, type SkillService } from './skill-service.ts';
import { effectiveSkills } from './skill-store.ts';

let database: Database;
let service: SkillService;
let ann: Principal;
let stranger: Principal;
let marked: () => Promise<string[]>;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  ({ ann: stranger } = await insertSmallOrganization(database, 'other'));
});
afterAll(() => database.close());
beforeEach(async () => {
  for (const table of [skills, skillGroups, configTemplates, grants]) await database.db.delete(table);
  await database.db.update(tenants).set({ skills: [], skillGroups: [], configTemplate: null });
  service = createSkillService(database);
  marked = await watchMarkedAgents(database);
});

const text = (name: string, body = 'Do it well.') => `---\nname: ${name}\ndescription: About ${name}\n---\n${body}\n`;
const give = (id: string, values: Partial<typeof tenants.$inferInsert>) =>
  database.db.update(tenants).set(values).where(eq(tenants.id, id));
const template = (name: string, version: number, content: object) =>
  database.db
    .insert(configTemplates)
    .values({ organizationId: 'org', name, version, content: content as never, createdBy: 'ann' });

const grant = (resource: string, endedAt: Date | null = null) =>
  database.db.insert(grants).values({
    ...{ organizationId: 'org', id: crypto.randomUUID(), tenantId: 'ann', employeeName: 'ann', requestId: 'request' },
    ...{ kind: 'skill', resource, mode: 'permanent', grantedBy: 'Ada', endedAt, endedBecause: endedAt && 'revoked' },
  });

describe('a skill', () => {
  test('is stored with its description, and a change makes a new version', async () => {
    expect(await service.put(ann, 'travel', text('travel'))).toMatchObject({
      name: 'travel',
      description: 'About travel',
      version: 1,
      updatedBy: 'ann',
    });
    expect(await service.put(ann, 'travel', text('travel', 'Better.'))).toMatchObject({ version: 2 });
    expect(await service.get(ann, 'travel')).toMatchObject({ content: text('travel', 'Better.') });
    const events = await listAuditEvents(database.db, 'org', { limit: 9, action: 'skill.saved' });
    expect(events.slice(0, 2).map(({ target }) => target?.name)).toEqual(['travel', 'travel']);
  });

  test('put again unchanged stays as it is, and no agent hears of it', async () => {
    await give('ann', { skills: ['travel'] });
    await service.put(ann, 'travel', text('travel'));
    await marked();
    expect(await service.put(ann, 'travel', text('travel'))).toMatchObject({ version: 1 });
    expect(await marked()).toEqual([]);
  });

  test('that says another name of itself is refused, and nothing is stored', async () => {
    await expect(service.put(ann, 'travel', text('trips'))).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await service.list(ann)).skills).toEqual([]);
  });

  test('is its organization’s own', async () => {
    await service.put(ann, 'travel', text('travel'));
    await expect(service.get(stranger, 'travel')).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.remove(stranger, 'travel')).rejects.toMatchObject({ code: 'not_found' });
    expect(await effectiveSkills(database.db, 'other', ['travel'], [])).toEqual([]);
  });

  test('changes the agents that have it: themselves, by a group, by their template, by a group of that', async () => {
    await service.put(ann, 'travel', text('travel'));
    await service.putGroup(ann, { name: 'office', description: '', skills: ['travel'] });
    await template('t-skill', 1, { skills: ['travel'], skillGroups: [] });
    await template('t-group', 1, { skills: [], skillGroups: [] });
    await template('t-group', 2, { skills: [], skillGroups: ['office'] });
    await template('t-old', 1, { skills: ['travel'], skillGroups: [] });
    await template('t-old', 2, { skills: [], skillGroups: [] });
    const given = [
      { skills: ['travel'] },
      { skillGroups: ['office'] },
      { configTemplate: 't-skill' },
      { configTemplate: 't-group' },
    ];
    for (const values of given) {
      await give('ann', { skills: [], skillGroups: [], configTemplate: null, ...values });
      await marked();
      await service.put(ann, 'travel', text('travel', JSON.stringify(values)));
      expect(await marked()).toEqual(['ann']);
      expect((await service.list(ann)).skills).toMatchObject([{ name: 'travel', tenants: 1 }]);
    }
    await give('ann', { skills: [], skillGroups: [], configTemplate: 't-old' });
    expect((await service.list(ann)).skills).toMatchObject([{ tenants: 0 }]);
  });

  test('changes the agents that it is granted to, as long as it is', async () => {
    await service.put(ann, 'travel', text('travel'));
    await grant('travel', new Date());
    await marked();
    await service.put(ann, 'travel', text('travel', 'Better.'));
    expect(await marked()).toEqual([]);
    await grant('travel');
    await service.put(ann, 'travel', text('travel', 'Best.'));
    expect(await marked()).toEqual(['ann']);
  });

  test.each([
    ['a tenant', () => give('ann', { skills: ['travel'] }), 'tenant agent-ann'],
    [
      'a group',
      () => service.putGroup(ann, { name: 'office', description: '', skills: ['travel'] }),
      'skill group office',
    ],
    ['a grant', () => grant('travel'), 'tenant agent-ann'],
    ['a template', () => template('sales', 1, { skills: ['travel'], skillGroups: [] }), 'template sales'],
  ])('that %s names cannot be removed, and it is said who does', async (_what, use, says) => {
    await service.put(ann, 'travel', text('travel'));
    await use();
    await expect(service.remove(ann, 'travel')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(says),
    });
    expect((await service.list(ann)).skills).toHaveLength(1);
  });

  test('that nobody names is removed', async () => {
    await service.put(ann, 'travel', text('travel'));
    await service.remove(ann, 'travel');
    await expect(service.remove(ann, 'travel')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a group of skills', () => {
  test('names skills that exist, each once', async () => {
    await service.put(ann, 'travel', text('travel'));
    const group = { name: 'office', description: 'For all', skills: ['travel', 'travel'] };
    expect(await service.putGroup(ann, group)).toEqual({ ...group, skills: ['travel'] });
    expect((await service.list(ann)).groups).toEqual([{ ...group, skills: ['travel'] }]);
    await expect(service.putGroup(ann, { ...group, skills: ['nothing'] })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('nothing'),
    });
  });

  test('changes the agents that have it, and cannot be removed while one does', async () => {
    await give('ben', { skillGroups: ['office'] });
    await service.putGroup(ann, { name: 'office', description: '', skills: [] });
    expect(await marked()).toEqual(['ben']);
    await expect(service.removeGroup(ann, 'office')).rejects.toMatchObject({ code: 'conflict' });
    await give('ben', { skillGroups: [] });
    await service.removeGroup(ann, 'office');
    await expect(service.removeGroup(ann, 'office')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('an agent has its own skills and those of its groups, by name and each once', async () => {
  for (const name of ['b-skill', 'a-skill', 'c-skill', 'z-other']) await service.put(ann, name, text(name));
  await service.putGroup(ann, { name: 'g1', description: '', skills: ['c-skill', 'b-skill'] });
  const found = await effectiveSkills(database.db, 'org', ['b-skill', 'a-skill', 'gone'], ['g1', 'no-group']);
  expect(found.map(({ name }) => name)).toEqual(['a-skill', 'b-skill', 'c-skill']);
  expect(found[0]?.content).toBe(text('a-skill'));
});
