import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TurnEvent } from '@clawpool/contracts';
import { createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, startRequest, startTestHost, turn, turnContext, until } from './testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

describe('whoever only tries an agent out', () => {
  let at: TestHost;
  let tests = 0;
  beforeAll(async () => {
    at = await startTestHost(createSandboxDriver);
    expect(await at.host.start(startRequest('carol'))).toMatchObject({ ok: true });
    await turn(at.host, 'carol', 'RUN echo likes tea > MEMORY.md');
  });
  beforeEach(async () => expect(await memory()).toBe('likes tea\n'));
  afterAll(() => at?.end());

  const inWorkspace = (path: string) => join(at.dataFolder, 'tenants/carol/workspace', path);
  const memory = () => readFile(inWorkspace('MEMORY.md'), 'utf8');
  const copy = () => join(at.dataFolder, 'run/memories/carol.json');

  /** Its last event. */
  async function tryOut(text: string, signal = new AbortController().signal): Promise<TurnEvent | undefined> {
    tests += 1;
    const of = { tenantId: 'carol', turnId: `test-${tests}`, session: `pgnd__carol__${tests}` };
    let last: TurnEvent | undefined;
    for await (const event of at.host.turn({ ...of, text, context: turnContext({ path: 'pgnd' }) }, signal))
      last = event;
    return last;
  }

  test('waits until others are answered, is alone, and leaves nothing in its memory', async () => {
    const own = turn(
      at.host,
      'carol',
      'RUN touch begun; until [ -f go ]; do sleep 0.05; done; touch over',
      'emp__carol__own',
    );
    await until(() => existsSync(inWorkspace('begun')));
    const tried = tryOut('RUN ls over; echo likes coffee > MEMORY.md; cat MEMORY.md');
    const later = turn(at.host, 'carol', 'RUN cat MEMORY.md; echo later', 'emp__carol__later');
    await writeFile(inWorkspace('go'), '');
    expect((await own).last).toMatchObject({ type: 'done' });
    expect(await tried).toMatchObject({ type: 'done', text: expect.stringMatching(/over\s+likes coffee/u) });
    expect((await later).last).toMatchObject({ type: 'done', text: expect.stringMatching(/likes tea\s+later/u) });
    expect(existsSync(copy())).toBe(false);
  });

  test('and breaks the test off leaves nothing either: the next one waits until it has really ended', async () => {
    const abort = new AbortController();
    const tried = tryOut('RUN echo likes coffee > MEMORY.md; touch tried; sleep 3600.4712', abort.signal);
    await until(() => existsSync(inWorkspace('tried')));
    expect(existsSync(copy())).toBe(true);
    abort.abort();
    await tried;
    const { last } = await turn(at.host, 'carol', 'RUN cat MEMORY.md; echo afterwards', 'emp__carol__afterwards');
    expect(last).toMatchObject({ type: 'done', text: expect.stringMatching(/likes tea\s+afterwards/u) });
  });

  test('when the runtime is killed leaves nothing either', async () => {
    const tried = tryOut('RUN echo likes coffee > MEMORY.md; touch dying; sleep 3600.4713');
    await until(() => existsSync(inWorkspace('dying')));
    for (const pid of await at.gateways()) process.kill(pid, 'SIGKILL');
    expect(await tried).toMatchObject({ type: 'failed' });
    await until(() => !existsSync(copy()));
    expect(await memory()).toBe('likes tea\n');
  });
});
