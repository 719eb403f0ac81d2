import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import {
  auditEvents,
  channelAccounts,
  drifts,
  inbox,
  operations,
  outbox,
  tenants,
  webhookDeliveries,
  webhooks,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { absorbJump, jumpBetween, readClocks } from './clock.ts';
import { insertOpenOperation } from './testing.ts';

describe('a jump', () => {
  test.each([
    ['clocks that agree', { wall: 65_000, steady: 60_000 }, 0],
    ['a time server’s small step', { wall: 90_000, steady: 60_000 }, 0],
    ['set forward', { wall: 3_660_000, steady: 60_000 }, 3_600_000],
    ['set back', { wall: -3_540_000, steady: 60_000 }, -3_600_000],
    ['a machine that slept, during which its own clock stood still', { wall: 605_000, steady: 5_000 }, 600_000],
  ])('%s', (_, now, jump) => {
    expect(jumpBetween({ wall: 0, steady: 0 }, now)).toBe(jump);
  });
});

describe('after a jump', () => {
  let database: Database;
  beforeEach(async () => {
    database = await createTestDatabase();
    await insertSmallOrganization(database);
  });
  afterEach(() => database.close());
  const find = async (id: string) => (await database.db.select().from(operations).where(eq(operations.id, id)))[0];

  test('open operations have as much time left as before, and what is over stays as it was', async () => {
    const at = new Date('2026-03-10T12:00:00Z');
    const open = await insertOpenOperation(database, 'ann', { deadlineAt: at, leaseExpiresAt: at, leaseOwner: 'me' });
    const over = await insertOpenOperation(database, 'ben', { state: 'succeeded', finishedAt: at, deadlineAt: at });
    const drift = await absorbJump(database, 3_600_000);
    const later = new Date('2026-03-10T13:00:00Z');
    expect(await find(open)).toMatchObject({ deadlineAt: later, leaseExpiresAt: later });
    expect((await find(over))?.deadlineAt).toEqual(at);
    expect(drift).toMatchObject({
      kind: 'clock_jump',
      action: 'noted',
      detail: expect.stringContaining('forward by 3600 s'),
    });
    expect(await database.db.select().from(auditEvents)).toMatchObject([
      { action: 'pool.clock_jumped', detail: { seconds: 3_600 } },
    ]);
  });

  test('messages of platforms and webhooks’ events wait as long as before, also those that are leased', async () => {
    const [at, later] = [new Date('2026-03-10T12:00:00Z'), new Date('2026-03-10T13:00:00Z')];
    const { db } = database;
    await db.insert(channelAccounts).values({
      ...{ organizationId: 'org', id: 'bot', channel: 'telegram', name: 'Bot', accountName: 'bot', mode: 'polling' },
      ...{ settings: {} as never, sealedSecret: '', sealedWebhookSecret: '' },
    });
    await db
      .insert(webhooks)
      .values({ organizationId: 'org', id: 'hook', url: 'https://a.example', events: [], sealedSecret: '' });
    const times = { retryAt: at, leaseOwner: 'me', leaseExpiresAt: at };
    const chat = { organizationId: 'org', accountId: 'bot', chatId: '77', failingSince: at };
    const inbound = { platformMessageId: '1', sequence: 1, message: {} as never };
    await db.insert(inbox).values({ ...times, ...chat, id: 'in', ...inbound });
    const outbound = { kind: 'note' as const, dedupeKey: 'n', content: {} as never };
    await db.insert(outbox).values({ ...times, ...chat, id: 'out', ...outbound });
    await db.insert(webhookDeliveries).values({
      ...{ ...times, organizationId: 'org', id: 'event', webhookId: 'hook', event: 'schedule.ran', payload: {} },
    });
    await absorbJump(database, 3_600_000);
    const moved = { retryAt: later, leaseExpiresAt: later };
    expect(await db.select().from(inbox)).toMatchObject([{ ...moved, failingSince: later }]);
    expect(await db.select().from(outbox)).toMatchObject([{ ...moved, failingSince: later }]);
    expect(await db.select().from(webhookDeliveries)).toMatchObject([moved]);
  });

  test('of two processes that see it, one moves the times', async () => {
    const open = await insertOpenOperation(database, 'ann', { deadlineAt: new Date('2026-03-10T12:00:00Z') });
    await Promise.all([absorbJump(database, -600_000), absorbJump(database, -600_000)]);
    expect((await find(open))?.deadlineAt).toEqual(new Date('2026-03-10T11:50:00Z'));
    expect(await database.db.select().from(drifts)).toHaveLength(1);
  });

  test('a pause after a failed start is as long as it was', async () => {
    await database.db.update(tenants).set({ retryAt: new Date('2026-03-10T12:00:00Z') });
    await absorbJump(database, -60_000);
    const [row] = await database.db.select().from(tenants);
    expect(row?.retryAt).toEqual(new Date('2026-03-10T11:59:00Z'));
  });

  test('the clock that is watched is the database’s, which deadlines are counted with', async () => {
    const first = await readClocks(database, () => 1_000);
    const second = await readClocks(database, () => 2_000);
    expect(Math.abs(first.wall - Date.now())).toBeLessThan(60_000);
    expect(second).toMatchObject({ steady: 2_000 });
    expect(second.wall).toBeGreaterThanOrEqual(first.wall);
  });
});
