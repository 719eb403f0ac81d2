import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import {
  layerProposals,
  layers,
  layerVersions,
  organizations,
  personNotifications,
  tenants,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type GovernedPerson, insertGovernedOrganization } from '../../testing/governed-organization.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createLayerService, type LayerService } from './layer-service.ts';
import { canaryUpTo, hasCanary } from './proposal.ts';
import { createProposalService, type ProposalService } from './proposal-service.ts';

let database: Database;
let service: ProposalService;
let layerService: LayerService;
let who: Record<GovernedPerson, Principal>;
let stranger: Principal;
let marked: () => Promise<string[]>;

const engineers = { scope: 'position', ownerId: 'engineer' } as const;
const global = { scope: 'global', ownerId: '-' } as const;
const model = { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 };
/** Enough that some try a change and some do not. */
const more = Array.from({ length: 30 }, (_, n) => `more-${n}`);

beforeAll(async () => {
  database = await createTestDatabase();
  who = await insertGovernedOrganization(database);
  const { ann } = await insertSmallOrganization(database, 'other');
  stranger = { ...ann, roles: ['admin'], permissions: ['policy'] };
  await database.db
    .insert(tenants)
    .values(more.map((id) => ({ organizationId: 'governed', id, name: id, tierId: 'standard' })));
});
afterAll(() => database.close());
beforeEach(async () => {
  for (const table of [layerProposals, layers, layerVersions, personNotifications]) await database.db.delete(table);
  await database.db.update(organizations).set({ layerReview: false });
  service = createProposalService(database);
  layerService = createLayerService(database);
  await layerService.save(who.jia, global, { content: 'Old.', expectedVersion: 0, note: '' });
  marked = await watchMarkedAgents(database);
});

const draft = (
  person = who.chris,
  layer: { scope: 'global' | 'position'; ownerId: string } = global,
  baseVersion = 1,
) => service.create(person, { ...layer, content: 'New.', baseVersion, note: 'kinder' });
/** By somebody who has looked at what it is now. */
async function approve(person: Principal, id: string, note = '') {
  const [row] = await database.db.select().from(layerProposals).where(eq(layerProposals.id, id));
  return service.decide(person, id, { step: 'approve', note, expectedRevision: row?.revision ?? 0 });
}
async function approved(person = who.chris) {
  const { id } = await draft(person);
  await service.decide(person, id, { step: 'submit' });
  return approve(who.jia, id, 'good');
}
const textOf = async (tenantId: string) =>
  (await loadAgentDefinition(database.db, 'governed', tenantId, model)).layers.global;
const told = async (person: Principal) => {
  const rows = await database.db
    .select()
    .from(personNotifications)
    .where(eq(personNotifications.userId, person.userId));
  return rows.map(({ title }) => title);
};
const trying = (id: string, percent: number) => {
  const all = [...Object.keys(who), ...more, 'twin-ed'].filter((name) => name !== 'auditor').sort();
  const upTo = canaryUpTo(all, id, percent);
  return all.filter((name) => hasCanary(name, { id, canaryUpTo: upTo }));
};

describe('a proposal', () => {
  test('changes nothing until it is given to all, and is a version by its author then', async () => {
    const { id, may } = await draft();
    expect(may).toEqual(['edit', 'submit', 'withdraw']);
    await service.decide(who.chris, id, { step: 'submit' });
    expect(await approve(who.jia, id, 'good')).toMatchObject({
      ...{ state: 'approved', reviewer: 'jia', reviewNote: 'good', affected: 39, canary: null },
      may: ['reject', 'canary', 'publish', 'withdraw'],
    });
    expect(await marked()).toEqual([]);
    expect(await textOf('ed')).toBe('Old.');
    expect(await service.decide(who.max, id, { step: 'publish' })).toMatchObject({
      ...{ state: 'published', publishedVersion: 2, outdated: false, may: [] },
    });
    expect(await marked()).toHaveLength(39);
    expect(await textOf('ed')).toBe('New.');
    expect((await layerService.versions(who.jia, global)).versions[0]).toMatchObject({
      ...{ version: 2, cause: 'review', author: 'chris', note: 'kinder' },
    });
    const events = await listAuditEvents(database.db, 'governed', { action: 'layer_proposal.', limit: 4 });
    expect(events.map(({ action, actor }) => `${action} ${actor.name}`)).toEqual([
      ...['layer_proposal.published max', 'layer_proposal.approved jia'],
      ...['layer_proposal.submitted chris', 'layer_proposal.drafted chris'],
    ]);
  });

  test('is not approved by its author, nor by who may not edit the layer', async () => {
    const { id } = await draft(who.jia);
    await service.decide(who.jia, id, { step: 'submit' });
    for (const person of [who.jia, who.chris, who.mia]) {
      await expect(approve(person, id)).rejects.toMatchObject({
        code: 'not_allowed',
      });
    }
    expect(await approve(who.max, id)).toMatchObject({ state: 'approved' });
  });

  test('tells its reviewers, and its author what became of it', async () => {
    const { id } = await draft(who.mia);
    await service.decide(who.mia, id, { step: 'submit' });
    expect(await told(who.jia)).toEqual(['A change to review: the global layer of Governed']);
    expect(await told(who.max)).toHaveLength(1);
    expect(await told(who.chris)).toEqual([]);
    expect(await told(who.sam)).toEqual([]);
    await service.decide(who.jia, id, { step: 'reject', note: 'too kind' });
    expect(await told(who.mia)).toEqual(['Rejected: the global layer of Governed']);
  });

  test('for a position is for the managers above it to decide, and for no others', async () => {
    const { id } = await draft(who.chris, engineers, 0);
    await service.decide(who.chris, id, { step: 'submit' });
    expect(await told(who.mia)).toHaveLength(1);
    expect(await told(who.sam)).toEqual([]);
    await expect(approve(who.sam, id)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await service.list(who.sam, {})).proposals).toEqual([]);
    expect((await service.list(who.mia, engineers)).proposals).toMatchObject([
      { id, may: ['approve', 'reject', 'withdraw'] },
    ]);
    await approve(who.mia, id);
    await service.decide(who.mia, id, { step: 'publish' });
    expect(await marked()).toEqual(['ed', 'eva', 'twin-ed']);
  });

  test('is drafted by those who lead what it changes', async () => {
    await expect(draft(who.sam, engineers, 0)).rejects.toMatchObject({ code: 'not_found' });
    await expect(draft({ ...who.mia, roles: ['auditor'] }, engineers, 0)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    const personal = { scope: 'personal', ownerId: 'ed', content: 'x', baseVersion: 0, note: '' } as const;
    await expect(service.create(who.jia, personal)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('of another organization is not there', async () => {
    const { id } = await draft();
    await expect(service.decide(stranger, id, { step: 'withdraw' })).rejects.toMatchObject({ code: 'not_found' });
    const change = { content: 'x', note: '', baseVersion: 1, expectedRevision: 1 };
    await expect(service.change(stranger, id, change)).rejects.toMatchObject({ code: 'not_found' });
    expect((await service.list(stranger, {})).proposals).toEqual([]);
  });

  test('is changed by its author alone, at the revision they read, and has to be reviewed again', async () => {
    const { id, revision } = await approved();
    const change = { content: 'Newer.', note: '', baseVersion: 1, expectedRevision: revision };
    await expect(service.change(who.jia, id, change)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await service.change(who.chris, id, change)).toMatchObject({
      ...{ state: 'draft', content: 'Newer.', reviewer: null, revision: revision + 1 },
    });
    await expect(service.change(who.chris, id, change)).rejects.toMatchObject({
      code: 'conflict',
      details: { revision: revision + 1, content: 'Newer.' },
    });
  });

  test('is not approved by who read an earlier text of it', async () => {
    const { id } = await draft();
    const { revision } = await service.decide(who.chris, id, { step: 'submit' });
    const change = { content: 'Sly.', note: '', baseVersion: 1, expectedRevision: revision };
    await service.change(who.chris, id, change);
    await service.decide(who.chris, id, { step: 'submit' });
    await expect(
      service.decide(who.jia, id, { step: 'approve', note: '', expectedRevision: revision }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test('whose layer has changed since goes no further until it is drafted again', async () => {
    const { id, revision } = await approved();
    await layerService.save(who.jia, global, { content: 'Urgent.', expectedVersion: 1, note: '' });
    expect((await service.list(who.jia, {})).proposals).toMatchObject([
      { outdated: true, may: ['reject', 'withdraw'] },
    ]);
    await expect(service.decide(who.jia, id, { step: 'publish' })).rejects.toMatchObject({ code: 'conflict' });
    const change = { content: 'Urgent. New.', note: '', baseVersion: 2, expectedRevision: revision };
    expect(await service.change(who.chris, id, change)).toMatchObject({ outdated: false, state: 'draft' });
  });

  test('for a position that is gone is in no list, and nobody takes it further', async () => {
    const { id } = await draft(who.chris, engineers, 0);
    await database.db.update(layerProposals).set({ ownerId: 'gone' });
    expect((await service.list(who.jia, {})).proposals).toEqual([]);
    await expect(service.decide(who.chris, id, { step: 'submit' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('decided by two at once is decided once', async () => {
    const { id } = await approved();
    const results = await Promise.allSettled(
      [who.jia, who.max].map((person) => service.decide(person, id, { step: 'publish' })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await layerService.get(who.jia, global)).version).toBe(2);
  });
});

describe('a change that some agents try', () => {
  test('is theirs and nobody else’s, also for agents that come later', async () => {
    const { id } = await approved();
    expect(await service.decide(who.jia, id, { step: 'canary', percent: 40 })).toMatchObject({
      ...{ state: 'canary', canary: { percent: 40, tenants: trying(id, 40).length }, affected: 39 },
    });
    expect(await marked()).toEqual(trying(id, 40));
    expect(trying(id, 40).length).toBeGreaterThan(0);
    for (const tenantId of ['ed', 'eva', 'rae', 'more-1', 'more-2', 'more-3']) {
      expect(await textOf(tenantId)).toBe(trying(id, 40).includes(tenantId) ? 'New.' : 'Old.');
    }
  });

  test('reaches exactly those whose text changes: with more of them, with fewer, given to all, or withdrawn', async () => {
    const { id } = await approved();
    await service.decide(who.jia, id, { step: 'canary', percent: 20 });
    await marked();
    await service.decide(who.jia, id, { step: 'canary', percent: 70 });
    expect(await marked()).toEqual(trying(id, 70).filter((name) => !trying(id, 20).includes(name)));
    await service.decide(who.jia, id, { step: 'canary', percent: 50 });
    expect(await marked()).toEqual(trying(id, 70).filter((name) => !trying(id, 50).includes(name)));
    await service.decide(who.jia, id, { step: 'publish' });
    expect(await marked()).toEqual(trying(id, 100).filter((name) => !trying(id, 50).includes(name)));

    const again = await draft(who.chris, global, 2);
    await service.decide(who.chris, again.id, { step: 'submit' });
    await approve(who.jia, again.id);
    await service.decide(who.jia, again.id, { step: 'canary', percent: 30 });
    await marked();
    await service.decide(who.jia, again.id, { step: 'withdraw' });
    expect(await marked()).toEqual(trying(again.id, 30));
  });

  test('is the only one of its layer, and the layer waits for it', async () => {
    const first = await approved();
    const second = await approved();
    await service.decide(who.jia, first.id, { step: 'canary', percent: 10 });
    for (const step of [{ step: 'canary', percent: 5 }, { step: 'publish' }] as const) {
      await expect(service.decide(who.jia, second.id, step)).rejects.toMatchObject({
        code: 'conflict',
        details: { proposalId: first.id },
      });
    }
    const change = { content: 'At once.', expectedVersion: 1, note: '' };
    await expect(layerService.save(who.jia, global, change)).rejects.toMatchObject({ code: 'conflict' });
    await service.decide(who.jia, first.id, { step: 'withdraw' });
    expect(await layerService.save(who.jia, global, change)).toMatchObject({ version: 2 });
  });
});
