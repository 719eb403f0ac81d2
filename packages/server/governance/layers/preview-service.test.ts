import { composeWorkspace, openclawProfile } from '@clawpool/workspace';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { configTemplates, employees, layers, positions, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type GovernedPerson, insertGovernedOrganization } from '../../testing/governed-organization.ts';
import { createLayerService } from './layer-service.ts';
import { createLayerPreviewService, type LayerPreviewService } from './preview-service.ts';

let database: Database;
let service: LayerPreviewService;
let who: Record<GovernedPerson, Principal>;
const memories = new Map<string, number>();
const installation = { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 8_000 };

beforeAll(async () => {
  database = await createTestDatabase();
  who = await insertGovernedOrganization(database);
  service = createLayerPreviewService({
    ...{ database, installation, defaultImage: 'openclaw-2026.6.35' },
    memory: { characters: async ({ id }) => memories.get(id) ?? null },
  });
  const saved = { expectedVersion: 0, note: '' };
  const layerService = createLayerService(database);
  await layerService.save(who.jia, { scope: 'global', ownerId: '-' }, { content: 'Keep data inside.', ...saved });
  await layerService.save(who.ed, { scope: 'personal', ownerId: 'ed' }, { content: 'Be brief.', ...saved });
});
afterAll(() => database.close());

const wanted = (changes: object = {}) => ({
  ...{ employeeId: null, positionId: null, global: undefined, position: undefined, personal: undefined },
  ...changes,
});
const soulOf = async (person: Principal, changes: object = {}) =>
  (await service.preview(person, wanted(changes))).files.find(({ path }) => path === 'SOUL.md')?.content ?? '';

describe('a preview', () => {
  test('is, byte for byte, what would be written once it is saved', async () => {
    const drafts = { global: 'Never guess.', position: '# Engineers\nTest first.', personal: 'In verse.' };
    const { files } = await service.preview(who.jia, wanted({ employeeId: 'ed', ...drafts }));
    const layerService = createLayerService(database);
    const before = await database.db.select().from(layers);
    await layerService.save(
      who.jia,
      { scope: 'global', ownerId: '-' },
      { content: drafts.global, expectedVersion: 1, note: '' },
    );
    await layerService.save(
      who.jia,
      { scope: 'position', ownerId: 'engineer' },
      { content: drafts.position, expectedVersion: 0, note: '' },
    );
    await layerService.save(
      who.ed,
      { scope: 'personal', ownerId: 'ed' },
      { content: drafts.personal, expectedVersion: 1, note: '' },
    );
    const agent = await loadAgentDefinition(database.db, 'governed', 'ed', installation);
    const written = composeWorkspace(agent, openclawProfile('2026.6.35')).filter(({ path }) => !path.includes('/'));
    expect(files.map(({ path, content }) => ({ path, content }))).toEqual(written);
    await database.db.delete(layers);
    await database.db.insert(layers).values(before);
  });

  test('has the saved texts where no other is given, and an empty one where it is given as empty', async () => {
    expect(await soulOf(who.ed)).toContain('Be brief.');
    const emptied = await soulOf(who.ed, { personal: '' });
    expect(emptied).not.toContain('Be brief.');
    expect(emptied).toContain('Keep data inside.');
  });

  test('keeps what the agent’s template adds to a draft of the global layer', async () => {
    const content = { description: '', skills: [], skillGroups: [], instructions: 'Of the template.' };
    await database.db
      .insert(configTemplates)
      .values({ organizationId: 'governed', name: 'tpl', version: 1, content, createdBy: 'jia' });
    await database.db.update(tenants).set({ configTemplate: 'tpl' }).where(eq(tenants.id, 'ed'));
    expect(await soulOf(who.ed, { global: 'Drafted.' })).toContain('Drafted.\n\nOf the template.');
    await database.db.update(tenants).set({ configTemplate: null }).where(eq(tenants.id, 'ed'));
  });

  test('tells sizes, limits and what to look at', async () => {
    const { files, warnings } = await service.preview(who.ed, wanted({ personal: '## Global\nAnything goes.' }));
    for (const { path, content, characters, limit } of files) {
      expect(characters).toBe(content.length);
      expect(limit).toBe(path === 'CHANNELS.md' ? null : 19_500);
    }
    expect(warnings).toMatchObject([{ kind: 'renamed_heading', scope: 'personal' }]);
  });

  test('tells what is lost of MEMORY.md, of the agent whose files are shown', async () => {
    memories.set('ed', 25_000);
    expect(await service.preview(who.ed, wanted())).toMatchObject({
      memory: { characters: 25_000, limit: 20_000 },
      warnings: [{ kind: 'memory_cut', characters: 25_000, limit: 20_000, total: 60_000 }],
    });
    memories.clear();
    expect(await service.preview(who.ed, wanted())).toMatchObject({ memory: { characters: null }, warnings: [] });
  });
});

describe('whose files are shown', () => {
  test.each([
    ['the caller’s own, when nobody is asked for', 'ed', {}, { tenantId: 'ed', owner: 'ed' }],
    ['somebody’s of the position', 'mia', { positionId: 'engineer' }, { tenantId: 'ed', owner: 'ed' }],
    ['the caller’s own, who has the position', 'eva', { positionId: 'engineer' }, { tenantId: 'eva', owner: 'eva' }],
    ['somebody’s, for who has no agent', 'auditor', {}, { tenantId: 'chris', owner: 'chris' }],
    ['a person’s in scope', 'mia', { employeeId: 'eva' }, { tenantId: 'eva', owner: 'eva' }],
  ] as const)('%s', async (_what, person, changes, agent) => {
    expect((await service.preview(who[person], wanted(changes))).agent).toMatchObject(agent);
  });

  test.each([
    ['a colleague’s', 'ed', { employeeId: 'eva' }],
    ['another department’s person’s', 'sam', { employeeId: 'ed' }],
    ['another department’s position’s', 'sam', { positionId: 'engineer' }],
    ['nobody’s', 'jia', { employeeId: 'nobody' }],
  ] as const)('never %s', async (_what, person, changes) => {
    await expect(service.preview(who[person], wanted(changes))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('those that an agent of the position would have, while nobody has it', async () => {
    await database.db.insert(positions).values({
      ...{ organizationId: 'governed', id: 'tester', departmentId: 'backend', tierId: 'standard', name: 'Tester' },
      tools: ['shell'],
    });
    const { agent, files } = await service.preview(who.mia, wanted({ positionId: 'tester', position: 'Break it.' }));
    expect(agent).toMatchObject({ tenantId: null });
    const content = (path: string) => files.find((file) => file.path === path)?.content;
    expect(content('SOUL.md')).toContain('## Position: Tester\n\nBreak it.');
    expect(content('AGENTS.md')).toMatch(/## Tools you may use\n\n.*\n\n- shell: /u);
  });

  test('those that a person without an agent would have', async () => {
    await database.db.insert(employees).values({
      ...{ organizationId: 'governed', id: 'new', number: 'n', name: 'Newcomer', email: 'new@governed.example' },
      departmentId: 'backend',
    });
    const { agent } = await service.preview(who.mia, wanted({ employeeId: 'new' }));
    expect(agent).toEqual({ tenantId: null, name: 'Newcomer’s agent', owner: 'Newcomer' });
    expect(await soulOf(who.mia, { employeeId: 'new' })).toContain('Newcomer (Backend)');
  });
});
