import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertLayers } from '../governance/layers/layer-store.ts';
import type { Database } from '../store/database.ts';
import {
  assistants,
  channelAccounts,
  channelBindings,
  configTemplates,
  employees,
  positions,
  skillGroups,
  skills,
  tenants,
  twins,
} from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { loadAgentDefinition, tierAgent } from './agent-definition.ts';

let database: Database;
const model = { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 };

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db.transaction((tx) =>
    insertLayers(tx, 'org', [{ scope: 'global', ownerId: '', content: 'Be kind.' }]),
  );
  const row = { organizationId: 'org', description: '', updatedBy: 'Olga' };
  await database.db.insert(skills).values(['a', 'b', 'c', 'd'].map((name) => ({ ...row, name, content: `# ${name}` })));
  await database.db.insert(skillGroups).values([
    { organizationId: 'org', name: 'pair', description: '', skills: ['b', 'c'] },
    { organizationId: 'org', name: 'of-template', description: '', skills: ['d'] },
  ]);
  const content = { description: '', skills: ['a'], skillGroups: ['of-template'], instructions: 'Be brief.' };
  await database.db.insert(configTemplates).values([
    {
      organizationId: 'org',
      name: 'brief',
      version: 1,
      content: { ...content, instructions: 'old' },
      createdBy: 'Olga',
    },
    { organizationId: 'org', name: 'brief', version: 2, content, createdBy: 'Olga' },
  ]);
});
afterEach(() => database.close());

async function bind(account: string, employeeId: string, preferred: boolean, enabled = true): Promise<void> {
  const of = { organizationId: 'org', accountId: account };
  await database.db.insert(channelAccounts).values({
    ...{
      organizationId: 'org',
      id: account,
      channel: 'telegram',
      name: account,
      accountName: account,
      settings: {} as never,
    },
    ...{ sealedSecret: '', sealedWebhookSecret: '', mode: 'polling', enabled },
  });
  await database.db.insert(channelBindings).values({
    ...{ ...of, platformUserId: employeeId, chatId: '1', displayName: `${employeeId} on ${account}` },
    ...{ employeeId, userId: `user-${employeeId}`, preferred },
  });
}

test('an agent of nobody in particular has its own name and all the tools of its tier', async () => {
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'bot', name: 'lab-bot', tierId: 'standard' });
  expect(await loadAgentDefinition(database.db, 'org', 'bot', model)).toMatchObject({
    ...{
      name: 'lab-bot',
      tools: ['shell', 'file'],
      skills: [],
      layers: { global: 'Be kind.', position: '', personal: '' },
    },
    owner: { id: 'bot', name: 'lab-bot', email: '', position: '', department: '', contactFor: [] },
  });
});

test('skills are the tenant’s own, its groups’ and its template’s, each once; instructions come after the global layer', async () => {
  const values = { skills: ['a', 'gone'], skillGroups: ['pair'], configTemplate: 'brief' };
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'bot', name: 'bot', tierId: 'standard', ...values });
  const agent = await loadAgentDefinition(database.db, 'org', 'bot', model);
  expect(agent.skills.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  expect(agent.layers.global).toBe('Be kind.\n\nBe brief.');
});

test('a person’s agent has the tools of the position within the tier’s ceiling', async () => {
  expect(await loadAgentDefinition(database.db, 'org', 'ann', model)).toMatchObject({
    ...{ tools: ['file'], owner: { id: 'ann', position: 'Maker' } },
  });
  await expect(loadAgentDefinition(database.db, 'rival', 'ann', model)).rejects.toMatchObject({ code: 'not_found' });
});

test('a person’s agent knows what they tell of themselves, their channels, and the skills of their position', async () => {
  await database.db.update(employees).set({ about: 'I like tables.' }).where(eq(employees.id, 'ann'));
  await database.db.update(positions).set({ skills: ['b'] });
  await bind('lab', 'ann', false);
  await bind('work', 'ann', true);
  await bind('off', 'ann', false, false);
  await bind('bens', 'ben', true);
  expect(await loadAgentDefinition(database.db, 'org', 'ann', model)).toMatchObject({
    ...{ about: 'I like tables.', skills: [{ name: 'b' }] },
    channels: [
      { channel: 'telegram', name: 'ann on work', preferred: true },
      { channel: 'telegram', name: 'ann on lab', preferred: false },
    ],
  });
});

test('a public twin knows nothing of that, and of nobody but whose it is', async () => {
  await database.db.update(employees).set({ about: 'I like tables.' }).where(eq(employees.id, 'ann'));
  await bind('telegram', 'ann', true);
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'twin', name: 'twin', tierId: 'standard' });
  await database.db.insert(twins).values({ organizationId: 'org', employeeId: 'ann', tenantId: 'twin', active: true });
  const agent = await loadAgentDefinition(database.db, 'org', 'twin', model);
  expect(agent).toMatchObject({ publicTwin: true, tools: [], directory: [], owner: { name: 'ann', email: '' } });
  expect(agent).not.toHaveProperty('about');
  expect(agent).not.toHaveProperty('channels');
});

test('a person without a position has an agent that can do nothing, and is in the directory; a suspended one is not', async () => {
  await database.db.update(employees).set({ positionId: null }).where(eq(employees.id, 'ann'));
  await database.db.update(employees).set({ active: false }).where(eq(employees.id, 'ben'));
  const agent = await loadAgentDefinition(database.db, 'org', 'ann', model);
  expect(agent).toMatchObject({ tools: [], owner: { name: 'ann', position: '', department: 'Everybody' } });
  expect(agent.directory.map(({ name }) => name)).toEqual(['ann']);
});

test('the admin assistant represents nobody, and knows nothing but the organization’s layer and its lookups', async () => {
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'bot', name: 'assistant', tierId: 'standard' });
  await database.db.insert(assistants).values({ organizationId: 'org', tenantId: 'bot' });
  const agent = await loadAgentDefinition(database.db, 'org', 'bot', model);
  expect(agent).toMatchObject({
    ...{ name: 'Admin assistant', tools: [], skills: [], directory: [] },
    layers: { global: 'Be kind.', position: '', personal: '' },
    assistant: { tools: expect.arrayContaining(['clawpool__list_employees', 'clawpool__audit_log']) },
  });
  expect(await loadAgentDefinition(database.db, 'org', 'ann', model)).not.toHaveProperty('assistant');
});

test('a warm slot’s agent is the tier’s, and knows nothing of any person', async () => {
  const agent = await tierAgent(database.db, 'org', 'standard', model);
  expect(agent).toMatchObject({
    name: 'Agent',
    tools: ['shell', 'file'],
    directory: [],
    skills: [],
    layers: { global: '' },
  });
  expect(JSON.stringify(agent)).not.toMatch(/ann|ben|kind/);
  await expect(tierAgent(database.db, 'org', 'nonsense', model)).rejects.toMatchObject({ code: 'not_found' });
});
