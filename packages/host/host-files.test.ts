import { existsSync, readFileSync } from 'node:fs';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesSnapshot, TurnEvent } from '@clawpool/contracts';
import { createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, startRequest, startTestHost, turn, turnContext, until } from './testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

let at: TestHost;
beforeAll(async () => {
  at = await startTestHost(createSandboxDriver);
});
afterAll(() => at?.end());

async function last(events: AsyncIterable<TurnEvent>): Promise<TurnEvent | undefined> {
  let event: TurnEvent | undefined;
  for await (event of events);
  return event;
}

const lastCall = () => at.model.calls.at(-1);
const fileOf = (tenantId: string, path: string) => join(at.dataFolder, 'tenants', tenantId, path);

describe('a running tenant', () => {
  const request = startRequest('carol');
  let snapshot: FilesSnapshot;

  beforeAll(async () => {
    await at.host.start(request);
    await turn(at.host, 'carol', 'My number is 4711.', 'emp__carol__1');
  });
  afterAll(() => at.host.stop('carol'));

  test('is checkpointed while it works, and what is in the checkpoint is of one moment', async () => {
    const counting = 'RUN i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo x >> a; echo x >> b; done; echo counted';
    const working = turn(at.host, 'carol', counting, 'emp__carol__count');
    await until(() => existsSync(fileOf('carol', 'workspace/b')));
    snapshot = await at.host.checkpoint('carol', null);
    expect(snapshot.frozenMs).toBeLessThanOrEqual(snapshot.tookMs);
    expect((await working).last).toMatchObject({ text: expect.stringContaining('counted') });
    await at.host.restore({ tenantId: 'copy', uid: 950_001, root: snapshot.root, epoch: 1 });
    const linesOf = (name: string) => readFileSync(fileOf('copy', `workspace/${name}`), 'utf8').split('\n').length;
    expect([linesOf('a'), linesOf('a') - 1]).toContain(linesOf('b'));
  });

  test('whose checkpoint another tenant starts with goes on there with its sessions', async () => {
    const copy = startRequest('twin', { files: { epoch: 1, checkpoint: snapshot.root } });
    expect(await at.host.start(copy)).toMatchObject({ ok: true });
    await turn(at.host, 'twin', 'What is my number?', 'emp__carol__1');
    expect(JSON.stringify(lastCall()?.messages)).toContain('4711');
    await at.host.stop('twin');
  });

  test('finds the files of a message in uploads/, and what it leaves in outgoing/ comes with the answer', async () => {
    const { hash } = await at.attachments.put(Buffer.from('the door code is 4711'));
    const asked = {
      tenantId: 'carol',
      turnId: 'turn-with-files',
      session: 'emp__carol__files',
      text: 'RUN mkdir -p outgoing; cp uploads/note.txt outgoing/copy.txt; cat SESSION_CONTEXT.md',
      context: turnContext({ origin: 'telegram', verification: 'paired_channel' }),
    };
    const uploads = [{ name: 'note.txt', mediaType: 'text/plain', blob: hash }];
    // The message ends with the files' list, so that the scripted model sees no command: it is asked a second time without.
    await last(at.host.turn({ ...asked, uploads }, new AbortController().signal));
    expect(lastCall()?.messages.at(-1)?.content).toMatch(/- uploads\/note\.txt \(text\/plain, 21 bytes\)$/u);

    const done = await last(at.host.turn(asked, new AbortController().signal));
    expect(done).toMatchObject({
      type: 'done',
      text: expect.stringContaining('**Verification:** paired_channel'),
      files: [{ name: 'copy.txt', mediaType: 'text/plain', bytes: 21, blob: hash }],
    });
    expect(existsSync(fileOf('carol', 'workspace/outgoing/sent/copy.txt'))).toBe(true);
  });

  test('keeps its files from being replaced, reset or removed', async () => {
    const { root } = snapshot;
    await expect(at.host.restore({ tenantId: 'carol', uid: 1, root, epoch: 2 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(at.host.resetFiles('carol')).rejects.toMatchObject({ code: 'conflict' });
    await expect(at.host.removeFiles('carol')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('stands still while it is paused, says so, and answers what came meanwhile when it is resumed', async () => {
    await at.host.pause('carol');
    await at.host.pause('carol');
    expect(await at.host.list()).toMatchObject([{ id: 'carol', state: 'paused', answers: null }]);
    expect(await at.host.checkpoint('carol', snapshot.root)).toMatchObject({ files: expect.any(Number) });
    const calls = at.model.calls.length;
    const waiting = turn(at.host, 'carol', 'Are you there?', 'emp__carol__paused');
    await sleep(300);
    expect(at.model.calls).toHaveLength(calls);
    await at.host.resume('carol');
    expect((await waiting).last).toMatchObject({ type: 'done' });
    expect(await at.host.list()).toMatchObject([{ id: 'carol', state: 'running', answers: true }]);
  });

  test('is another agent from its next turn on when it is configured, without a restart', async () => {
    const [pid] = await at.gateways();
    const skill = {
      name: 'filing',
      content: '---\nname: filing\ndescription: how files are filed\n---\nAlphabetically.\n',
    };
    const layers = { global: 'Be brief.', position: '', personal: '' };
    await at.host.configure('carol', { ...request.agent, layers, tools: ['file'], skills: [skill] });
    await turn(at.host, 'carol', 'Hello', 'emp__carol__new');
    expect(lastCall()?.system).toContain('Be brief.');
    expect(lastCall()?.system).toContain('how files are filed');
    await until(async () => {
      await turn(at.host, 'carol', 'And your tools?', 'emp__carol__tools');
      return lastCall()?.revision === '1.1';
    });
    expect(lastCall()?.tools).toEqual(['read', 'session_status']);
    await writeFile(fileOf('carol', 'workspace/skills/filing/notes.txt'), 'the agent’s own');

    await at.host.configure('carol', request.agent);
    await until(async () => {
      await turn(at.host, 'carol', 'And now?', 'emp__carol__tools');
      return lastCall()?.revision === '1.2';
    });
    const { last } = await turn(at.host, 'carol', 'RUN echo $((40 + 2)) again', 'emp__carol__tools');
    expect(last).toMatchObject({ text: expect.stringContaining('42 again') });
    expect(existsSync(fileOf('carol', 'workspace/skills/filing/SKILL.md'))).toBe(false);
    expect(existsSync(fileOf('carol', 'workspace/skills/filing/notes.txt'))).toBe(true);
    expect(await at.gateways()).toEqual([pid]);
  });

  test('can be stopped while it is paused, and a checkpoint of it is the same after that', async () => {
    const { root } = await at.host.checkpoint('carol', snapshot.root);
    await at.host.pause('carol');
    await at.host.stop('carol');
    expect(await at.gateways()).toEqual([]);
    expect((await at.host.checkpoint('carol', root)).files).toBeGreaterThan(0);
  });
});

describe('a session that is forgotten', () => {
  const ask = (message: string, session: string) => turn(at.host, 'iris', message, session);
  const known = () => JSON.stringify(lastCall()?.messages);
  const start = (generation: number, files = { epoch: 1, checkpoint: null as string | null }) =>
    at.host.start(startRequest('iris', { generation, files }));
  let root: string;

  beforeAll(async () => {
    await start(1);
    for (const session of ['running', 'stopped', 'restored', 'kept'])
      await ask(`My number is 4711-${session}.`, session);
    ({ root } = await at.host.checkpoint('iris', null));
  });
  afterAll(() => at.host.stop('iris'));

  test('is not known to a new conversation of that name, while the agent runs on with its other ones', async () => {
    await at.host.forgetSession('iris', 'running');
    await at.host.forgetSession('iris', 'never-was');
    expect((await ask('What is my number?', 'running')).last).toMatchObject({ type: 'done' });
    expect(known()).not.toContain('4711');
    await ask('What is my number?', 'kept');
    expect(known()).toContain('4711-kept');
  });

  test('of an agent that does not run is gone at once, and for good', async () => {
    await at.host.stop('iris');
    await at.host.forgetSession('iris', 'stopped');
    await start(2);
    await ask('What is my number?', 'stopped');
    expect(known()).not.toContain('4711');
    await ask('It is 0815.', 'stopped');
    await at.host.stop('iris');
    await start(3);
    await ask('What is my number?', 'stopped');
    expect(known()).toContain('0815');
  });

  test('is gone as well when the agent’s next start begins with a checkpoint that has it', async () => {
    await at.host.stop('iris');
    await at.host.forgetSession('iris', 'restored');
    await start(4, { epoch: 2, checkpoint: root });
    await ask('What is my number?', 'restored');
    expect(known()).not.toContain('4711');
    await ask('What is my number?', 'kept');
    expect(known()).toContain('4711-kept');
  });
});

test('HEARTBEAT.md is read of an agent that runs and of one that does not; one with nothing but headings is none', async () => {
  await at.host.start(startRequest('frank'));
  expect(await at.host.heartbeatFile('frank')).toBeNull();
  const file = fileOf('frank', 'workspace/HEARTBEAT.md');
  await writeFile(file, '# Heartbeat\n\n##\n   \n');
  expect(await at.host.heartbeatFile('frank')).toBeNull();
  await writeFile(file, '# Heartbeat\n\n- look at the mail\n');
  expect(await at.host.heartbeatFile('frank')).toContain('look at the mail');
  await at.host.stop('frank');
  expect(await at.host.heartbeatFile('frank')).toContain('look at the mail');
  await rm(file);
  await symlink('/etc/hostname', file);
  expect(await at.host.heartbeatFile('frank')).toBeNull();
  expect(await at.host.heartbeatFile('nobody')).toBeNull();
});

test('a skill a tenant has no longer goes away at its next start as well', async () => {
  const skill = { name: 'gone', content: '---\nname: gone\ndescription: a skill of before\n---\n' };
  await at.host.start(startRequest('dave', {}, { skills: [skill] }));
  await at.host.stop('dave');
  expect(existsSync(fileOf('dave', 'workspace/skills/gone/SKILL.md'))).toBe(true);
  await at.host.start(startRequest('dave', { generation: 2 }));
  expect(existsSync(fileOf('dave', 'workspace/skills/gone'))).toBe(false);
  await at.host.stop('dave');
});

test('damaged files in the blob store are told as that, and nothing is started', async () => {
  const files = { epoch: 2, checkpoint: '0'.repeat(64) };
  expect(await at.host.start(startRequest('dave', { generation: 3, files }))).toMatchObject({
    ok: false,
    reason: 'checkpoint_damaged',
    hint: expect.stringMatching(/backup/u),
  });
  expect(await at.gateways()).toEqual([]);
  expect(existsSync(fileOf('dave', 'workspace/SOUL.md'))).toBe(true);
});

test('a host tells how much room it has and what it can install', async () => {
  const { capacity, images } = await at.host.describe();
  expect(Object.values(capacity).every((value) => value > 0)).toBe(true);
  expect(capacity.diskFreeMegabytes).toBeLessThanOrEqual(capacity.diskMegabytes);
  expect(images).toContainEqual({
    id: 'openclaw-2026.6.35',
    installed: true,
    typicalMemoryMegabytes: expect.any(Number),
  });
  await expect(at.host.provideImage('openclaw-1')).rejects.toMatchObject({ code: 'not_found' });
  expect(await at.host.start(startRequest('erin', { image: 'openclaw-1' }))).toMatchObject({
    ok: false,
    reason: 'image_missing',
  });
});
