import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { tiers } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { listTiers } from './tier-store.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
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
