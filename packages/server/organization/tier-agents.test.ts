import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { findAgentRights } from '../governance/tools/tool-facts-store.ts';
import type { Database } from '../store/database.ts';
import { quotas, tenants, tiers } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { watchMarkedAgents } from '../testing/marked-agents.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import type { Principal } from './principal.ts';
import { changeSharedAgent, sharedAgentRights } from './tier-agents.ts';

let database: Database;
let ann: Principal;
beforeEach(async () => {
  database = await createTestDatabase();
  const people = await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'other');
  ann = { ...people.ann, roles: ['admin'] };
  const large = { memoryMegabytes: 4096, cpuMillis: 2000, pids: 128, diskMegabytes: 4096, idleMinutes: 15 };
  await database.db.insert(tiers).values({
    ...{ organizationId: 'org', id: 'large', name: 'Large', toolsCeiling: ['shell', 'file', 'browser'], ...large },
  });
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'desk', name: 'help-desk', tierId: 'standard' });
});
afterEach(() => database.close());

const standings = async () =>
  Object.fromEntries(
    (await findAgentRights(database.db, 'org', 'desk')).standings.map(({ tool, because }) => [tool, because]),
  );

describe('an agent that is nobody’s in particular', () => {
  test('can be given fewer tools than its tier allows, and all of them again', async () => {
    expect(await sharedAgentRights(database, ann, 'desk')).toEqual({ tierId: 'standard', tools: null });
    expect((await findAgentRights(database.db, 'org', 'desk')).tools).toEqual(['shell', 'file']);
    const marked = await watchMarkedAgents(database);
    const rights = await changeSharedAgent(database, ann, 'desk', { tools: ['file', 'browser'] });
    expect(rights).toEqual({ tierId: 'standard', tools: ['browser', 'file'] });
    expect(await marked()).toEqual(['desk']);
    expect((await findAgentRights(database.db, 'org', 'desk')).tools).toEqual(['file']);
    expect(await standings()).toMatchObject({ file: 'tier', shell: 'not_in_agent', browser: 'above_tier' });
    const [event] = await listAuditEvents(database.db, 'org', { action: 'tenant.rights_changed', limit: 1 });
    expect(event?.detail).toEqual({ changes: { tools: { from: null, to: ['browser', 'file'] } } });
    await changeSharedAgent(database, ann, 'desk', { tools: null });
    expect((await findAgentRights(database.db, 'org', 'desk')).tools).toEqual(['shell', 'file']);
  });

  test('can be given another tier, within the quotas', async () => {
    await database.db.insert(quotas).values({ organizationId: 'org', memoryMegabytesPerTenant: 2048 });
    await expect(changeSharedAgent(database, ann, 'desk', { tierId: 'large' })).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    expect(await sharedAgentRights(database, ann, 'desk')).toMatchObject({ tierId: 'standard' });
    await database.db.delete(quotas);
    expect(await changeSharedAgent(database, ann, 'desk', { tierId: 'large' })).toMatchObject({ tierId: 'large' });
    expect((await findAgentRights(database.db, 'org', 'desk')).tools).toEqual(['shell', 'browser', 'file']);
    await expect(changeSharedAgent(database, ann, 'desk', { tierId: 'none' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('is neither a person’s own, nor another organization’s', async () => {
    for (const attempt of [
      () => changeSharedAgent(database, ann, 'ann', { tools: [] }),
      () => sharedAgentRights(database, ann, 'ann'),
      () => changeSharedAgent(database, { ...ann, organizationId: 'other' }, 'desk', { tools: [] }),
      () => sharedAgentRights(database, { ...ann, organizationId: 'other' }, 'desk'),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
