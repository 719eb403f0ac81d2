import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { auditEvents, tiers } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import type { Principal } from './principal.ts';
import { changeTier, listTiers } from './tier-store.ts';

let database: Database;
let ann: Principal;
beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  await insertSmallOrganization(database, 'other');
});
afterEach(() => database.close());

test('tiers are listed by name, those of the organization only, with cores as people count them', async () => {
  await database.db.insert(tiers).values({
    organizationId: 'org',
    id: 'big',
    name: 'Big',
    image: 'openclaw-2026.3.24',
    memoryMegabytes: 4096,
    cpuMillis: 2500,
    pids: 128,
    diskMegabytes: 8192,
    toolsCeiling: [],
    idleMinutes: 60,
    alwaysOn: true,
  });
  const found = await listTiers(database.db, 'org');
  expect(found.map(({ id, name, image, cpus, alwaysOn }) => ({ id, name, image, cpus, alwaysOn }))).toEqual([
    { id: 'big', name: 'Big', image: 'openclaw-2026.3.24', cpus: 2.5, alwaysOn: true },
    { id: 'standard', name: 'Standard', image: null, cpus: 1, alwaysOn: false },
  ]);
});

test('a tier is changed in what is named, only in its own organization, and the change is recorded', async () => {
  const changed = await changeTier(database, ann, 'standard', { fastPath: true, heartbeatMinutes: 5 });
  expect(changed).toMatchObject({ fastPath: true, heartbeatMinutes: 5, idleMinutes: 15, alwaysOn: false });
  expect((await listTiers(database.db, 'other'))[0]).toMatchObject({ fastPath: false });
  expect(await database.db.select({ action: auditEvents.action }).from(auditEvents)).toEqual([
    { action: 'tier.changed' },
  ]);
  await expect(changeTier(database, ann, 'nothing', {})).rejects.toMatchObject({ code: 'not_found' });
});
