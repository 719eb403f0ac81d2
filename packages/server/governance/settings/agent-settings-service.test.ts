import type { AgentSettings } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import type { Principal } from '../../organization/principal.ts';
import { createModelGatewayPorts } from '../../pool/model-gateway-ports.ts';
import type { Database } from '../../store/database.ts';
import { agentSettings, configTemplates, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type GovernedPerson, insertGovernedOrganization } from '../../testing/governed-organization.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { complete } from './agent-settings.ts';
import { type AgentSettingsService, createAgentSettingsService } from './agent-settings-service.ts';

let database: Database;
let service: AgentSettingsService;
let who: Record<GovernedPerson, Principal>;
let stranger: Principal;
let marked: () => Promise<string[]>;

const models = ['main/large', 'main/small'] as const;
const installation = { id: 'main/large', contextWindow: 128_000, maxOutputTokens: 8_192 };
const organization = { scope: 'organization', ownerId: '-' } as const;
const engineers = { scope: 'position', ownerId: 'engineer' } as const;
const ed = { scope: 'employee', ownerId: 'ed' } as const;

beforeAll(async () => {
  database = await createTestDatabase();
  who = await insertGovernedOrganization(database);
  const { ann } = await insertSmallOrganization(database, 'other');
  stranger = { ...ann, roles: ['admin'], permissions: ['policy'] };
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.delete(agentSettings);
  service = createAgentSettingsService({ database, models, installation });
  marked = await watchMarkedAgents(database);
});

type Owner = Parameters<AgentSettingsService['save']>[1];
const save = (person: Principal, owner: Owner, settings: Partial<AgentSettings>, expectedVersion = 0) =>
  service.save(person, owner, { settings: complete(settings), expectedVersion });
const agentOf = (tenantId: string) => loadAgentDefinition(database.db, 'governed', tenantId, installation);
const policyOf = (tenantId: string) =>
  createModelGatewayPorts({ database, models: [...models], openclawTools: () => [] }).policyFor(tenantId);

describe('settings of a position', () => {
  test('hold for its agents, in their files and at the model gateway, and are in the audit log', async () => {
    const row = await save(who.chris, engineers, {
      model: 'main/small',
      maxOutputTokens: 1_000,
      responseLanguage: '中文',
    });
    expect(row).toMatchObject({
      scope: 'position',
      ownerId: 'engineer',
      ownerName: 'Engineer',
      version: 1,
      affected: 3,
    });
    expect(await marked()).toEqual(['ed', 'eva', 'twin-ed']);
    expect(await agentOf('ed')).toMatchObject({
      model: { id: 'main/small', contextWindow: 128_000, maxOutputTokens: 1_000, compaction: 'safeguard' },
      responseLanguage: '中文',
    });
    expect(await policyOf('twin-ed')).toMatchObject({ models: ['main/small', 'main/large'], maxOutputTokens: 1_000 });
    expect(await policyOf('rae')).toMatchObject({ models: ['main/large', 'main/small'], maxOutputTokens: null });
    const [event] = await listAuditEvents(database.db, 'governed', { action: 'agent_settings.saved', limit: 1 });
    expect(event).toMatchObject({ target: { name: 'Engineer' }, detail: { model: 'main/small', scope: 'position' } });
  });

  test('are wider than a person’s and narrower than the organization’s; each value tells whose it is', async () => {
    await save(who.jia, organization, { contextWindow: 50_000, compaction: 'default' });
    expect((await marked()).length).toBe(9);
    await save(who.chris, engineers, { model: 'main/small', contextWindow: 60_000 });
    await save(who.chris, ed, { contextWindow: 70_000 });
    expect(await service.effective(who.ed, 'ed')).toMatchObject({
      model: { value: 'main/small', from: 'position', fromName: 'Engineer' },
      contextWindow: { value: 70_000, from: 'employee', fromName: 'ed' },
      compaction: { value: 'default', from: 'organization', fromName: 'Governed' },
      maxOutputTokens: { value: 8_192, from: 'installation' },
    });
    expect((await service.effective(who.jia, 'rae')).contextWindow).toMatchObject({ value: 50_000 });
  });

  test('go when nothing is said any more', async () => {
    await save(who.chris, engineers, { model: 'main/small' });
    await marked();
    expect(await save(who.chris, engineers, {}, 1)).toBeNull();
    expect(await marked()).toEqual(['ed', 'eva', 'twin-ed']);
    expect((await agentOf('ed')).model.id).toBe('main/large');
    expect((await service.list(who.chris)).rows).toEqual([]);
    expect(await save(who.chris, engineers, {})).toBeNull();
  });
});

describe('two who change settings at once', () => {
  test('the second one is told what holds now', async () => {
    await save(who.chris, engineers, { model: 'main/small' });
    for (const late of [0, 7]) {
      for (const settings of [{ contextWindow: 9_000 }, {}]) {
        await expect(save(who.jia, engineers, settings, late)).rejects.toMatchObject({
          code: 'conflict',
          details: { version: 1, settings: { model: 'main/small' }, updatedBy: 'chris' },
        });
      }
    }
    expect(await save(who.jia, engineers, { contextWindow: 9_000 }, 1)).toMatchObject({ version: 2 });
  });
});

describe('models', () => {
  test('are those of the installation, and those that tiers and the newest templates name', async () => {
    const content = { description: '', skills: [], skillGroups: [] };
    const template = (version: number, model: string) => ({
      ...{ organizationId: 'governed', name: 'tpl', version, createdBy: 'jia', content: { ...content, model } },
    });
    await database.db.insert(configTemplates).values([template(1, 'old/one'), template(2, 'tpl/one')] as never);
    await database.db.update(tiers).set({ model: 'tier/one' }).where(eq(tiers.organizationId, 'governed'));
    expect((await service.list(who.jia)).models).toEqual(['main/large', 'main/small', 'tier/one', 'tpl/one']);
    expect((await service.list(stranger)).models).toEqual(['main/large', 'main/small']);
    await database.db.update(tiers).set({ model: null });
    await database.db.delete(configTemplates);
  });

  test('that there are not are refused, with those that there are', async () => {
    await expect(save(who.jia, ed, { model: 'no/such' })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: expect.stringContaining('main/large, main/small'),
    });
    expect(await marked()).toEqual([]);
  });
});

test('settings of somebody who is gone are nobody’s', async () => {
  await database.db
    .insert(agentSettings)
    .values({ organizationId: 'governed', scope: 'employee', ownerId: 'gone', settings: {}, updatedBy: 'jia' });
  expect((await service.list(who.jia)).rows).toEqual([]);
});

describe('who may', () => {
  test('set what holds for everybody: only admins with the permission', async () => {
    await expect(save(who.chris, organization, { contextWindow: 9_000 })).rejects.toMatchObject({
      code: 'not_allowed',
    });
    expect(await save(who.jia, organization, { contextWindow: 9_000 })).toMatchObject({
      ownerId: '-',
      ownerName: 'Governed',
    });
  });

  test('set something for somebody who is there', async () => {
    for (const owner of [
      { scope: 'employee', ownerId: 'nobody' },
      { scope: 'position', ownerId: 'ed' },
      { scope: 'organization', ownerId: 'governed' },
    ] as const) {
      await expect(save(who.jia, owner, { contextWindow: 9_000 })).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(save(stranger, ed, { contextWindow: 9_000 })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('see the settings: a manager the organization’s and those of their departments', async () => {
    await save(who.jia, organization, { contextWindow: 9_000 });
    await save(who.jia, engineers, { contextWindow: 9_000 });
    await save(who.jia, ed, { contextWindow: 9_000 });
    expect((await service.list(who.mia)).rows.map(({ ownerName }) => ownerName)).toEqual([
      'Governed',
      'Engineer',
      'ed',
    ]);
    expect((await service.list(who.sam)).rows.map(({ ownerName }) => ownerName)).toEqual(['Governed']);
    expect((await service.list(stranger)).rows).toEqual([]);
  });

  test('see what holds for an agent: its owner, and whose scope it is in', async () => {
    for (const person of [who.ed, who.mia, who.jia, who.auditor]) {
      expect(await service.effective(person, 'ed')).toBeDefined();
    }
    for (const person of [who.eva, who.sam, stranger]) {
      await expect(service.effective(person, 'ed')).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(service.effective(who.mia, 'twin-ed')).rejects.toMatchObject({ code: 'not_found' });
  });
});
