import { randomUUID } from 'node:crypto';
import { backpressure, type Resolution } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { conversations, employees, tenants, turns } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { ownTenants, startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';
import { NothingToRetry } from './conversation-service.ts';
import type { Router } from './routing/router.ts';

let database: Database;
let ann: Principal;
let ben: Principal;
let ada: Principal;
let world: TurnWorld;
/** Who answers an employee; their own agent unless it is in here. */
let routed: Map<string, string | null>;

const router: Router = {
  ...ownTenants,
  resolve: async (question): Promise<Resolution> => {
    const resolution = await ownTenants.resolve(question);
    const id = routed.get(question.employeeId);
    if (id === undefined) return resolution;
    return { ...resolution, tenant: id === null ? null : { id, name: id, state: 'hibernated', team: true } };
  },
};

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
  ada = { ...ben, roles: ['employee', 'admin'] };
  routed = new Map();
  world = await startTurnWorld(database, undefined, { router });
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const send = (principal: Principal, conversationId: string, text = 'hello') =>
  world.conversations.send(principal, conversationId, { text, clientMessageId: randomUUID() });

const turnRow = async (id: string) => (await database.db.select().from(turns).where(eq(turns.id, id)))[0];

async function failedTurn(principal: Principal, conversationId: string): Promise<string> {
  world.host.answerWith(async function* () {
    yield { type: 'failed', reason: 'agent_error', message: 'It broke.', retry: false };
  });
  const { turn } = await send(principal, conversationId);
  await expect.poll(async () => (await turnRow(turn.id))?.state).toBe('failed');
  return turn.id;
}

describe('the playground', () => {
  const tryOut = (principal: Principal) => world.conversations.start(principal, { employeeId: 'ann' });

  test('is for admins: neither colleagues nor those who run the pool try somebody’s agent out', async () => {
    expect(await tryOut(ada)).toMatchObject({ tenantId: 'ann', path: 'pgnd' });
    for (const roles of [['employee'], ['employee', 'manager'], ['operator'], ['auditor']] as const) {
      await expect(tryOut({ ...ben, roles })).rejects.toMatchObject({ code: 'not_allowed' });
    }
  });

  test('ends for somebody who is no admin any more: nothing is sent, tried again or uploaded', async () => {
    const { id } = await tryOut(ada);
    const turnId = await failedTurn(ada, id);
    for (const former of [ben, { ...ben, roles: ['operator' as const] }]) {
      const refused = { code: 'not_allowed', hint: expect.stringContaining('admin') };
      await expect(send(former, id)).rejects.toMatchObject(refused);
      await expect(world.conversations.retry(former, id, turnId)).rejects.toMatchObject(refused);
      await expect(world.conversations.ownToGoOn(former, id)).rejects.toMatchObject(refused);
    }
    expect(await turnRow(turnId)).toMatchObject({ state: 'failed' });
    expect(await world.conversations.ownToGoOn(ada, id)).toMatchObject({ id });
  });

  test('tests the agent that answers the employee, and says so when there is none', async () => {
    await database.db.insert(tenants).values({ organizationId: 'org', id: 'team', name: 'team', tierId: 'standard' });
    routed.set('ann', 'team');
    expect(await tryOut(ada)).toMatchObject({ tenantId: 'team', path: 'pgnd' });
    routed.set('ann', null);
    await expect(tryOut(ada)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('No agent'),
    });
  });
});

describe('a turn is tried again', () => {
  const retry = (principal: Principal, conversationId: string, turnId: string) =>
    world.conversations.retry(principal, conversationId, turnId);

  async function failed() {
    const { id } = await world.conversations.start(ann, {});
    return { id, turnId: await failedTurn(ann, id) };
  }

  test('and is answered, also when a stop came while it failed', async () => {
    const { id, turnId } = await failed();
    await database.db.update(turns).set({ stopRequestedAt: new Date() });
    world.host.answerWith(async function* () {
      yield { type: 'done', text: 'here' };
    });
    await retry(ann, id, turnId);
    await expect.poll(async () => (await turnRow(turnId))?.state).toBe('answered');
  });

  test('not while it runs, nor once it is answered', async () => {
    const { id, turnId } = await failed();
    world.host.answerWith(async function* () {
      yield { type: 'done', text: 'here' };
    });
    await retry(ann, id, turnId);
    await expect.poll(async () => (await turnRow(turnId))?.state).toBe('answered');
    await expect(retry(ann, id, turnId)).rejects.toBeInstanceOf(NothingToRetry);
  });

  test('not in a conversation that has ended, where nothing is uploaded either', async () => {
    const { id, turnId } = await failed();
    await database.db.update(conversations).set({ endedAt: new Date() });
    const refused = { code: 'conflict', message: expect.stringContaining('ended') };
    await expect(retry(ann, id, turnId)).rejects.toMatchObject(refused);
    await expect(world.conversations.ownToGoOn(ann, id)).rejects.toMatchObject(refused);
  });

  test('not with an agent that answers the person no longer, nor by somebody who is no employee any more', async () => {
    const { id, turnId } = await failed();
    routed.set('ann', 'ben');
    await expect(retry(ann, id, turnId)).rejects.toMatchObject({ code: 'conflict' });
    routed.clear();
    await expect(retry({ ...ann, employeeId: null }, id, turnId)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('not while the agent’s owner is suspended', async () => {
    const { id, turnId } = await failed();
    await database.db.update(employees).set({ active: false }).where(eq(employees.id, 'ann'));
    await expect(retry(ann, id, turnId)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await turnRow(turnId)).toMatchObject({ state: 'failed' });
  });

  test('not while too much waits for the agent, unless it is what waits', async () => {
    const { id, turnId } = await failed();
    await world.close();
    const other = await world.conversations.start(ann, {});
    const waiting = [];
    for (let n = 0; n < backpressure.perTenant; n++) waiting.push((await send(ann, other.id, `${n}`)).turn.id);
    await expect(retry(ann, id, turnId)).rejects.toMatchObject({ code: 'too_many_requests' });
    const [first = ''] = waiting;
    await database.db
      .update(turns)
      .set({ state: 'blocked', retryAt: new Date('2099-01-01') })
      .where(eq(turns.id, first));
    expect(await retry(ann, other.id, first)).toMatchObject({ state: 'queued', retryAt: null });
    world = await startTurnWorld(database, undefined, { router });
  });
});
