import { randomUUID } from 'node:crypto';
import type { AccessPath, Role } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import {
  auditEvents,
  conversations,
  departments,
  employees,
  messages,
  modelCalls,
  tenants,
  turns,
} from '../../store/schema/index.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createSessionMonitor, type SessionMonitor } from './monitor-service.ts';
import type { SessionQuery } from './monitor-store.ts';

let database: Database;
let monitor: SessionMonitor;
let ann: Principal;
let ben: Principal;
let rival: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  const { db } = database;
  ({ ann, ben } = await insertSmallOrganization(database));
  ({ ann: rival } = await insertSmallOrganization(database, 'rival'));
  await db.insert(departments).values([
    { organizationId: 'org', id: 'below', name: 'Below', parentId: 'all' },
    { organizationId: 'org', id: 'side', name: 'Side' },
  ]);
  await db.update(employees).set({ departmentId: 'below' }).where(eq(employees.id, 'ben'));
  await db.insert(tenants).values({ organizationId: 'org', id: 'desk', name: 'help-desk', tierId: 'standard' });
  monitor = createSessionMonitor({ database, scopeOf: (principal) => scopeOf(db, principal) });
});
afterEach(() => database.close());

const as = (who: Principal, ...roles: Role[]): Principal => ({ ...who, roles });
const admin = () => as(ann, 'admin');

async function session(
  id: string,
  {
    who = ann,
    tenantId = who.employeeId ?? '',
    path = 'emp',
    ...set
  }: { who?: Principal; tenantId?: string; path?: AccessPath } & Partial<typeof conversations.$inferInsert> = {},
): Promise<string> {
  const { organizationId, userId, name } = who;
  const caller = { userId, callerKey: `user:${userId}`, callerName: name };
  await database.db
    .insert(conversations)
    .values({ organizationId, id, tenantId, path, title: `Of ${id}`, ...caller, ...set });
  return id;
}

const turn = async (conversationId: string, set: Partial<typeof turns.$inferInsert> = {}) => {
  const id = randomUUID();
  await database.db.insert(turns).values({ organizationId: 'org', id, conversationId, tenantId: 'ann', ...set });
  return id;
};
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

const list = async (principal: Principal, query: Partial<SessionQuery> = {}) => {
  const { sessions, total } = await monitor.list(principal, { state: 'all', limit: 50, offset: 0, ...query });
  expect(total).toBeGreaterThanOrEqual(sessions.length);
  return sessions.map(({ conversation }) => conversation.id).sort();
};

describe('the list of sessions', () => {
  test('has all of the organization for admins and auditors, without the playground unless asked for', async () => {
    await session('a');
    await session('b', { who: ben });
    await session('c', { path: 'cron', userId: null, callerKey: 'schedule:1', callerName: 'Every morning' });
    await session('p', { path: 'pgnd' });
    await session('t', { tenantId: 'desk' });
    await session('r', { who: rival });
    await session('silent', { title: '' });
    for (const role of ['admin', 'auditor'] as const) {
      expect(await list(as(ann, role))).toEqual(['a', 'b', 'c', 't']);
      expect(await list(as(ann, role), { path: 'pgnd' })).toEqual(['p']);
    }
    expect(await list(rival)).toEqual([]);
    expect(await list(as(rival, 'admin'))).toEqual(['r']);
  });

  test('has a manager’s own department and those below, and nothing that is nobody’s in particular', async () => {
    await session('a');
    await session('b', { who: ben });
    await session('c', { who: ben, path: 'cron', userId: null, callerKey: 'schedule:1' });
    await session('team', { tenantId: 'desk', path: 'cron', userId: null, callerKey: 'schedule:2' });
    await session('api', { path: 'api', userId: null, callerKey: 'key:1:x' });
    await session('twin', { path: 'twin', userId: null, callerKey: 'visitor:1:x' });
    expect(await list(as(ann, 'manager'))).toEqual(['a', 'b', 'c']);
    expect(await list(as(ben, 'manager'))).toEqual(['b', 'c']);
    // Who runs the pool does not read what people say to their agents.
    expect(await list(as(ben, 'operator', 'manager'))).toEqual(['b', 'c']);
    expect(await list(as(ann, 'operator'))).toEqual([]);
    expect(await list(as(ann, 'employee'))).toEqual([]);
  });

  test('has what a manager’s people say to shared agents, and nothing of what others say to the same', async () => {
    await session('a', { tenantId: 'desk' });
    await session('b', { who: ben, tenantId: 'desk' });
    // The agent's owner is of the department, who talks to it is not.
    await session('lent', { who: ann, tenantId: 'ben' });
    await database.db.update(employees).set({ departmentId: 'side' }).where(eq(employees.id, 'ann'));
    expect(await list(as(ann, 'manager'))).toEqual(['a', 'lent']);
    expect(await list(as(ben, 'manager'))).toEqual(['b']);
  });

  test('can be asked for what is going on, what is open, over, or taken over', async () => {
    await session('fresh');
    await session('old', { updatedAt: ago(120) });
    await session('working', { updatedAt: ago(120) });
    await turn('working');
    await session('over', { endedAt: ago(1) });
    await session('taken', {
      updatedAt: ago(120),
      takenOverBy: ben.userId,
      takenOverUntil: new Date(Date.now() + 60_000),
    });
    await session('was-taken', { updatedAt: ago(120), takenOverBy: ben.userId, takenOverUntil: ago(1) });
    expect(await list(admin(), { state: 'active' })).toEqual(['fresh', 'working']);
    expect(await list(admin(), { state: 'open' })).toEqual(['fresh', 'old', 'taken', 'was-taken', 'working']);
    expect(await list(admin(), { state: 'ended' })).toEqual(['over']);
    expect(await list(admin(), { state: 'taken_over' })).toEqual(['taken']);
  });

  test('is searched by caller, tenant and title, each character for itself', async () => {
    await session('a', { title: '100% sure' });
    await session('b', { who: ben });
    await session('t', { tenantId: 'desk' });
    expect(await list(admin(), { search: 'BEN' })).toEqual(['b']);
    expect(await list(admin(), { search: 'help-d' })).toEqual(['t']);
    expect(await list(admin(), { search: '0%' })).toEqual(['a']);
    expect(await list(admin(), { search: 'ann sure' })).toEqual(['a']);
    expect(await list(admin(), { search: '_' })).toEqual([]);
  });

  test('comes in pages, the latest first, with how many there are, also of ten thousand', async () => {
    await database.db.execute(sql`
      insert into conversations (organization_id, id, tenant_id, user_id, path, caller_key, title, updated_at)
      select 'org', 'c' || n, 'ann', ${ann.userId}, 'emp', 'user:x', 'Talk', now() - n * interval '1 second'
      from generate_series(1, 10000) n`);
    await database.db.execute(sql`
      insert into turns (organization_id, id, conversation_id, tenant_id, state, finished_at)
      select 'org', 't' || n, 'c' || n, 'ann', 'answered', now() from generate_series(1, 10000) n`);
    const { sessions, total } = await monitor.list(admin(), { state: 'all', limit: 3, offset: 9_000 });
    expect(sessions.map(({ conversation, figures }) => `${conversation.id} ${figures.answered}`)).toEqual([
      ...['c9001 1', 'c9002 1', 'c9003 1'],
    ]);
    expect(total).toBe(10_000);
    const behind = await monitor.list(admin(), { state: 'all', limit: 3, offset: 20_000 });
    expect(behind).toEqual({ sessions: [], total: 10_000 });
  });
});

test('a session’s figures are those of its own turns', async () => {
  await session('a', { createdAt: ago(60) });
  await session('other');
  const begin = ago(30).getTime();
  const at = (ms: number) => new Date(begin + ms);
  const acceptedAt = at(0);
  const answered = (firstMs: number, endMs: number) =>
    turn('a', { acceptedAt, state: 'answered', firstTokenAt: at(firstMs), finishedAt: at(endMs) });
  const ids = [await answered(100, 1_000), await answered(300, 3_000), await answered(200, 2_000)];
  await turn('a', { acceptedAt, state: 'failed', finishedAt: at(9), reason: 'agent_error' });
  await turn('a', { acceptedAt, state: 'stopped', finishedAt: at(9) });
  await turn('a', { acceptedAt: at(5), origin: 'telegram', state: 'thinking' });
  const elsewhere = await turn('other', { state: 'answered', finishedAt: at(9) });
  const call = { organizationId: 'org', provider: 'p', model: 'm', cachedInputTokens: 0, durationMs: 1, attempt: 1 };
  const tokens = { inputTokens: 10, outputTokens: 5, outcome: 'ok' } as const;
  await database.db.insert(modelCalls).values([
    { ...call, ...tokens, tenantId: 'ann', turnId: ids[0] },
    { ...call, ...tokens, tenantId: 'ann', turnId: ids[1] },
    { ...call, ...tokens, tenantId: 'ann', turnId: elsewhere },
    // Another tenant's runtime that names a turn which is not its own.
    { ...call, ...tokens, tenantId: 'ben', turnId: ids[0] },
  ]);
  const refusal = { organizationId: 'org', actorType: 'agent' as const, actorName: 'a', action: 'tool.refused' };
  await database.db.insert(auditEvents).values([
    { ...refusal, actorId: 'ann', outcome: 'refused', detail: { turnId: ids[0] } },
    { ...refusal, actorId: 'ann', outcome: 'refused', detail: { turnId: elsewhere } },
    { ...refusal, actorId: 'ben', outcome: 'refused', detail: { turnId: ids[0] } },
  ]);
  await database.db.insert(messages).values([
    { organizationId: 'org', id: 'h', conversationId: 'a', role: 'human', text: 'hi' },
    { organizationId: 'org', id: 'n', conversationId: 'a', role: 'note', text: 'hi' },
  ]);
  const { session: shown, messages: said, turns: shownTurns } = await monitor.get(admin(), 'a');
  expect(shown.figures).toEqual({
    ...{ turns: 6, answered: 3, failed: 1, stopped: 1, refusedTools: 1, firstTokenMs: 200, answerMs: 2_000 },
    ...{ inputTokens: 20, outputTokens: 10, humanMessages: 1 },
  });
  expect(shown.turn).toEqual({ state: 'thinking', origin: 'telegram', acceptedAt: at(5).toISOString() });
  expect(shown.caller).toEqual({ name: 'ann', employeeId: 'ann', department: 'Everybody' });
  expect(said.map(({ id }) => id).sort()).toEqual(['h', 'n']);
  expect(shownTurns.map(({ state }) => state)).toContain('thinking');
  const { session: quiet } = await monitor.get(admin(), await session('quiet'));
  expect(quiet.turn).toBeNull();
  expect(quiet.figures).toMatchObject({ turns: 0, firstTokenMs: null, answerMs: null, inputTokens: 0 });
});

describe('one session', () => {
  const refused = async (principal: Principal, id: string) => {
    const codes = await Promise.all(
      [monitor.get(principal, id), monitor.open(principal, id)].map((asked) =>
        asked.then(
          () => 'shown',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    return [...new Set(codes)].join();
  };

  test('is unknown outside of the scope, in its transcript and in its events', async () => {
    await session('a');
    await session('team', { tenantId: 'desk' });
    await session('bens', { who: ben, tenantId: 'desk' });
    expect(await refused(as(ben, 'manager'), 'a')).toBe('not_found');
    expect(await refused(as(ben, 'manager'), 'team')).toBe('not_found');
    expect(await refused(as(rival, 'admin'), 'a')).toBe('not_found');
    expect(await refused(as(ann, 'operator'), 'a')).toBe('not_found');
    expect(await refused(admin(), 'nothing')).toBe('not_found');
    expect(await database.db.$count(auditEvents)).toBe(0);
    expect(await refused(as(ann, 'manager'), 'a')).toBe('shown');
    expect(await refused(admin(), 'team')).toBe('shown');
    expect(await refused(as(ann, 'manager'), 'bens')).toBe('shown');
  });

  test('that was read is recorded once per person and hour', async () => {
    await session('a');
    await session('b');
    await Promise.all([monitor.get(admin(), 'a'), monitor.get(admin(), 'a'), monitor.open(admin(), 'a')]);
    await monitor.get(as(ben, 'auditor'), 'a');
    await monitor.get(admin(), 'b');
    const events = await database.db.select().from(auditEvents);
    expect(events.map(({ action, actorName, targetId }) => `${actorName} ${action} ${targetId}`).sort()).toEqual([
      ...['ann session.viewed a', 'ann session.viewed b', 'ben session.viewed a'],
    ]);
    await database.db.insert(conversations).values({
      ...{ organizationId: 'org', id: 'c', tenantId: 'ann', path: 'emp', callerKey: 'user:x', title: 'Of c' },
    });
    const { id: _, at: __, ...old } = events[0] as (typeof events)[number];
    await database.db.insert(auditEvents).values({ ...old, actorId: ann.userId, targetId: 'c', at: ago(61) });
    await monitor.get(admin(), 'c');
    expect(await database.db.$count(auditEvents, eq(auditEvents.targetId, 'c'))).toBe(2);
  });
});
