import { and, eq, like, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../store/database.ts';
import { employees, personNotifications, tiers } from '../../../store/schema/index.ts';
import { createTestDatabase } from '../../../store/testing.ts';
import { type ApprovalWorld, shellForAnHour, startApprovalWorld } from '../../../testing/approval-world.ts';
import { watchMarkedAgents } from '../../../testing/marked-agents.ts';
import { listAgentFacts, rightsOf } from '../../tools/tool-facts-store.ts';

let database: Database;
let world: ApprovalWorld;

beforeEach(async () => {
  database = await createTestDatabase();
  world = await startApprovalWorld(database);
  await database.db.update(tiers).set({ toolsCeiling: ['shell', 'file', 'file_write'] });
});
afterEach(() => database.close());

const ask = async (input: Partial<Parameters<ApprovalWorld['requests']['ask']>[1]> = {}) =>
  (await world.requests.ask(world.ann, { ...shellForAnHour, ...input } as never)).id;
const host = { kind: 'host', resource: 'api.example.com', hours: 48 } as const;
const writing = { kind: 'tool', resource: 'file_write', hours: 48 } as const;
const approve = (
  who: keyof ApprovalWorld,
  id: string,
  how: Partial<Parameters<typeof world.decisions.approve>[2]> = {},
) => world.decisions.approve(world[who] as never, id, { mode: 'until', hours: null, note: '', ...how });
const rights = async () => {
  const [facts] = await listAgentFacts(database.db, { tenantId: 'ann' }, world.now());
  if (!facts) throw new Error('Ann has no agent');
  return rightsOf(facts);
};
const mayUseShell = async () => (await rights()).standings.find(({ tool }) => tool === 'shell');

describe('an approval', () => {
  test('by a manager of what is of medium risk grants it: files are marked, the asker is told, all is on record', async () => {
    const marked = await watchMarkedAgents(database);
    const request = await approve('mia', await ask(writing));
    expect(request).toMatchObject({
      ...{ state: 'approved', decidedBy: 'Mia', mayDecide: false },
      grant: {
        mode: 'until',
        expiresAt: '2026-05-03T08:00:00.000Z',
        endedAt: null,
        grantedBy: 'Mia',
        employeeName: 'ann',
      },
    });
    expect((await rights()).tools).toContain('file_write');
    expect(await marked()).toEqual(['ann']);
    expect(await world.trail()).toEqual(['request.created by ann', 'request.approved by Mia', 'grant.created by Mia']);
    expect((await world.told()).at(-1)).toBe('ann: Mia has approved the tool file_write for 2 days');
  });

  test('by a manager of what is of high risk goes on to the admins, who grant it', async () => {
    const id = await ask();
    const how = { mode: 'once', note: 'only for the audit' } as const;
    expect(await approve('mia', id, how)).toMatchObject({
      ...{ state: 'pending', stage: 'admin', agreedBy: 'Mia', grant: null, mayDecide: false },
      // The admin sees what she would grant.
      agreed: { ...how, hours: null },
    });
    const [asked] = await database.db
      .select()
      .from(personNotifications)
      .where(and(eq(personNotifications.userId, 'user-ada'), like(personNotifications.text, '%agreed%')));
    expect(asked?.text).toContain('Mia has agreed, for one message. “only for the audit”');
    expect((await world.told()).slice(1)).toEqual([
      'abe: ann asks for the tool shell',
      'ada: ann asks for the tool shell',
    ]);
    await expect(approve('mia', id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Mia has agreed'),
    });
    expect(await mayUseShell()).toMatchObject({ allowed: false });
    expect(await approve('ada', id)).toMatchObject({ state: 'approved', agreedBy: 'Mia', decidedBy: 'Ada' });
    expect(await mayUseShell()).toMatchObject({ allowed: true, because: 'grant', until: '2026-05-01T09:00:00.000Z' });
    expect(await world.trail()).toEqual([
      ...['request.created by ann', 'request.agreed by Mia', 'request.approved by Ada', 'grant.created by Ada'],
    ]);
  });

  test('of a host goes on to the admins too, however small the risk: the network is the organization’s', async () => {
    const id = await ask(host);
    expect(await approve('mia', id)).toMatchObject({
      state: 'pending',
      stage: 'admin',
      risk: 'medium',
      agreedBy: 'Mia',
    });
    expect((await rights()).hosts).toEqual([]);
    expect(await approve('ada', id)).toMatchObject({ state: 'approved', grant: { grantedBy: 'Ada' } });
    expect((await rights()).hosts).toEqual(['api.example.com']);
  });

  test('by an admin needs no manager', async () => {
    expect(await approve('ada', await ask())).toMatchObject({ state: 'approved', stage: 'manager', decidedBy: 'Ada' });
  });

  test('for good of what was asked for a while counts as what it is: an admin has to agree', async () => {
    expect(await approve('mia', await ask(writing), { mode: 'permanent' })).toMatchObject({
      state: 'pending',
      stage: 'admin',
    });
  });

  test('of high risk for a time lasts a day at most; for good it is an admin’s to say', async () => {
    const id = await ask({ hours: 72 });
    await expect(approve('ada', id)).rejects.toMatchObject({
      code: 'invalid_request',
      hint: expect.stringContaining('24 hours'),
    });
    await expect(approve('ada', id, { hours: 25 })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await approve('ada', id, { mode: 'permanent' })).toMatchObject({
      grant: { mode: 'permanent', expiresAt: null },
    });
  });

  test('for good of somebody who is being moved is refused: it would outlive the move', async () => {
    const id = await ask();
    let approval: Promise<unknown> | undefined;
    await database.db.transaction(async (tx) => {
      await tx.update(employees).set({ positionId: null }).where(eq(employees.id, 'ann'));
      approval = approve('ada', id, { mode: 'permanent' }).catch((error: unknown) => error);
      await expect
        .poll(async () => {
          const { rows } = await database.db.execute(
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows.length;
        })
        .toBe(1);
    });
    expect(await approval).toMatchObject({ code: 'conflict', message: expect.stringContaining('position') });
    expect(await world.grants.list(world.ada, { holding: true })).toEqual([]);
  });

  test('of what the tier does not allow any more is refused', async () => {
    const id = await ask();
    await database.db
      .update(tiers)
      .set({ toolsCeiling: ['file'] })
      .where(eq(tiers.organizationId, 'org'));
    await expect(approve('ada', id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('tier'),
    });
    expect(await world.grants.list(world.ada, { holding: false })).toEqual([]);
  });

  test('of one of two at once wins, and the other hears who decided', async () => {
    const id = await ask();
    const results = await Promise.allSettled([approve('ada', id), approve('abe', id), approve('ada', id)]);
    const [won, ...others] = results.filter(({ status }) => status === 'fulfilled');
    expect(others).toEqual([]);
    const winner = won?.status === 'fulfilled' ? won.value.decidedBy : '';
    for (const result of results) {
      if (result.status === 'rejected') {
        expect(result.reason).toMatchObject({ code: 'conflict', details: { state: 'approved', decidedBy: winner } });
      }
    }
    expect(await world.grants.list(world.ada, { holding: true })).toHaveLength(1);
  });
});

test('a rejection says why to whoever asked, who can ask again', async () => {
  const id = await ask();
  expect(await world.decisions.reject(world.mia, id, 'Ask Ben instead.')).toMatchObject({
    ...{ state: 'rejected', decidedBy: 'Mia', decisionNote: 'Ask Ben instead.', grant: null },
  });
  expect((await world.told()).at(-1)).toBe('ann: Mia has refused the tool shell');
  await expect(approve('ada', id)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('rejected by Mia'),
  });
  expect(await ask()).not.toBe(id);
});

describe('nobody decides', () => {
  test('their own request, whatever they are', async () => {
    const id = await ask();
    const promoted = { ...world.ann, roles: ['admin', 'manager'] as const };
    await expect(world.decisions.approve(promoted, id, { mode: 'once', hours: null, note: '' })).rejects.toMatchObject({
      ...{ code: 'not_allowed', message: 'Nobody decides their own request.' },
    });
    await expect(world.decisions.reject(promoted, id, '')).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test.each(['otto', 'ben', 'rita'] as const)('a request outside of their scope: for %s there is none', async (who) => {
    await expect(approve(who, await ask())).rejects.toMatchObject({ code: 'not_found' });
  });

  test('who only reads, or after it has ended', async () => {
    const id = await ask();
    await expect(approve('auditor', id)).rejects.toMatchObject({ code: 'not_allowed' });
    world.pass(7 * 24 + 1);
    await expect(approve('ada', id)).rejects.toMatchObject({ code: 'conflict' });
  });
});
