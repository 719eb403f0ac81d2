import type { AuditEvent } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { openConversation } from '../conversations/open-conversation.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { assistants, conversations, tenants, tiers } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';

let database: Database;
let world: TurnWorld;
let ann: Principal;
let ben: Principal;
let admin: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
  admin = { ...ann, roles: ['employee', 'admin'] };
  world = await startTurnWorld(database);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const start = (who: Principal) => world.conversations.start(who, { tenantId: 'assistant' });
const say = (who: Principal, id: string) =>
  world.conversations.send(who, id, { text: 'How are we?', clientMessageId: crypto.randomUUID() });
const assistantTenants = () =>
  database.db
    .select({ id: tenants.id, name: tenants.name, tierId: tenants.tierId, employeeId: tenants.employeeId })
    .from(assistants)
    .innerJoin(tenants, eq(tenants.id, assistants.tenantId));

describe('the admin assistant', () => {
  test('is the last one an admin may talk to, and nobody else may', async () => {
    expect(await world.conversations.agents(admin)).toEqual([
      { tenantId: 'ann', name: 'agent-ann', team: false },
      { tenantId: 'assistant', name: 'Admin assistant', team: false },
    ]);
    expect(await world.conversations.agents({ ...admin, employeeId: null })).toHaveLength(1);
    for (const roles of [['employee'], ['manager'], ['auditor'], ['operator']] as const) {
      expect(JSON.stringify(await world.conversations.agents({ ...ben, roles }))).not.toContain('assistant');
      await expect(start({ ...ben, roles })).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await assistantTenants()).toEqual([]);
  });

  test('is made with the first conversation: nobody’s, of the smallest tier, and once when two ask', async () => {
    const [standard] = await database.db.select().from(tiers);
    if (!standard) expect.unreachable();
    await database.db.insert(tiers).values({ ...standard, id: 'small', name: 'Small', memoryMegabytes: 512 });
    const [one, other] = await Promise.all([start(admin), start({ ...ben, roles: ['admin'] })]);
    const [made, ...more] = await assistantTenants();
    expect([made, more]).toEqual([{ id: one.tenantId, name: 'assistant', tierId: 'small', employeeId: null }, []]);
    expect(other).toMatchObject({ tenantId: one.tenantId, path: 'admin' });
    expect(other.id).not.toBe(one.id);
    const actions = (await listAuditEvents(database.db, 'org', { limit: 50 })).map(({ action }: AuditEvent) => action);
    expect(actions.filter((action) => action === 'assistant.created')).toHaveLength(1);
    expect(actions.filter((action) => action === 'conversation.started')).toHaveLength(2);
    expect((await start(admin)).tenantId).toBe(one.tenantId);
    const byId = await world.conversations.start(admin, { tenantId: one.tenantId });
    expect(byId).toMatchObject({ tenantId: one.tenantId, path: 'admin' });
  });

  test('has another name when a tenant has that one, and a new tenant when its own was deleted', async () => {
    await database.db
      .insert(tenants)
      .values({ organizationId: 'org', id: 'other', name: 'assistant', tierId: 'standard' });
    const first = await start(admin);
    expect(await assistantTenants()).toMatchObject([{ name: expect.stringMatching(/^assistant-\w{6}$/u) }]);
    await expect
      .poll(async () => (await database.db.select().from(tenants).where(eq(tenants.id, first.tenantId)))[0]?.state)
      .toBe('hibernated');
    await database.db
      .update(tenants)
      .set({ state: 'deleted', deletedAt: new Date() })
      .where(eq(tenants.id, first.tenantId));
    const second = await start(admin);
    expect(second.tenantId).not.toBe(first.tenantId);
    expect(await assistantTenants()).toHaveLength(1);
  });

  test('answers an admin, by the path that says so', async () => {
    const { id, tenantId } = await start(admin);
    const { turn } = await say(admin, id);
    await world.until(
      id,
      (event) => event.type === 'turn' && event.turn.id === turn.id && event.turn.state === 'answered',
    );
    const [row] = await database.db.select().from(conversations).where(eq(conversations.id, id));
    expect(row).toMatchObject({ path: 'admin', callerKey: 'user:user-ann', callerName: 'ann', userId: 'user-ann' });
    const asked = world.host.turns.find((one) => one.tenantId === tenantId);
    expect(asked).toMatchObject({
      session: `admin__${tenantId}__${id}`,
      context: { path: 'admin', caller: expect.stringContaining('ann, an administrator') },
    });
  });

  test('takes nothing more from somebody who is no admin any more, and nothing from another admin', async () => {
    const { id } = await start(admin);
    const { turn } = await say(admin, id);
    await expect(say(ann, id)).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(world.conversations.retry(ann, id, turn.id)).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(say({ ...ben, roles: ['admin'] }, id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each(['emp', 'cron', 'api', 'twin', 'pgnd'] as const)('is not reached on the path %s', async (path) => {
    const { tenantId } = await start(admin);
    const caller = {
      organizationId: 'org',
      tenantId,
      path,
      callerKey: 'user:user-ben',
      callerName: 'ben',
      userId: null,
    };
    await expect(database.db.transaction((tx) => openConversation(tx, caller))).rejects.toMatchObject({
      code: 'not_allowed',
    });
  });
});
