import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeenMessage, startTelegramFake, type TelegramFake } from '@clawpool/channels/testing';
import { type Database, openDatabase } from '@clawpool/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** From a refused tool to a granted one and back, with the real OpenClaw, the demo model, and a Bot API on this machine. */
const patience = { timeout: 120_000, interval: 250 };
let folder: string;
let postgres: Database;
let telegram: TelegramFake;
let installation: TestInstallation;
let carol: Person;
let ryan: Person;
let admin: Person;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-approvals-'));
  postgres = await openDatabase({ dataFolder: folder });
  telegram = await startTelegramFake();
  installation = await startTestInstallation({ databaseUrl: urlOf(postgres), privateEgress: true });
  [carol, ryan, admin] = (await Promise.all(['carol', 'ryan', 'jiade'].map((id) => installation.person(id)))) as [
    Person,
    Person,
    Person,
  ];
});
afterAll(async () => {
  await installation?.close();
  await telegram?.close();
  await postgres?.close();
  await rm(folder, { recursive: true, force: true });
});

function urlOf({ connection: { user, password, host, database } }: Database): string {
  const url = new URL('postgres://localhost/');
  url.username = user ?? '';
  url.password = String(password ?? '');
  url.pathname = database ?? '';
  url.searchParams.set('host', host ?? '');
  return url.href;
}

const run = async () => (await carol.ask('Run `echo it really works`')).text;
const ran = /\nit really works\n/;
const refused = /I may not use shell/;
const waiting = async () => (await admin.client.call('listAccessRequests', { query: { state: 'pending' } })).requests;
const actions = async (prefix: string) => {
  const { events } = await admin.client.call('listAuditEvents', { query: { action: prefix } });
  return events.map(({ action, actor }) => `${action} by ${actor.name}`).reverse();
};

describe('Carol, whose position has no shell', () => {
  test('is refused and told why: her tier does not allow it, and so it cannot be requested', async () => {
    const { text } = await carol.ask('Run git status');
    expect(text).toContain('I may not use shell: the tier Restricted does not allow it, whatever is granted.');
    expect(text).not.toContain('you can request it');
  });

  test('cannot be given what her tier does not allow: the agent says what to do', async () => {
    const { text } = await carol.ask('Request the shell for an hour because I have to look at the repository');
    expect(text).toMatch(/The tier Restricted does not allow shell.*another tier/s);
    expect(await waiting()).toEqual([]);
    const params = { tierId: 'restricted' };
    await admin.client.call('changeTier', { params, body: { toolsCeiling: ['web_search', 'file', 'shell'] } });
    const now = await run();
    expect(now).toContain('I may not use shell: the position Finance Analyst does not allow it.');
    expect(now).toContain('tell me to request it for you');
  });

  test('asks through her agent; an admin approves it for an hour, and the agent runs the command', async () => {
    const { text } = await carol.ask('Request the shell for an hour because I have to look at the repository');
    expect(text).toContain('Requested: the tool shell. It waits for an admin to decide');
    const [request] = await waiting();
    expect(request).toMatchObject({
      ...{ employeeName: 'Carol Zhang', kind: 'tool', resource: 'shell', hours: 1, risk: 'high', origin: 'agent' },
      reason: 'I have to look at the repository',
    });
    expect((await carol.ask('What became of my requests?')).text).toContain('"state": "pending"');
    await admin.client.call('approveRequest', {
      ...{ params: { requestId: request?.id ?? '' }, body: { mode: 'until' } },
    });
    // OpenClaw takes its new configuration over within a second or two.
    await expect.poll(run, patience).toMatch(ran);
    const { notifications } = await carol.client.call('listNotifications', {});
    expect(notifications).toMatchObject([
      { kind: 'access_decided', title: 'JiaDe Wang has approved the tool shell for an hour' },
    ]);
    const { agents } = await admin.client.call('listRunningAgents', { query: {} });
    expect(agents.find(({ tenantId }) => tenantId === 'carol')).toMatchObject({
      ...{ driver: 'sandbox', isolates: true, state: 'running', upToDate: true },
      tools: expect.arrayContaining([expect.objectContaining({ tool: 'shell', allowed: true, because: 'grant' })]),
    });
  });

  test('is refused again once the hour is over', async () => {
    await postgres.pool.query("update grants set expires_at = now() - interval '1 second'");
    expect(await run()).toMatch(refused);
    await expect
      .poll(() => actions('grant.'), patience)
      .toEqual([...['grant.created by JiaDe Wang', 'grant.ended by Clawpool']]);
    expect(await actions('request.')).toEqual(['request.created by agent-fa-carol', 'request.approved by JiaDe Wang']);
    expect(await run()).toMatch(refused);
  });

  test('may use it for one message, when that is what is granted', async () => {
    await carol.client.call('requestAccess', {
      body: { kind: 'tool', resource: 'shell', reason: 'once more, for the audit', hours: 1 },
    });
    const [request] = await waiting();
    await admin.client.call('approveRequest', { params: { requestId: request?.id ?? '' }, body: { mode: 'once' } });
    expect((await carol.ask('Who are you?')).text).toContain('Carol Zhang');
    // OpenClaw takes its new configuration over within a second or two.
    await expect.poll(run, patience).toMatch(ran);
    expect(await run()).toMatch(refused);
    expect((await actions('grant.')).slice(-3)).toEqual([
      ...['grant.created by JiaDe Wang', 'grant.used by agent-fa-carol', 'grant.ended by Clawpool'],
    ]);
  });
});

describe('a command that nobody runs', () => {
  test('is refused for Ryan too, who has the shell, and told why', async () => {
    const { text } = await ryan.ask('Run `rm -rf /`');
    expect(text).toBe('I did not run this command: it deletes everything there is. No position allows such a command.');
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'tool.refused' } });
    expect(events[0]).toMatchObject({
      actor: { type: 'agent', id: 'ryan' },
      detail: { cause: 'command', why: 'it deletes everything there is', arguments: '{"command":"rm -rf /"}' },
    });
    expect((await ryan.ask('Run `echo still here`')).text).toContain('still here');
  });

  test('can be added by an admin, and is refused from the next message on', async () => {
    const policy = await admin.client.call('getToolPolicy', {});
    const rule = { pattern: String.raw`\becho\s+forbidden\b`, why: 'it says what nobody says' };
    const body = { ...policy, commandPatterns: [...policy.commandPatterns, rule], expectedVersion: policy.version };
    const tried = { command: 'e"cho" forbidden', commandPatterns: [rule] };
    expect(await admin.client.call('tryCommand', { body: tried })).toMatchObject({ refused: true, why: rule.why });
    await admin.client.call('saveToolPolicy', { body });
    expect((await ryan.ask('Run `echo forbidden`')).text).toContain('it says what nobody says');
    const slow = { ...body, commandPatterns: [{ pattern: '(a+)+$', why: 'slow' }], expectedVersion: 1 };
    await expect(admin.client.call('saveToolPolicy', { body: slow })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('a host', () => {
  let site: Server;
  let address: string;
  beforeAll(async () => {
    site = createServer((_request, response) => response.end('hello from outside'));
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    address = `127.0.0.1:${(site.address() as AddressInfo).port}`;
  });
  afterAll(() => site?.close());
  // A tunnel to a server without a certificate; to others programs find the way by HTTPS_PROXY themselves.
  const fetchIt = async () =>
    (await ryan.ask(`Run \`curl -sS --noproxy none -p -x $HTTPS_PROXY http://${address}/\``)).text;

  test('is out of reach until the tier names it, from the next connection on, and each is in the audit log', async () => {
    expect(await fetchIt()).toContain('403');
    const params = { tierId: 'engineering' };
    await admin.client.call('changeTier', { params, body: { egressHosts: ['127.0.0.1'] } });
    expect(await fetchIt()).toContain('hello from outside');
    await admin.client.call('changeTier', { params, body: { egressHosts: [] } });
    expect(await fetchIt()).toContain('403');
    expect(await actions('egress.')).toEqual([
      ...['egress.refused by agent-sde-ryan', 'egress.allowed by agent-sde-ryan'],
    ]);
  });
});

describe('an approver on Telegram', () => {
  const adminsChat = 700_009;
  const shown = (fits: RegExp): SeenMessage[] => telegram.messages(adminsChat).filter(({ text }) => fits.test(text));

  test('is asked with buttons, and a press decides', async () => {
    const { secret, settings } = telegram.account;
    const { id } = await admin.client.call('addChannelAccount', {
      body: { channel: 'telegram', name: 'ACME bot', secret, mode: 'polling', apiRoot: settings.apiRoot },
    });
    const { token } = await admin.client.call('startPairing', { params: { accountId: id } });
    telegram.sendFromUser({ userId: adminsChat, name: 'JiaDe', text: `/start ${token}` });
    await expect.poll(() => shown(/^Connected: /).length, patience).toBe(1);

    await carol.client.call('requestAccess', {
      body: { kind: 'host', resource: 'rates.example.com', reason: 'exchange rates for the close', hours: 8 },
    });
    await expect.poll(() => shown(/asks for the host rates\.example\.com/).length, patience).toBe(1);
    const [asked] = shown(/asks for the host/);
    expect(asked?.buttons.map(({ label }) => label)).toEqual(['Approve once', 'Approve for 8 hours', 'Reject']);
    telegram.pressButton({ userId: adminsChat, value: asked?.buttons[1]?.value ?? '' });
    await expect.poll(() => shown(/^Approved: the host rates\.example\.com for Carol Zhang/).length, patience).toBe(1);
    const { hosts } = await carol.client.call('agentTools', { params: { tenantId: 'carol' } });
    expect(hosts).toEqual(['rates.example.com']);
  });
});
