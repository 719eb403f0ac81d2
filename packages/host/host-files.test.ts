import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesSnapshot } from '@clawpool/contracts';
import { createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, startRequest, startTestHost, turn, until } from './testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

let at: TestHost;
beforeAll(async () => {
  at = await startTestHost(createSandboxDriver);
});
afterAll(() => at?.end());

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
