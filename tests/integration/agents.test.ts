import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** The four questions of the first whole way, with the real OpenClaw in the sandbox and the demo model over the real wire. */
let installation: TestInstallation;
let carol: Person;
let ryan: Person;
let admin: Person;

beforeAll(async () => {
  installation = await startTestInstallation();
  [carol, ryan, admin] = await Promise.all([
    installation.person('carol'),
    installation.person('ryan'),
    installation.person('jiade'),
  ]);
});
afterAll(() => installation?.close());

describe('who are you?', () => {
  test('Carol’s agent is a Finance Analyst of ACME, woken by the first message', async () => {
    const answer = await carol.ask('Who are you?');
    expect(answer).toMatchObject({ state: 'answered' });
    expect(answer.text).toMatch(/Carol Zhang/);
    expect(answer.text).toMatch(/Finance Analyst/);
    expect(answer.text).toMatch(/ACME Corp/);
    expect(answer.states).toContain('waking');
    expect(answer.deltas).toBeGreaterThan(1);
  });

  test('Ryan’s agent is a Software Engineer: same model, other identity', async () => {
    const answer = await ryan.ask('Who are you?');
    expect(answer.text).toMatch(/Ryan Park/);
    expect(answer.text).toMatch(/Software Engineer/);
    expect(answer.text).not.toMatch(/Finance/);
  });
});

describe('run git status', () => {
  test('Ryan’s agent really runs it in his sandboxed workspace', async () => {
    const answer = await ryan.ask('Run git status');
    expect(answer.state).toBe('answered');
    expect(answer.text).toMatch(/On branch|No commits yet/);
  });

  test('Carol’s is refused: never offered, and the call of a model that tries it all the same is in the audit log', async () => {
    const answer = await carol.ask('Run git status');
    expect(answer.state).toBe('answered');
    expect(answer.text).not.toMatch(/On branch|No commits yet/);
    expect(answer.text).toMatch(/may not use shell: the tier Restricted does not allow it/);

    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'tool.refused' } });
    expect(events[0]).toMatchObject({
      outcome: 'refused',
      actor: { type: 'agent', id: 'carol' },
      target: { type: 'tool', id: 'exec' },
      detail: { offered: false, position: 'Finance Analyst' },
    });
    expect(String(events[0]?.detail.arguments)).toContain('git status');
  });
});

test('whom to ask for a code review is answered from the organization’s directory', async () => {
  const answer = await carol.ask('Who should I contact for a code review?');
  expect(answer.text).toMatch(/(Ryan Park|Sophie Turner|Nathan Brooks)/);
  expect(answer.text).toMatch(/@acme\.example/);
});

test('a conversation goes on in the same session, another one does not know of it', async () => {
  const first = await ryan.ask('Write "the door code is 4711" to file note.txt');
  const again = await ryan.askIn(first.conversationId, 'Read file note.txt');
  expect(again.text).toContain('4711');
});

test('what the runtime process could see holds no provider key, and the environment of the host stays outside', async () => {
  const answer = await ryan.ask('Run `env`');
  expect(answer.text).toMatch(/PATH=/);
  expect(answer.text).not.toMatch(/DATABASE_URL|API_KEY|AWS_|CLAWPOOL_HOME/);
});

test('the sandbox has no network and no other tenant', async () => {
  const interfaces = await ryan.ask('Run `cat /proc/net/dev`');
  expect(interfaces.text).toMatch(/lo:/);
  expect(interfaces.text).not.toMatch(/eth|ens|wlan/);
  const root = await ryan.ask('Run `ls /`');
  expect(root.text).toMatch(/tenant/);
  expect(root.text).not.toMatch(/\broot\b|\bhome\b|\bwork\b/);
});

test('the tenants table tells what runs, and managers see only their department', async () => {
  const { tenants } = await admin.client.call('listTenants');
  expect(tenants).toHaveLength(27);
  expect(tenants.find(({ id }) => id === 'ryan')).toMatchObject({ state: 'running', driver: 'sandbox' });
  expect(tenants.find(({ id }) => id === 'ryan')?.memoryBytes).toBeGreaterThan(50 * 2 ** 20);

  const mike = await installation.person('mike');
  const scoped = await mike.client.call('listTenants');
  expect(scoped.tenants.map(({ id }) => id).sort()).toEqual(['mike', 'sarah']);
  await expect(carol.client.call('listTenants')).rejects.toMatchObject({ status: 403, code: 'not_allowed' });
});

test('an agent that may not write files remembers what it is told, for its next conversations and for its person to read', async () => {
  expect((await carol.ask('Remember that the audit is on Friday')).text).toMatch(/^Noted in memory\/[\d-]{10}\.md\.$/u);
  expect((await carol.ask('What do you remember?')).text).toContain('the audit is on Friday');
  const params = { tenantId: 'carol' };
  const { entries } = await carol.client.call('listFiles', { params, query: { path: 'memory' } });
  const path = `memory/${entries[0]?.name}`;
  const { text } = await carol.client.call('openFile', { params, query: { path } });
  expect(text).toMatch(/^# [\d-]{10}\n\n- \d\d:\d\d the audit is on Friday\n$/u);
  await expect
    .poll(async () => (await carol.client.call('listFileVersions', { params, query: { path } })).versions.length)
    .toBeGreaterThan(0);
  const { id } = await admin.client.call('startConversation', { body: { employeeId: 'carol' } });
  expect((await admin.askIn(id, 'Remember that this is a trial')).text).toContain('tries you out');
  expect((await carol.ask('What do you remember?')).text).not.toContain('trial');
});

test('who tries an agent out in the playground leaves nothing in its memory', async () => {
  await ryan.ask('Write "likes tea" to file MEMORY.md');
  const { id: conversationId } = await admin.client.call('startConversation', { body: { employeeId: 'ryan' } });
  // Also when its owner asks it something at the same time.
  const [tested] = await Promise.all([
    admin.askIn(conversationId, 'Write "likes coffee" to file MEMORY.md'),
    ryan.ask('Who are you?'),
  ]);
  expect(tested.state).toBe('answered');
  const { text } = await ryan.ask('Read file MEMORY.md');
  expect(text).toContain('likes tea');
  expect(text).not.toContain('coffee');
});
