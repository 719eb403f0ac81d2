import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, startRequest, startTestHost, turn, turnEvents, until } from './testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

const session = 'emp__carol__1';

async function commands(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

const images = [
  { image: 'openclaw-2026.6.35', endsTools: true },
  { image: 'openclaw-2026.3.24', endsTools: false },
];

describe.each(images)('a turn that nobody waits for any more, in $image', ({ image, endsTools }) => {
  let at: TestHost;
  beforeAll(async () => {
    at = await startTestHost(createSandboxDriver);
    expect(await at.host.start(startRequest('carol', { image }))).toMatchObject({ ok: true });
    await turn(at.host, 'carol', 'Hello', session);
  });
  afterAll(() => at?.end());

  async function giveUp(message: string, when: () => Promise<unknown>): Promise<void> {
    const abort = new AbortController();
    void when().then(() => abort.abort());
    for await (const _ of turnEvents(at.host, 'carol', message, session, abort.signal));
  }
  const workspace = () => join(at.dataFolder, 'tenants/carol/workspace');
  const locks = async () => {
    const names = await readdir(join(at.dataFolder, 'tenants/carol/state/agents/main/sessions'));
    return names.filter((name) => name.endsWith('.lock'));
  };

  // The first model call comes after some 50 ms: before it OpenClaw reads its session, with it locked.
  test('leaves its session free, whenever it is given up', async () => {
    for (let delayMs = 0; delayMs < 100; delayMs += 7) {
      await giveUp(`Given up after ${delayMs} ms`, () => sleep(delayMs));
      const { last } = await turn(at.host, 'carol', `And after ${delayMs} ms?`, session);
      expect(last).toMatchObject({ type: 'done', text: expect.stringContaining(`And after ${delayMs} ms?`) });
    }
    await until(async () => (await locks()).length === 0);
  });

  test('is at a model call: the call ends, and the session is free', async () => {
    const calls = at.model.calls.length;
    await giveUp('Say something long, SLOW', () => until(() => at.model.calls.length > calls));
    expect((await turn(at.host, 'carol', 'Something short?', session)).last).toMatchObject({ type: 'done' });
  });

  if (endsTools)
    test('is at a tool: the tool ends, and the session is free', async () => {
      await giveUp('RUN touch begun && sleep 3600.4711', () => until(() => existsSync(join(workspace(), 'begun'))));
      expect((await turn(at.host, 'carol', 'Something else?', session)).last).toMatchObject({ type: 'done' });
      await until(async () => !(await commands()).some((command) => command.includes('3600.4711')));
    });
});
