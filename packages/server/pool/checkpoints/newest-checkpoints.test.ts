import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { checkpoints } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { type CheckpointQuery, listCheckpoints } from './backup-store.ts';
import { defaultRetention } from './checkpoint.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await insertCheckpoint('a1', 'ann', 1, { backup: true, note: 'before the audit' });
  await insertCheckpoint('a2', 'ann', 2);
  await insertCheckpoint('b1', 'ben', 3, { backup: true });
  await insertCheckpoint('b2', 'ben', 3);
  await insertCheckpoint('g1', 'gone', 0);
});
afterEach(() => database.close());

async function insertCheckpoint(
  id: string,
  tenantId: string,
  minute: number,
  parts: { backup?: boolean; note?: string } = {},
): Promise<void> {
  await database.db.insert(checkpoints).values({
    organizationId: 'org',
    id,
    tenantId,
    tenantName: `agent-${tenantId}`,
    generation: 1,
    filesEpoch: 1,
    cause: 'turn',
    image: 'openclaw-2026.6.35',
    root: 'a'.repeat(64),
    files: 1,
    bytes: 1,
    storedBytes: 1,
    tookMs: 1,
    createdAt: new Date(Date.UTC(2026, 2, 10, 12, minute)),
    ...parts,
  });
}

async function listed(query: Partial<CheckpointQuery>): Promise<{ ids: string[]; next: string | null; total: number }> {
  const page = await listCheckpoints(database.db, 'org', { newest: true, limit: 50, ...query }, defaultRetention);
  return { ids: page.checkpoints.map(({ id }) => id), next: page.next, total: page.total };
}

test('of each tenant the newest is listed, and of two of one moment one', async () => {
  expect(await listed({})).toEqual({ ids: ['b2', 'a2', 'g1'], next: null, total: 3 });
});

test('the newest is the newest that fits', async () => {
  expect((await listed({ backups: true })).ids).toEqual(['b1', 'a1']);
  expect((await listed({ search: 'AUDIT' })).ids).toEqual(['a1']);
  expect((await listed({ orphans: true })).ids).toEqual(['g1']);
});

test('pages go on where the one before ended', async () => {
  const first = await listed({ limit: 2 });
  expect(first).toMatchObject({ ids: ['b2', 'a2'], total: 3 });
  expect((await listed({ limit: 2, before: first.next ?? '' })).ids).toEqual(['g1']);
});
