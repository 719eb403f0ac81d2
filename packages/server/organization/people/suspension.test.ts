import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptMessage } from '../../conversations/accept.ts';
import { type Caller, openConversation } from '../../conversations/open-conversation.ts';
import { lockDueSchedule, nextDueAt } from '../../conversations/schedules/schedule-store.ts';
import type { Database } from '../../store/database.ts';
import { employees, schedules, sessions, tenants, twins } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertStaffedOrganization } from '../../testing/staffed-organization.ts';
import { findOpenTwin } from '../../twins/twin-store.ts';
import type { Principal } from '../principal.ts';
import { changeEmployee } from './people-service.ts';

const due = new Date('2026-01-01T00:00:00Z');

let database: Database;
let ann: Principal;
let ben: Principal;
let ada: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben, ada } = await insertStaffedOrganization(database));
});
afterEach(() => database.close());

const suspend = (active = false) => changeEmployee(database, ada, 'ann', { active });

describe('while somebody is suspended', () => {
  const send = (tenantId: string, principal: Principal, path: Caller['path'] = 'emp') =>
    database.db.transaction(async (tx) => {
      const { userId, name } = principal;
      const caller = { organizationId: 'org', tenantId, path, callerKey: `user:${userId}`, callerName: name, userId };
      const { id } = await openConversation(tx, caller);
      const said = { text: 'hello', channelMessageId: `${tenantId}-${userId}`, at: new Date() };
      const how = { origin: 'portal' as const, verification: 'signed_in' as const };
      return acceptMessage(tx, { organizationId: 'org', conversationId: id, ...how, ...said });
    });

  test('their agent takes messages of nobody, nor does anybody’s take theirs; the others’ do', async () => {
    await suspend();
    await database.db.insert(tenants).values({ organizationId: 'org', id: 'team', name: 'team', tierId: 'standard' });
    await expect(send('ann', ann)).rejects.toMatchObject({ code: 'not_allowed', hint: expect.any(String) });
    await expect(send('ann', ada, 'pgnd')).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(send('team', ann)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await send('team', ben)).toMatchObject({ known: false });
    await suspend(true);
    expect(await send('ann', ann)).toMatchObject({ known: false });
  });

  test('their schedules wait, and are due again afterwards', async () => {
    await database.db.insert(schedules).values({
      ...{ organizationId: 'org', id: 'daily', tenantId: 'ann', name: 'Daily', prompt: 'Say', missedRuns: 'skip' },
      ...{ timing: {} as never, deliverTo: 'portal', createdByType: 'person', createdByName: 'ann', nextRunAt: due },
    });
    const next = () => database.db.transaction((tx) => lockDueSchedule(tx, new Date(), []));
    await suspend();
    expect(await next()).toBeNull();
    expect(await nextDueAt(database.db, [])).toBeNull();
    await suspend(true);
    expect(await next()).toMatchObject({ id: 'daily' });
  });

  test('their public twin is not found', async () => {
    await database.db.insert(tenants).values({ organizationId: 'org', id: 'tw', name: 'tw', tierId: 'standard' });
    await database.db
      .insert(twins)
      .values({ organizationId: 'org', employeeId: 'ann', tenantId: 'tw', token: 'open', active: true });
    expect(await findOpenTwin(database.db, 'open')).toMatchObject({ name: 'ann' });
    await suspend();
    expect(await findOpenTwin(database.db, 'open')).toBeNull();
  });
});

test('who is let in again signs in anew', async () => {
  const session = { id: 's', userId: ann.userId, token: 't', updatedAt: new Date() };
  await database.db.insert(sessions).values({ ...session, expiresAt: new Date('2099-01-01') });
  await suspend();
  await suspend(true);
  expect(await database.db.$count(sessions)).toBe(0);
});

test('a public twin of somebody without a position is found', async () => {
  await database.db.update(employees).set({ positionId: null }).where(eq(employees.id, 'ann'));
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'tw', name: 'tw', tierId: 'standard' });
  await database.db
    .insert(twins)
    .values({ organizationId: 'org', employeeId: 'ann', tenantId: 'tw', token: 'open', active: true });
  expect(await findOpenTwin(database.db, 'open')).toMatchObject({ name: 'ann', position: '' });
});
