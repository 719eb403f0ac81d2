import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { conversations, messages, tenants, turns } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { type ClaimedTurn, claimNextTurn } from './turn-store.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

const claim = (perTenant = 4) => claimNextTurn(database.db, { owner: 'me', leaseMs: 60_000, perTenant });

/** Claims as often as there is something, at most `most` times. Whose turns they are, in order. */
async function claimed(most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const found: string[] = [];
  for (let turn: ClaimedTurn | null; found.length < most; found.push(turn.tenantId)) {
    turn = await claim();
    if (!turn) break;
  }
  return found;
}

async function tenant(id: string, organizationId = 'org'): Promise<string> {
  await database.db.insert(tenants).values({ organizationId, id, name: id, tierId: 'standard' });
  return id;
}

/** A message that waits for its agent, in a session of its own unless told otherwise. */
async function wait(tenantId: string, id: string, { organizationId = 'org', session = id } = {}): Promise<string> {
  const { db } = database;
  const conversation = { organizationId, id: session, tenantId, path: 'api' as const, callerKey: session };
  await db.insert(conversations).values(conversation).onConflictDoNothing();
  await db.insert(turns).values({ organizationId, id, conversationId: session, tenantId });
  const said = { organizationId, id: `message-${id}`, conversationId: session, turnId: id, text: 'Hello' };
  await db.insert(messages).values({ ...said, role: 'person' });
  return id;
}

async function flood(tenantIds: readonly string[], organizationId = 'org'): Promise<void> {
  for (let n = 0; n < 20; n++) for (const id of tenantIds) await wait(id, `${id}-${n}`, { organizationId });
}

const end = (turnId: string) =>
  database.db
    .update(turns)
    .set({ state: 'answered', finishedAt: new Date(), leaseOwner: null, leaseExpiresAt: null })
    .where(eq(turns.id, turnId));

describe('an agent that is asked a lot at once', () => {
  const busy = ['busy-1', 'busy-2', 'busy-3', 'busy-4'];
  beforeEach(async () => {
    for (const id of busy) await tenant(id);
    await flood(busy);
  });

  test('works on a few messages and leaves room for others: of four such agents none holds up a person', async () => {
    const running = await claimed();
    expect(running.toSorted()).toEqual(busy.flatMap((id) => [id, id, id, id]));
    await wait('ann', 'of-a-person');
    expect(await claimed()).toEqual(['ann']);
  });

  test('has the next one of its own when one is over, the oldest first', async () => {
    await claimed();
    await end('busy-2-0');
    expect(await claim()).toMatchObject({ id: 'busy-2-4' });
    expect(await claim()).toBeNull();
  });

  test('comes after whoever has less, where places are few', async () => {
    expect(await claimed(6)).toEqual(['busy-1', 'busy-2', 'busy-3', 'busy-4', 'busy-1', 'busy-2']);
    await wait('ann', 'of-a-person');
    expect(await claimed(3)).toEqual(['ann', 'busy-3', 'busy-4']);
  });

  test('has what is only to be stopped ended at once', async () => {
    await claimed();
    await database.db.update(turns).set({ stopRequestedAt: new Date() }).where(eq(turns.id, 'busy-3-17'));
    expect(await claim()).toMatchObject({ id: 'busy-3-17', stopRequested: true });
    expect(await claim()).toBeNull();
  });

  test('has the places back of a process that is gone', async () => {
    await claimed();
    await database.db
      .update(turns)
      .set({ leaseExpiresAt: new Date(0) })
      .where(eq(turns.id, 'busy-1-0'));
    expect(await claim()).toMatchObject({ id: 'busy-1-0', fence: 2 });
    expect(await claim()).toBeNull();
  });
});

test('an organization with many busy agents does not hold up another one', async () => {
  const { ann } = await insertSmallOrganization(database, 'rivals');
  const agents = Array.from({ length: 8 }, (_, index) => `agent-${index}`);
  for (const id of agents) await tenant(id);
  await flood(agents);
  expect(new Set(await claimed(8)).size).toBe(8);
  const theirs = ann.employeeId ?? '';
  for (let n = 0; n < 3; n++) await wait(theirs, `theirs-${n}`, { organizationId: 'rivals' });
  expect(await claimed(4)).toEqual([theirs, theirs, theirs, 'agent-0']);
});

test('turns of one session are claimed in their order, one at a time, whatever else there is room for', async () => {
  await wait('ann', 'first', { session: 'one' });
  await wait('ann', 'second', { session: 'one' });
  await wait('ann', 'other');
  expect([(await claim())?.id, (await claim())?.id, await claim()]).toEqual(['first', 'other', null]);
  await end('first');
  expect((await claim())?.id).toBe('second');
});

test('processes that claim side by side get different turns', async () => {
  for (let n = 0; n < 8; n++) await wait(n % 2 === 0 ? 'ann' : 'ben', `turn-${n}`);
  const found = await Promise.all(Array.from({ length: 8 }, () => claim(8)));
  const ids = found.flatMap((turn) => (turn ? [turn.id] : []));
  // Whoever met another at the same turn goes away without one, and looks again.
  expect(new Set(ids).size).toBe(ids.length);
  for (let turn = await claim(8); turn; turn = await claim(8)) ids.push(turn.id);
  expect(ids.toSorted()).toEqual(Array.from({ length: 8 }, (_, n) => `turn-${n}`));
});
