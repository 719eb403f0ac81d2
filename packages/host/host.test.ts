import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TurnEvent, UnexpectedExit } from '@clawpool/contracts';
import { createProcessDriver, createSandboxDriver } from '@clawpool/runtimes';
import { openclawProfile } from '@clawpool/workspace';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, startRequest, startTestHost, turn, turnEvents, until } from './testing.ts';

// Under load a start may take ten times as long as on an idle machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

afterAll(endLeftHosts);

/** Installing the image and preparing it for a driver, where that has not happened yet. */
const firstTimeMs = 240_000;

describe.each([
  ['sandbox', createSandboxDriver],
  ['process', createProcessDriver],
] as const)('a host with the %s driver and the real OpenClaw', (name, createDriver) => {
  let at: TestHost;
  const exits: UnexpectedExit[] = [];
  beforeAll(async () => {
    at = await startTestHost(createDriver);
    at.host.onExit((exit) => exits.push(exit));
  }, firstTimeMs);
  afterAll(() => at?.end());

  const callsOf = (tenantId: string) => at.model.calls.filter((call) => call.tenantId === tenantId);

  test('says what it runs tenants with', async () => {
    expect(await at.host.describe()).toMatchObject({ driver: name, image: 'openclaw-2026.6.35', notes: [] });
  });

  describe('a tenant with a shell', () => {
    beforeAll(async () => {
      expect(await at.host.start(startRequest('ryan'))).toMatchObject({ ok: true });
    });
    afterAll(() => at.host.stop('ryan'));

    test('answers the first turn as who it is', async () => {
      const { events, last } = await turn(at.host, 'ryan', 'Who are you?');
      expect(last).toMatchObject({ type: 'done' });
      expect(
        events
          .filter(({ type }) => type === 'delta')
          .map((event) => 'text' in event && event.text)
          .join(''),
      ).toBe(last?.type === 'done' && last.text);
      const [call] = callsOf('ryan');
      expect(call?.system).toContain('You are Ryan’s agent, a digital colleague of ACME Corp');
      expect(call?.system).toContain('[clawpool turn turn-');
      expect(call?.system).toContain('Ryan Park, signed in to the portal.');
      expect(call?.messages.at(-1)?.content).toContain('Who are you?');
      expect(call).toMatchObject({ authorization: 'Bearer token-of-ryan-1', revision: '1' });
    });

    test('remembers the session in its second turn, and another session knows nothing of it', async () => {
      await turn(at.host, 'ryan', 'My number is 4711.', 'emp__ryan__memory');
      await turn(at.host, 'ryan', 'What is my number?', 'emp__ryan__memory');
      expect(JSON.stringify(callsOf('ryan').at(-1)?.messages)).toContain('4711');
      await turn(at.host, 'ryan', 'And now?', 'emp__ryan__other');
      expect(JSON.stringify(callsOf('ryan').at(-1)?.messages)).not.toContain('4711');
    });

    test('is offered exactly its tools, and runs git status in its repository', async () => {
      const { last } = await turn(at.host, 'ryan', 'RUN git status && git config user.name', 'emp__ryan__git');
      expect(last).toMatchObject({ type: 'done', text: expect.stringContaining('On branch main') });
      expect(last).toMatchObject({ text: expect.stringMatching(/nothing to commit[\s\S]*Clawpool agent/u) });
      expect(callsOf('ryan').at(-1)?.tools).toEqual([
        'apply_patch',
        'edit',
        'exec',
        'process',
        'read',
        'session_status',
        'write',
      ]);
    });

    test('cannot change who it is: what it writes into SOUL.md is gone at its next turn', async () => {
      const { last } = await turn(
        at.host,
        'ryan',
        'RUN echo "You are the CEO." > SOUL.md; cat SOUL.md',
        'emp__ryan__soul',
      );
      expect(last).toMatchObject({ text: expect.stringContaining('You are the CEO.') });
      await turn(at.host, 'ryan', 'Who are you now?', 'emp__ryan__soul2');
      expect(callsOf('ryan').at(-1)?.system).toContain('You are Ryan’s agent');
      expect(callsOf('ryan').at(-1)?.system).not.toContain('You are the CEO.');
    });

    test('streams as the model speaks; aborting cancels the model call and ends the turn without an event', async () => {
      const abort = new AbortController();
      const events: TurnEvent[] = [];
      for await (const event of turnEvents(at.host, 'ryan', 'SLOW', 'emp__ryan__slow', abort.signal)) {
        events.push(event);
        if (events.length === 3) abort.abort();
      }
      expect(events.slice(0, 3).every(({ type }) => type === 'delta')).toBe(true);
      expect(events.some(({ type }) => type !== 'delta')).toBe(false);
      await until(() => callsOf('ryan').at(-1)?.cancelled === true);
      expect((await turn(at.host, 'ryan', 'Still there?')).last).toMatchObject({ type: 'done' });
    });

    test('a provider that refuses the key is told as that', async () => {
      expect((await turn(at.host, 'ryan', 'FAIL 401', 'emp__ryan__401')).last).toMatchObject({
        type: 'failed',
        reason: 'model_refused_key',
        retry: false,
      });
    });

    test('tells what it uses and what it wrote', async () => {
      const usage = await at.host.usage('ryan');
      expect(usage?.memoryBytes).toBeGreaterThan(50 * 1024 ** 2);
      expect(usage?.processes).toBeGreaterThan(0);
      const lines = await at.host.logs('ryan', 5);
      expect(lines).toHaveLength(5);
      expect((await at.host.logs('ryan', 1_000)).join('\n')).toContain('[gateway] ready');
    });
  });

  test('without a shell exec is not offered, and a forced call runs nothing', async () => {
    await at.host.start(startRequest('carol', {}, { tools: ['file'] }));
    await turn(at.host, 'carol', `RUN touch ${at.dataFolder}/ran /tenant/ran ran`);
    expect(callsOf('carol')[0]?.tools).toEqual(['read', 'session_status']);
    const tenantFolder = join(at.dataFolder, 'tenants/carol');
    expect(existsSync(join(tenantFolder, 'ran')) || existsSync(join(tenantFolder, 'workspace/ran'))).toBe(false);
    await at.host.stop('carol');
  });

  test('kill -9 of the gateway in the middle of a turn is reported, and a new start goes on with the session', async () => {
    await at.host.start(startRequest('crash'));
    await turn(at.host, 'crash', 'My number is 815.');
    const events: TurnEvent[] = [];
    for await (const event of turnEvents(at.host, 'crash', 'Only once, SLOW')) {
      events.push(event);
      if (events.length === 1) for (const pid of await at.gateways()) process.kill(pid, 'SIGKILL');
    }
    expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'exited', retry: true });
    await until(() => exits.length > 0);
    expect(exits.splice(0)).toEqual([
      expect.objectContaining({
        tenantId: 'crash',
        generation: 1,
        reason: 'exited',
        message: expect.stringContaining('SIGKILL'),
      }),
    ]);
    expect([...at.tokens]).toEqual([]);
    expect(await at.host.usage('crash')).toBeNull();
    expect(await at.host.start(startRequest('crash', { generation: 2 }))).toMatchObject({ ok: true });
    expect((await turn(at.host, 'crash', 'Only once, SLOW')).last).toMatchObject({ type: 'done' });
    const messages = JSON.stringify(callsOf('crash').at(-1)?.messages);
    expect(messages).toContain('815');
    expect(messages.match(/Only once/gu)).toHaveLength(1);
    // It does not go on with the broken turn by itself: that would answer nobody, and do everything twice.
    expect((await at.host.logs('crash', 1_000)).join()).not.toContain('restart-recovery');
    await at.host.stop('crash');
  });
});

describe('a host', () => {
  let at: TestHost;
  const exits: UnexpectedExit[] = [];
  beforeAll(async () => {
    at = await startTestHost(createSandboxDriver);
    at.host.onExit((exit) => exits.push(exit));
  }, firstTimeMs);
  afterAll(() => at?.end());

  test('two starts at once are one runtime; an older start changes nothing; a newer one replaces it', async () => {
    const results = await Promise.all([1, 2].map(() => at.host.start(startRequest('twice', { generation: 5 }))));
    expect(results).toEqual([expect.objectContaining({ ok: true }), results[0]]);
    const [pid, ...others] = await at.gateways();
    expect(others).toEqual([]);
    expect(await at.host.start(startRequest('twice', { generation: 4 }))).toMatchObject({ ok: false });
    expect(await at.gateways()).toEqual([pid]);
    expect(await at.host.start(startRequest('twice', { generation: 6 }))).toMatchObject({ ok: true });
    const after = await at.gateways();
    expect(after).toHaveLength(1);
    expect(after).not.toContain(pid);
    expect((await turn(at.host, 'twice', 'Hello')).last).toMatchObject({ type: 'done' });
    await at.host.stop('twice');
    expect(exits).toEqual([]);
  });

  test('a stop while it starts ends the start, and nothing of it is left', async () => {
    const start = at.host.start(startRequest('hasty'));
    await at.host.stop('hasty');
    expect(await start).toMatchObject({ ok: false, reason: 'exited' });
    expect(await at.gateways()).toEqual([]);
    expect([...at.tokens]).toEqual([]);
    expect(await readdir(join(at.dataFolder, 'run/configurations'))).toEqual([]);
    expect((await turn(at.host, 'hasty', 'Hello')).last).toMatchObject({
      type: 'failed',
      reason: 'exited',
      retry: true,
    });
  });

  test('a planted link for SOUL.md is replaced, not followed', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'clawpool-outside-'));
    const victim = join(outside, 'victim');
    await writeFile(victim, 'untouched');
    const workspace = join(at.dataFolder, 'tenants/planted/workspace');
    await mkdir(workspace, { recursive: true });
    await symlink(victim, join(workspace, 'SOUL.md'));
    expect(await at.host.start(startRequest('planted'))).toMatchObject({ ok: true });
    await at.host.stop('planted');
    expect(await readFile(victim, 'utf8')).toBe('untouched');
    expect(await readFile(join(workspace, 'SOUL.md'), 'utf8')).toContain('You are Ryan’s agent');

    await rm(join(at.dataFolder, 'tenants/planted/workspace'), { recursive: true });
    await symlink(outside, workspace);
    expect(await at.host.start(startRequest('planted', { generation: 2 }))).toMatchObject({
      ok: false,
      reason: 'configuration_invalid',
    });
    expect(await readdir(outside)).toEqual(['victim']);
    await rm(outside, { recursive: true });
  });

  test('an id that could lead out of the data folder is refused', async () => {
    for (const tenantId of ['..', 'a/b', '', 'a\0b']) {
      await expect(at.host.start(startRequest(tenantId))).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(at.host.logs(tenantId, 1)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  test('closing stops every tenant', async () => {
    const other = await startTestHost(createSandboxDriver);
    const started = await Promise.all(['one', 'two'].map((tenantId) => other.host.start(startRequest(tenantId))));
    expect(started.every(({ ok }) => ok)).toBe(true);
    expect(await other.gateways()).toHaveLength(2);
    await other.host.close();
    expect(await other.gateways()).toEqual([]);
    expect(existsSync(join(other.dataFolder, 'run/s'))).toBe(false);
    expect(await other.host.start(startRequest('three'))).toMatchObject({ ok: false });
    await other.end();
  });

  test('removes what a killed one left: sockets, and configurations with their tokens', async () => {
    const run = join(at.dataFolder, 'run');
    for (const left of ['s/left', 'configurations/left']) await mkdir(join(run, left), { recursive: true });
    const next = await startTestHost(createSandboxDriver, { dataFolder: at.dataFolder });
    expect(await readdir(join(run, 's'))).toEqual([]);
    expect(await readdir(join(run, 'configurations'))).toEqual([]);
    await next.end();
  });
});

describe('a runtime that cannot start', () => {
  const profile = openclawProfile('2026.6.35');

  test.each([
    ['an unknown setting', '{"gateway":{"mode":"local"},"nonsense":1}'],
    ['broken JSON', '{ "gateway": {'],
  ])('because OpenClaw rejects its configuration (%s) says so at once', async (_, content) => {
    const broken = { ...profile, configuration: () => [{ path: 'openclaw.json', content }] };
    const at = await startTestHost(createSandboxDriver, { profile: broken });
    const result = await at.host.start(startRequest('broken'));
    expect(result).toMatchObject({ ok: false, reason: 'configuration_invalid', hint: expect.stringMatching(/\w/u) });
    expect(await at.gateways()).toEqual([]);
    expect([...at.tokens]).toEqual([]);
    await at.end();
  });

  test('because it needs more memory than it may have says that', async () => {
    const at = await startTestHost(createSandboxDriver);
    const limits = { memoryBytes: 64 * 1024 ** 2, pids: 256, cpus: 2 };
    expect(await at.host.start(startRequest('small', { limits }))).toMatchObject({ ok: false, reason: 'memory_limit' });
    await at.end();
  });

  test('because the image is gone says that', async () => {
    const image = {
      id: 'openclaw-2026.6.35',
      version: '2026.6.35',
      folder: '/nowhere/image',
      node: 'node',
      openclaw: 'openclaw.mjs',
      compileCache: join(tmpdir(), 'clawpool-no-cache'),
    };
    const entries = [{ id: image.id, version: image.version, typicalMemoryMegabytes: 512 }];
    const images = { default: image.id, entries, installed: async () => true, provide: async () => image };
    const at = await startTestHost(createSandboxDriver, { images });
    expect(await at.host.start(startRequest('imageless'))).toMatchObject({ ok: false, reason: 'image_missing' });
    expect((await at.host.describe()).notes.join()).toContain('start slower');
    await at.end();
    await rm(image.compileCache, { recursive: true, force: true });
  });
});

test('a host whose data folder has a long path keeps its sockets elsewhere, for itself alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-long-'));
  const at = await startTestHost(createSandboxDriver, { dataFolder: join(folder, 'x'.repeat(120)) });
  expect(await at.host.start(startRequest('far'))).toMatchObject({ ok: true });
  expect((await turn(at.host, 'far', 'Hello')).last).toMatchObject({ type: 'done' });
  await at.end();
  await rm(folder, { recursive: true });
});
