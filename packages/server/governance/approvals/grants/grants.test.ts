import type { AccessKind, GrantMode, TurnEvent } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemActor } from '../../../organization/installation.ts';
import { changePerson, removePerson } from '../../../organization/people/person-writer.ts';
import type { Principal } from '../../../organization/principal.ts';
import { createModelGatewayPorts } from '../../../pool/model-gateway-ports.ts';
import type { Database } from '../../../store/database.ts';
import { employees, grants, tenants, turns } from '../../../store/schema/index.ts';
import { createTestDatabase } from '../../../store/testing.ts';
import { type ApprovalWorld, startApprovalWorld } from '../../../testing/approval-world.ts';
import { watchMarkedAgents } from '../../../testing/marked-agents.ts';
import { startTurnWorld, type TurnWorld } from '../../../testing/turn-world.ts';
import { onceGrantListener, useOnceGrants } from './once-grant.ts';

let database: Database;
let world: ApprovalWorld;
let ports: ReturnType<typeof createModelGatewayPorts>;

beforeEach(async () => {
  database = await createTestDatabase();
  world = await startApprovalWorld(database);
  const names: Record<string, string[]> = { shell: ['exec', 'process'], code_execution: ['exec'], file: ['read'] };
  ports = createModelGatewayPorts({
    ...{ database, models: ['demo/demo'], now: world.now },
    openclawTools: (tools) => ['session_status', ...tools.flatMap((tool) => names[tool] ?? [])],
  });
});
afterEach(() => database.close());

async function grantTo(
  tenant: 'ann' | 'ben',
  mode: GrantMode,
  hours = 1,
  kind: AccessKind = 'tool',
  resource = 'shell',
) {
  const { id } = await world.requests.ask(world[tenant], { kind, resource, reason: 'for the review', hours });
  const { grant } = await world.decisions.approve(world.ada, id, { mode, hours, note: '' });
  if (!grant) throw new Error('nothing was granted');
  return grant;
}
const mayRun = async (tenantId = 'ann') => (await ports.policyFor(tenantId))?.tools.has('exec');
const holding = async () => (await world.grants.list(world.ada, { holding: true })).length;

describe('a grant for a time', () => {
  test('holds from the next model call on, for its agent alone, and not a moment longer, also before anybody ended it', async () => {
    expect(await mayRun()).toBe(false);
    await grantTo('ann', 'until');
    expect(await mayRun()).toBe(true);
    expect(await mayRun('ben')).toBe(false);
    world.pass(0.999);
    expect(await mayRun()).toBe(true);
    world.pass(0.002);
    expect(await mayRun()).toBe(false);
    expect(await holding()).toBe(1);
  });

  test('is ended by the clock once, with a trail, marked files and a word to whoever had it', async () => {
    const { id } = await grantTo('ann', 'until');
    expect(await world.keep()).toBe(15_000);
    world.pass(0.999);
    expect(await world.keep()).toBeLessThanOrEqual(3_600);
    world.pass(0.002);
    const marked = await watchMarkedAgents(database);
    await Promise.all([world.keep(), world.keep(), world.keep()]);
    expect(await marked()).toEqual(['ann']);
    expect(await world.grants.list(world.ada, { holding: false })).toMatchObject([
      { id, endedAt: world.now().toISOString(), endedBecause: 'expired', endedBy: null },
    ]);
    expect((await world.trail()).slice(-2)).toEqual(['grant.created by Ada', 'grant.ended by Clawpool']);
    expect((await world.told()).filter((line) => line.endsWith('is not granted any more'))).toEqual([
      'ann: The tool shell is not granted any more',
    ]);
  });

  test('is taken back at once by whoever may, and only by them', async () => {
    const { id } = await grantTo('ann', 'permanent');
    for (const who of [world.otto, world.rita, world.ben]) {
      await expect(world.grants.revoke(who, id)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await world.grants.list(world.otto, { holding: true })).toEqual([]);
    // What they see as an auditor is more than what they may take back.
    const ottoTheAuditor = { ...world.otto, roles: ['manager', 'auditor'] as const };
    expect(await world.grants.list(ottoTheAuditor, { holding: true })).toHaveLength(1);
    await expect(world.grants.revoke(ottoTheAuditor, id)).rejects.toMatchObject({ code: 'not_found' });
    const may = async (who: Principal) => (await world.grants.list(who, { holding: true })).map((one) => one.mayRevoke);
    expect([await may(ottoTheAuditor), await may(world.mia), await may(world.ada)]).toEqual([[false], [true], [true]]);
    expect(await world.grants.revoke(world.mia, id)).toMatchObject({ endedBecause: 'revoked', endedBy: 'Mia' });
    expect(await mayRun()).toBe(false);
    await expect(world.grants.revoke(world.ada, id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await world.trail()).at(-1)).toBe('grant.ended by Mia');
  });

  test('for good does not end by itself', async () => {
    await grantTo('ann', 'permanent');
    world.pass(24 * 400);
    await world.keep();
    expect(await mayRun()).toBe(true);
  });

  test('goes with the person’s place: without an employee there is nobody who could ask', async () => {
    expect((await ports.policyFor('ann'))?.refusedTools?.get('exec')).toMatchObject({ request: 'portal' });
    await database.db.update(employees).set({ positionId: null }).where(eq(employees.id, 'ann'));
    expect((await ports.policyFor('ann'))?.tools).toEqual(new Set(['session_status']));
  });
});

describe('a grant for good', () => {
  const leave = (positionId: string | null) =>
    database.db.transaction((tx) => changePerson(tx, 'org', systemActor, 'ann', { positionId }));
  const told = async () => (await world.told()).slice(-2);

  test('ends with the position it was for; one for a time does not; the person and their manager are told', async () => {
    const { id } = await grantTo('ann', 'permanent');
    await grantTo('ann', 'until', 8, 'host', 'api.example.com');
    await grantTo('ben', 'permanent');
    await leave(null);
    expect(await holding()).toBe(2);
    expect(await world.grants.list(world.ada, { holding: false })).toContainEqual(
      expect.objectContaining({ id, endedBecause: 'position_changed' }),
    );
    expect(await world.trail()).toContain(`grant.ended by ${systemActor.name}`);
    expect((await told()).sort()).toEqual([
      'ann: The tool shell is not granted any more',
      'mia: ann leaves the position: the tool shell is not granted any more',
    ]);
  });

  test('stays where the person is changed otherwise', async () => {
    await grantTo('ann', 'permanent');
    await database.db.transaction((tx) => changePerson(tx, 'org', systemActor, 'ann', { name: 'Anna' }));
    expect(await holding()).toBe(1);
  });

  test('ends with its person, and what waits for a decision is withdrawn, both in the audit log', async () => {
    await grantTo('ann', 'permanent');
    await world.requests.ask(world.ann, { kind: 'host', resource: 'api.example.com', reason: 'for data', hours: 1 });
    await database.db.transaction((tx) => removePerson(tx, 'org', systemActor, 'ann'));
    expect(await holding()).toBe(0);
    expect(await world.trail()).toEqual(
      expect.arrayContaining([`grant.ended by ${systemActor.name}`, `request.withdrawn by ${systemActor.name}`]),
    );
  });

  test('that an agent left behind when it was deleted is ended by the clock', async () => {
    const { id } = await grantTo('ann', 'permanent');
    await world.requests.ask(world.ann, { kind: 'host', resource: 'api.example.com', reason: 'for data', hours: 1 });
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ann'));
    await world.keep();
    expect(await world.grants.list(world.ada, { holding: false })).toMatchObject([
      { id, endedBecause: 'agent_deleted', endedBy: null },
    ]);
    expect((await world.requests.list(world.ada, { state: 'withdrawn' })).requests).toHaveLength(1);
  });
});

describe('a grant for once', () => {
  let running: TurnWorld;
  beforeEach(async () => {
    running = await startTurnWorld(database, undefined, { listeners: [onceGrantListener] });
  });
  afterEach(() => running.close());

  /** One message of Ann's, during which her agent does what the test says. */
  async function turn(during: (turnId: string) => Promise<unknown>): Promise<string> {
    let failed: unknown = null;
    running.host.answerWith(async function* ({ turnId }): AsyncGenerator<TurnEvent> {
      await during(turnId).catch((error: unknown) => {
        failed = error;
      });
      yield { type: 'delta', text: 'done' };
      yield { type: 'done', text: 'done' };
    });
    const { id } = await running.conversations.start(world.ann, {});
    const sent = await running.conversations.send(world.ann, id, { text: 'go', clientMessageId: crypto.randomUUID() });
    await vi.waitFor(
      async () => {
        const [row] = await database.db.select().from(turns).where(eq(turns.id, sent.turn.id));
        expect(row?.finishedAt).not.toBeNull();
      },
      { timeout: 20_000, interval: 25 },
    );
    if (failed) throw failed;
    return sent.turn.id;
  }
  const runs = (turnId: string) =>
    ports.recordToolCall({ tenantId: 'ann', turnId, tool: 'exec', argumentsText: '{}', grantedOnce: true });
  const onceOf = async () => (await ports.policyFor('ann'))?.onceTools;

  test('is of the first turn that uses it, to that turn’s end', async () => {
    await grantTo('ann', 'once');
    expect(await onceOf()).toEqual(
      new Map([
        ['exec', null],
        ['process', null],
      ]),
    );
    await turn(async () => undefined);
    expect(await mayRun()).toBe(true);

    const used = await turn(async (turnId) => {
      await Promise.all([runs(turnId), runs(turnId)]);
      await runs(turnId);
      expect((await onceOf())?.get('exec')).toBe(turnId);
    });
    expect(await mayRun()).toBe(false);
    expect(await database.db.select().from(grants)).toMatchObject([
      { usedByTurn: used, endedBecause: 'used', endedAt: expect.any(Date) },
    ]);
    expect((await world.trail()).filter((line) => line.startsWith('grant.'))).toEqual([
      ...['grant.created by Ada', 'grant.used by agent-ann', 'grant.ended by Clawpool'],
    ]);
  });

  test('is not good for a call that was allowed while it held and comes when it is over', async () => {
    const { id } = await grantTo('ann', 'once');
    await turn(async (turnId) => {
      await world.grants.revoke(world.ada, id);
      await expect(runs(turnId)).rejects.toThrow('that is over');
    });
    await grantTo('ann', 'permanent');
    await turn(runs);
  });

  test('is one turn’s of two at the same time: the other’s call is not done', async () => {
    await grantTo('ann', 'once');
    const agent = async () => ({ name: 'agent-ann', namesOf: (tools: readonly string[]) => [...tools] });
    const use = (turnId: string) =>
      useOnceGrants(database, { tenantId: 'ann', turnId, tool: 'shell', grantedOnce: true }, agent, world.now());
    const uses = await Promise.allSettled(['turn-1', 'turn-2', 'turn-3'].map(use));
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await world.trail()).filter((line) => line.startsWith('grant.used'))).toHaveLength(1);
  });

  test('holds to its turn’s end also when its day is over meanwhile', async () => {
    await grantTo('ann', 'once');
    await turn(async (turnId) => {
      await runs(turnId);
      world.pass(25);
      await world.keep();
      expect((await onceOf())?.get('exec')).toBe(turnId);
    });
    expect(await holding()).toBe(0);
  });

  test('ends after a day when nobody uses it', async () => {
    await grantTo('ann', 'once');
    world.pass(24.1);
    expect(await mayRun()).toBe(false);
    await world.keep();
    expect(await world.grants.list(world.ada, { holding: false })).toMatchObject([{ endedBecause: 'expired' }]);
  });

  test('is ended by the clock where the end of its turn was missed', async () => {
    await grantTo('ann', 'once');
    await database.db.update(grants).set({ usedByTurn: 'a turn that is gone' });
    await world.keep();
    expect(await database.db.select().from(grants)).toMatchObject([{ endedBecause: 'used' }]);
  });

  test('of a host is of the person’s next message', async () => {
    await grantTo('ann', 'once', 1, 'host', 'api.example.com');
    await database.db.update(grants).set({ createdAt: sql`now() - interval '1 minute'` });
    await turn(async () => undefined);
    expect(await holding()).toBe(0);
  });
});
