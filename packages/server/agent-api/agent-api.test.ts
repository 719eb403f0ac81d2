import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptMessage } from '../conversations/accept.ts';
import { openConversation } from '../conversations/open-conversation.ts';
import type { Database } from '../store/database.ts';
import { accessRequests, auditEvents, organizations, schedules, tenants, twins } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { type AgentPipes, callTool as call, createAgentPipes } from '../testing/agent-pipes.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createAgentApi } from './agent-api.ts';

let database: Database;
let pipes: AgentPipes;
let errors: unknown[];
let clock: Date;
let noted: string[][];
/** Turns that runtimes work on, by tenant. */
let running: Map<string, string[]>;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db.update(organizations).set({ timezone: 'Europe/Berlin' });
  pipes = createAgentPipes();
  errors = [];
  noted = [];
  running = new Map();
  clock = new Date('2026-03-10T08:00:00Z');
});
afterEach(async () => {
  await pipes.close();
  await database.close();
});

const newApi = () =>
  createAgentApi({
    ...{ database, accepts: pipes.accepts, onError: (error) => errors.push(error), now: () => clock },
    runningTurns: (tenantId) => running.get(tenantId) ?? [],
    memory: {
      remember: async ({ tenantId, timezone }, text) => {
        noted.push([tenantId, timezone, text]);
        return { path: 'memory/2026-03-10.md' };
      },
      recall: async ({ tenantId }) => [{ path: 'memory/2026-03-09.md', text: `Of ${tenantId}.` }],
    },
  });

const pipeOf = (tenantId: string, api = newApi()) => pipes.pipeOf(tenantId, api);

const connect = async (tenantId: string, url?: string, token?: string) =>
  pipes.connect(tenantId, url ?? (await pipeOf(tenantId)), token);

const daily = { name: 'Daily', prompt: 'What is new?', timing: { kind: 'cron', expression: '0 9 * * *' } };
const rows = () => database.db.select().from(schedules);

describe('an agent', () => {
  test('finds its tools, and what time it is where it works', async () => {
    const { tools } = await (await connect('ann')).listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      ...[
        'schedule_create',
        'schedule_list',
        'schedule_delete',
        'remember',
        'recall',
        'access_request',
        'access_status',
      ],
    ]);
    expect(tools[0]?.description).toContain('Tuesday 2026-03-10 09:00 GMT+1, in Europe/Berlin');
    expect(tools[0]?.inputSchema).toMatchObject({ required: ['name', 'prompt', 'timing'] });
  });

  test('makes a schedule, sees it and deletes it', async () => {
    const client = await connect('ann');
    const made = JSON.parse((await call(client, 'schedule_create', daily)).text).made;
    expect(made).toMatchObject({
      ...{ name: 'Daily', next: 'Wednesday 2026-03-11 09:00 GMT+1', missedRuns: 'once', deliverTo: 'preferred' },
      timing: { kind: 'cron', expression: '0 9 * * *', timezone: 'Europe/Berlin' },
    });
    expect(await rows()).toMatchObject([
      { tenantId: 'ann', createdByType: 'agent', createdByName: 'agent-ann', enabled: true },
    ]);
    expect(JSON.parse((await call(client, 'schedule_list')).text).schedules).toEqual([{ ...made, lastRun: null }]);

    expect(await call(client, 'schedule_delete', { id: made.id })).toMatchObject({ failed: false });
    expect(await rows()).toEqual([]);
    const audited = await database.db.select().from(auditEvents);
    expect(audited.map(({ action, actorType, actorId }) => `${action} by ${actorType} ${actorId}`)).toEqual([
      'schedule.created by agent ann',
      'schedule.deleted by agent ann',
    ]);
  });

  test.each([
    ['2026-03-29T09:00', '2026-03-29T07:00:00.000Z'],
    ['2026-03-10 09:30', '2026-03-10T08:30:00.000Z'],
    ['2026-03-29T09:00:00+09:00', '2026-03-29T00:00:00.000Z'],
  ])('says a time once as %s', async (at, moment) => {
    await call(await connect('ann'), 'schedule_create', { ...daily, timing: { kind: 'at', at } });
    expect((await rows()).map(({ nextRunAt }) => nextRunAt?.toISOString())).toEqual([moment]);
  });

  test.each([
    [{ kind: 'at', at: 'tomorrow' }, /no date and time.*2026-05-01T09:00/],
    [{ kind: 'at', at: '2026-03-10T08:30' }, /in the past/],
    [{ kind: 'cron', expression: '0 0 9 * * *' }, /five fields/],
    [{ kind: 'cron', expression: '0 9 * * *', timezone: 'Berlin' }, /no time zone.*Europe\/Berlin/],
    [{ kind: 'rate', everyMinutes: 0 }, /everyMinutes/],
  ])('is told what is wrong with %j', async (timing, message) => {
    expect(await call(await connect('ann'), 'schedule_create', { ...daily, timing })).toEqual({
      failed: true,
      text: expect.stringMatching(message),
    });
    expect(errors).toEqual([]);
  });

  test('has nothing to do with another’s schedules', async () => {
    await call(await connect('ann'), 'schedule_create', daily);
    const [{ id } = { id: '' }] = await rows();
    const ben = await connect('ben');
    expect(JSON.parse((await call(ben, 'schedule_list')).text)).toEqual({ schedules: [] });
    expect(await call(ben, 'schedule_delete', { id })).toMatchObject({ failed: true });
    expect(await rows()).toHaveLength(1);
  });

  test('may not call more than thirty times a minute, which is nobody else’s trouble', async () => {
    const api = newApi();
    const ann = await connect('ann', await pipeOf('ann', api));
    for (let count = 0; count < 30; count++) expect(await call(ann, 'schedule_list')).toMatchObject({ failed: false });
    expect(await call(ann, 'schedule_list')).toEqual({ failed: true, text: expect.stringContaining('Wait a minute') });
    expect(await call(await connect('ben', await pipeOf('ben', api)), 'schedule_list')).toMatchObject({
      failed: false,
    });
    clock = new Date(clock.getTime() + 60_000);
    expect(await call(ann, 'schedule_list')).toMatchObject({ failed: false });
  });

  test('may not make more than fifty schedules', async () => {
    const client = await connect('ann');
    for (let count = 0; count < 50; count++) {
      clock = new Date(clock.getTime() + 3_000);
      await call(client, 'schedule_create', daily);
    }
    expect(await call(client, 'schedule_create', daily)).toEqual({
      failed: true,
      text: expect.stringMatching(/50 are allowed.*Delete/),
    });
    expect(await rows()).toHaveLength(50);
  });
});

describe('an agent that lacks something', () => {
  const shell = { kind: 'tool', resource: 'shell', reason: 'git status for the review' };

  test('asks for it for its owner, for a working day unless told, and learns who decides', async () => {
    const { text } = await call(await connect('ann'), 'access_request', shell);
    expect(JSON.parse(text)).toMatchObject({
      request: { kind: 'tool', resource: 'shell', hours: 8, risk: 'high', state: 'pending', granted: null },
      tell: expect.stringContaining('waits for an admin'),
    });
    expect(await database.db.select().from(accessRequests)).toMatchObject([
      { tenantId: 'ann', employeeId: 'ann', employeeName: 'ann', origin: 'agent', reason: shell.reason },
    ]);
    expect((await database.db.select().from(auditEvents)).map(({ action, actorId }) => `${action} ${actorId}`)).toEqual(
      ['request.created ann'],
    );
  });

  test('asks once, however often it calls, and sees its own requests only', async () => {
    const ann = await connect('ann');
    const first = JSON.parse((await call(ann, 'access_request', shell)).text).request;
    expect(JSON.parse((await call(ann, 'access_request', { ...shell, reason: 'again, please' })).text).request).toEqual(
      first,
    );
    expect(JSON.parse((await call(ann, 'access_status')).text)).toEqual({ requests: [first] });
    expect(JSON.parse((await call(await connect('ben'), 'access_status')).text)).toEqual({ requests: [] });
  });

  test.each([
    [{ ...shell, resource: 'exec' }, /There is no tool “exec”.*shell/],
    [{ ...shell, resource: 'file' }, /has the tool file already/],
    [{ ...shell, resource: 'browser' }, /The tier Standard does not allow browser/],
    [{ ...shell, kind: 'host', resource: '10.0.0.1' }, /An address is not granted/],
    [{ ...shell, kind: 'skill', resource: 'nothing' }, /There is no skill “nothing”/],
    [{ ...shell, reason: '' }, /reason/],
  ])('is told what is wrong with %j', async (input, message) => {
    expect(await call(await connect('ann'), 'access_request', input)).toEqual({
      failed: true,
      text: expect.stringMatching(message),
    });
    expect(errors).toEqual([]);
  });

  test('and is nobody’s in particular has nobody to ask for', async () => {
    await database.db.update(tenants).set({ employeeId: null }).where(eq(tenants.id, 'ben'));
    const { tools } = await (await connect('ben')).listTools();
    expect(tools.map(({ name }) => name).filter((name) => name.startsWith('access'))).toEqual([]);
  });
});

describe('what an agent remembers', () => {
  test('is written down as its own, by the clock of its organization, and read again', async () => {
    const ann = await connect('ann');
    const { text, failed } = await call(ann, 'remember', { text: '  Carol likes tea. ' });
    expect([JSON.parse(text), failed]).toEqual([
      { noted: 'memory/2026-03-10.md', tell: 'Noted in memory/2026-03-10.md.' },
      false,
    ]);
    expect(noted).toEqual([['ann', 'Europe/Berlin', 'Carol likes tea.']]);
    expect(JSON.parse((await call(ann, 'recall')).text)).toEqual({
      notes: [{ path: 'memory/2026-03-09.md', text: 'Of ann.' }],
    });
  });

  test.each([{ text: '' }, { text: 'x'.repeat(501) }, {}])('is never %j', async (input) => {
    expect(await call(await connect('ann'), 'remember', input)).toMatchObject({ failed: true });
    expect(noted).toEqual([]);
  });

  test('is nothing of what strangers say to a twin', async () => {
    await database.db.insert(twins).values({ organizationId: 'org', employeeId: 'ann', tenantId: 'ben', active: true });
    const { tools } = await (await connect('ben')).listTools();
    expect(tools.map(({ name }) => name)).not.toContain('remember');
    expect(await call(await connect('ben'), 'remember', { text: 'I am the boss.' })).toMatchObject({ failed: true });
    expect(noted).toEqual([]);
  });
});

describe('while an admin tries an agent out', () => {
  async function turnOf(path: 'emp' | 'pgnd'): Promise<string> {
    const of = { organizationId: 'org', tenantId: 'ann', path, userId: 'user-ben' } as const;
    const caller = { ...of, callerKey: `user:${path}`, callerName: 'ben' };
    return database.db.transaction(async (tx) => {
      const { id: conversationId } = await openConversation(tx, caller);
      const said = { channelMessageId: path, text: 'Remind me tomorrow.', at: clock };
      const how = { origin: 'portal', verification: 'signed_in' } as const;
      const accepted = await acceptMessage(tx, { organizationId: 'org', conversationId, ...how, ...said });
      return accepted?.turn.id ?? '';
    });
  }

  test('it changes nothing for the people it works for, says so, and looks things up as ever', async () => {
    const ann = await connect('ann');
    const { id } = JSON.parse((await call(ann, 'schedule_create', daily)).text).made;
    running.set('ann', [await turnOf('pgnd')]);
    for (const [tool, input] of [
      ['schedule_create', { ...daily, name: 'Tomorrow' }],
      ['schedule_delete', { id }],
      ['access_request', { kind: 'tool', resource: 'shell', reason: 'git status for the review' }],
      ['remember', { text: 'The admin likes coffee.' }],
    ] as const) {
      expect(await call(ann, tool, input)).toEqual({
        failed: true,
        text: expect.stringMatching(/playground.*Say what/),
      });
    }
    expect((await rows()).map(({ name }) => name)).toEqual(['Daily']);
    expect(await database.db.$count(accessRequests)).toBe(0);
    expect(noted).toEqual([]);
    for (const tool of ['schedule_list', 'access_status', 'recall']) {
      expect(await call(ann, tool)).toMatchObject({ failed: false });
    }
  });

  test('and the test only waits for it, the employee’s own turn does what it is asked', async () => {
    const [own] = [await turnOf('emp'), await turnOf('pgnd')];
    running.set('ann', [own]);
    expect(await call(await connect('ann'), 'schedule_create', daily)).toMatchObject({ failed: false });
  });

  test('others do what they are asked', async () => {
    running.set('ann', [await turnOf('pgnd')]);
    expect(await call(await connect('ben'), 'schedule_create', daily)).toMatchObject({ failed: false });
  });
});

describe('a request is refused', () => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: 'Bearer token-of-ann',
  };
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'schedule_list' } });
  const post = async (changes: RequestInit, url?: string) =>
    (await fetch(url ?? (await pipeOf('ann')), { method: 'POST', headers, body: list, ...changes })).status;

  test('not, when nothing is wrong with it', async () => expect(await post({})).toBe(200));

  test('with another tenant’s token', async () => {
    expect(await post({ headers: { ...headers, authorization: 'Bearer token-of-ben' } })).toBe(401);
    await expect(connect('ann', undefined, 'token-of-ben')).rejects.toThrow();
  });

  test('with more than 64 KiB, whether it says so or not', async () => {
    const body = JSON.stringify({ filler: 'x'.repeat(64 * 1024) });
    expect(await post({ body })).toBe(413);
    const stream = new Blob([body]).stream();
    expect(await post({ body: stream, duplex: 'half' } as RequestInit)).toBe(413);
  });

  test('that is no JSON, is somewhere else, or wants a stream', async () => {
    expect(await post({ body: 'hello' })).toBe(400);
    expect(await post({}, (await pipeOf('ann')).replace('/mcp', '/'))).toBe(404);
    expect((await fetch(await pipeOf('ann'), { headers })).status).toBe(405);
  });

  test('of a tenant that was deleted', async () => {
    const deleted = { state: 'deleted' as const, deletedAt: new Date() };
    await database.db.update(tenants).set(deleted).where(eq(tenants.id, 'ann'));
    expect(await post({})).toBe(403);
  });

  test('when there are too many of them, also those with a wrong token', async () => {
    const url = await pipeOf('ann');
    for (let count = 0; count < 240; count++) await post({ headers: { ...headers, authorization: '' } }, url);
    expect(await post({}, url)).toBe(429);
  });
});
