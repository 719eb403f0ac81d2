import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnexpectedExit } from '@clawpool/contracts';
import { createProcessDriver, createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, slotRequest, startRequest, startTestHost, turn, until } from './testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

let at: TestHost;
const exits: UnexpectedExit[] = [];
let slots = 0;
let lastUid = 0;

beforeAll(async () => {
  at = await startTestHost(createSandboxDriver);
  at.host.onExit((exit) => exits.push(exit));
});
afterAll(() => at?.end());

async function preparedSlot(changes: Parameters<typeof slotRequest>[1] = {}): Promise<string> {
  slots += 1;
  const slotId = `slot-${slots}`;
  const request = slotRequest(slotId, changes);
  expect(await at.host.prepareSlot(request)).toMatchObject({ ok: true });
  lastUid = request.uid;
  return slotId;
}

const callsOf = (tenantId: string) => at.model.calls.filter((call) => call.tenantId === tenantId);
const folderOf = (id: string) => join(at.dataFolder, 'tenants', id);
/** Which of a tenant's files have this in them, whatever kind of file they are. Its gateway may remove one meanwhile. */
function filesWith(id: string, what: RegExp): string[] {
  const names = readdirSync(folderOf(id), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => {
    const file = join(folderOf(id), name);
    if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return false;
    if (what.test(name)) return true;
    try {
      return what.test(readFileSync(file, 'latin1'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
}

const asRoot = process.getuid?.() === 0;

describe('a warm slot', () => {
  test('has been exercised without a single call that reaches the model gateway, and has a token that is nobody’s', async () => {
    const slotId = await preparedSlot();
    expect(at.model.calls).toEqual([]);
    expect([...at.tokens]).toEqual([expect.stringMatching(/^reserved/u)]);
    expect(await at.host.list()).toMatchObject([
      { id: slotId, kind: 'slot', state: 'running', answers: true, generation: 0, image: 'openclaw-2026.6.35' },
    ]);
    expect(readFileSync(join(folderOf(slotId), 'state/agents/main/sessions/sessions.json'), 'utf8')).toContain(
      'throw-away',
    );
    await at.host.dropSlot(slotId);
  });

  test('that is dropped leaves nothing behind; dropping it again is no error', async () => {
    const slotId = await preparedSlot();
    await at.host.dropSlot(slotId);
    await at.host.dropSlot(slotId);
    expect(await at.host.list()).toEqual([]);
    expect(await at.gateways()).toEqual([]);
    expect([...at.tokens]).toEqual([]);
    for (const folder of ['tenants', 'run/configurations', 'run/s', 'run/logs']) {
      expect((await readdir(join(at.dataFolder, folder))).filter((name) => name.startsWith('slot-'))).toEqual([]);
    }
    expect(await at.host.claimSlot(slotId, startRequest('late'))).toBeNull();
  });

  test('that is dropped while it boots, or cannot boot, leaves nothing behind', async () => {
    const booting = at.host.prepareSlot(slotRequest('slot-dropped'));
    await at.host.dropSlot('slot-dropped');
    expect(await booting).toMatchObject({ ok: false });
    const limits = { memoryBytes: 64 * 1024 ** 2, pids: 256, cpus: 2 };
    expect(await at.host.prepareSlot(slotRequest('slot-small', { limits }))).toMatchObject({
      ok: false,
      reason: 'memory_limit',
    });
    expect(await at.host.prepareSlot(slotRequest('slot-odd', { image: 'openclaw-1' }))).toMatchObject({
      ok: false,
      reason: 'image_missing',
    });
    expect(await readdir(join(at.dataFolder, 'tenants'))).toEqual([]);
    expect([...at.tokens]).toEqual([]);
  });

  test('that ends by itself is told under its own id', async () => {
    const slotId = await preparedSlot();
    for (const pid of await at.gateways()) process.kill(pid, 'SIGKILL');
    await until(() => exits.length > 0);
    expect(exits.splice(0)).toMatchObject([{ tenantId: slotId, reason: 'exited' }]);
    await until(() => !existsSync(folderOf(slotId)));
    expect(await at.host.claimSlot(slotId, startRequest('late'))).toBeNull();
  });

  test('cannot be had twice, nor under a name that a tenant could have', async () => {
    const slotId = await preparedSlot();
    await expect(at.host.prepareSlot(slotRequest(slotId))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(at.host.prepareSlot(slotRequest('ryan'))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(at.host.start(startRequest('slot-x'))).rejects.toMatchObject({ code: 'invalid_request' });
    await at.host.dropSlot(slotId);
  });

  test('is not offered by a driver that shows every tenant its folder under another path', async () => {
    const other = await startTestHost(createProcessDriver);
    expect(await other.host.prepareSlot(slotRequest('slot-process'))).toMatchObject({
      ok: false,
      reason: 'driver_unavailable',
      hint: expect.stringContaining('isolates'),
    });
    await other.end();
  });
});

describe('a new tenant that claims a slot', () => {
  let pid: number | undefined;
  let slotId: string;
  const request = startRequest('newcomer', { generation: 3 }, { tools: ['file', 'file_write'] });
  const configuration = () => readFileSync(join(at.dataFolder, 'run/configurations', slotId, 'openclaw.json'), 'utf8');

  beforeAll(async () => {
    slotId = await preparedSlot();
    [pid] = await at.gateways();
  });
  afterAll(() => at.host.stop('newcomer'));

  test('has its runtime at once, without a restart and without a change of its configuration', async () => {
    const before = configuration();
    expect(await at.host.claimSlot(slotId, request)).toMatchObject({ ok: true });
    expect(await at.gateways()).toEqual([pid]);
    expect(configuration()).toBe(before);
    expect([...at.tokens]).toEqual(['newcomer/3']);
    expect(await at.host.list()).toMatchObject([{ id: 'newcomer', kind: 'tenant', generation: 3, answers: true }]);
    expect(await at.host.claimSlot(slotId, startRequest('second'))).toBeNull();
    await at.host.dropSlot(slotId); // it is none any more
    expect(await at.gateways()).toEqual([pid]);
  });

  test('finds nothing of what the slot was exercised with: no file, no session, no commit', async () => {
    expect(filesWith('newcomer', /throw-away|Go through your tools|Nobody|note\.txt/u)).toEqual([]);
    expect(existsSync(join(folderOf('newcomer'), 'workspace/.git'))).toBe(false);
  });

  test('answers its first turn as who it is, and only then its own configuration is written', async () => {
    expect((await turn(at.host, 'newcomer', 'Who are you?')).last).toMatchObject({ type: 'done' });
    const [call, ...others] = callsOf('newcomer');
    expect(others).toEqual([]);
    expect(call?.system).toContain('You are Ryan’s agent, a digital colleague of ACME Corp');
    expect(call?.authorization).toMatch(/^Bearer token-of-reserved/u);
    expect(call?.revision).toBe('0');
    expect(call?.tools).toContain('exec'); // the tier's ceiling; the model gateway removes it
    await until(() => !/"exec"[,\n]/u.test(configuration()));
    await until(async () => {
      await turn(at.host, 'newcomer', 'And now?', 'emp__ryan__2');
      return callsOf('newcomer').at(-1)?.revision === '3.1';
    });
    expect(callsOf('newcomer').at(-1)?.tools).toEqual(['apply_patch', 'edit', 'read', 'session_status', 'write']);
    expect(await at.gateways()).toEqual([pid]);
  });

  test('has a log of its own, which outlives the runtime', async () => {
    const lines = (await at.host.logs('newcomer', 1_000)).join('\n');
    expect(lines).toContain('Who are you?');
    expect(lines).not.toContain('Done.');
    await at.host.stop('newcomer');
    expect((await at.host.logs('newcomer', 1_000)).join('\n')).toContain('Who are you?');
    expect(await readdir(join(at.dataFolder, 'run/logs'))).not.toContain(`${slotId}.log`);
    expect([...at.tokens]).toEqual([]);
  });
});

describe('a tenant with files that claims a slot', () => {
  const request = startRequest('carol');
  const claim = async (changes: Partial<typeof request> = {}) =>
    at.host.claimSlot(await preparedSlot(), { ...request, ...changes });

  beforeAll(async () => {
    await at.host.start(request);
    await turn(at.host, 'carol', 'My number is 4711.', 'emp__carol__1');
    await turn(
      at.host,
      'carol',
      'RUN echo kept > kept.txt; echo I know 99. > MEMORY.md; git add .; git commit -qm first',
    );
    await at.host.stop('carol');
    const workspace = join(folderOf('carol'), 'workspace');
    await link(join(workspace, 'kept.txt'), join(workspace, 'second-name.txt'));
    await writeFile(
      Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from([0x66, 0xff, 0xfe])]),
      'a name that is no text',
    );
  });
  afterAll(() => at.host.stop('carol'));

  test('goes on with its sessions and its files, as its own user', async () => {
    expect(await claim({ generation: 2 })).toMatchObject({ ok: true });
    await turn(at.host, 'carol', 'What is my number?', 'emp__carol__1');
    const call = callsOf('carol').at(-1);
    expect(JSON.stringify(call?.messages)).toContain('4711');
    expect(call?.system).toContain('I know 99.');
    const { last } = await turn(
      at.host,
      'carol',
      'RUN cat kept.txt second-name.txt f*; git log --format=%s; echo more >> second-name.txt',
    );
    expect(last).toMatchObject({ text: expect.stringMatching(/kept\nkept\na name that is no textfirst/u) });
    expect(readFileSync(join(folderOf('carol'), 'workspace/kept.txt'), 'utf8')).toBe('kept\nmore\n');
    if (asRoot) {
      const names = readdirSync(folderOf('carol'), { recursive: true, encoding: 'utf8' });
      const users = new Set(
        names.map((name) => lstatSync(join(folderOf('carol'), name), { throwIfNoEntry: false })?.uid),
      );
      users.delete(undefined); // the name that is no text
      expect([...users]).toEqual([lastUid]);
    }
    await at.host.stop('carol');
  });

  test('goes on in a plain start, and in a slot after that', async () => {
    expect(await at.host.start({ ...request, generation: 3 })).toMatchObject({ ok: true });
    await turn(at.host, 'carol', 'RUN echo again >> kept.txt && cat second-name.txt', 'emp__carol__2');
    expect(JSON.stringify(callsOf('carol').at(-1)?.messages)).toContain('kept\\nmore\\nagain');
    expect(await claim({ generation: 4 })).toMatchObject({ ok: true });
    expect(await at.gateways()).toHaveLength(1);
    await turn(at.host, 'carol', 'And my number?', 'emp__carol__1');
    expect(JSON.stringify(callsOf('carol').at(-1)?.messages)).toContain('4711');
    await at.host.stop('carol');
    expect(await readdir(join(at.dataFolder, 'tenants'))).toEqual(['carol', 'newcomer']);
  });

  test('without a shell runs no command even in its first turn, though the slot’s tier has one', async () => {
    const narrower = { ...request.agent, tools: ['file'] as const };
    expect(await claim({ generation: 5, agent: narrower })).toMatchObject({ ok: true });
    await turn(at.host, 'carol', 'RUN touch ran /tenant/ran', 'emp__carol__forced');
    expect(JSON.stringify(callsOf('carol').at(-1)?.messages)).toContain('denied');
    expect(filesWith('carol', /^(workspace\/)?ran$/u)).toEqual([]);
    await at.host.stop('carol');
  });

  test('does not go on with a turn that was broken off', async () => {
    await at.host.start({ ...request, generation: 6 });
    const broken = turn(at.host, 'carol', 'Once only, SLOW', 'emp__carol__broken');
    await until(() => JSON.stringify(callsOf('carol').at(-1)?.messages).includes('Once only'));
    for (const pid of await at.gateways()) process.kill(pid, 'SIGKILL');
    await broken;
    await until(() => exits.splice(0).length > 0);
    const sessions = join(folderOf('carol'), 'state/agents/main/sessions/sessions.json');
    expect(readFileSync(sessions, 'utf8')).toContain('"running"');
    expect(await claim({ generation: 7 })).toMatchObject({ ok: true });
    expect(readFileSync(sessions, 'utf8')).not.toContain('"running"');
    expect((await turn(at.host, 'carol', 'Once only, SLOW', 'emp__carol__broken')).last).toMatchObject({
      type: 'done',
    });
    const messages = JSON.stringify(callsOf('carol').at(-1)?.messages);
    expect(messages.match(/Once only/gu)).toHaveLength(1);
  });

  test('that ends by itself is told under the tenant’s id', async () => {
    for (const pid of await at.gateways()) process.kill(pid, 'SIGKILL');
    await until(() => exits.length > 0);
    expect(exits.splice(0)).toMatchObject([{ tenantId: 'carol', generation: 7, reason: 'exited' }]);
    expect([...at.tokens]).toEqual([]);
  });
});

describe('a claim that cannot be', () => {
  test('because two want the same slot is one tenant’s', async () => {
    const slotId = await preparedSlot();
    const results = await Promise.all(['one', 'two'].map((id) => at.host.claimSlot(slotId, startRequest(id))));
    expect(results).toEqual([expect.objectContaining({ ok: true }), null]);
    await at.host.stop('one');
  });

  test('because the slot is silent ends the slot; the tenant is as before', async () => {
    const slotId = await preparedSlot();
    for (const pid of await at.gateways()) process.kill(pid, 'SIGSTOP');
    expect(await at.host.claimSlot(slotId, startRequest('patient'))).toBeNull();
    expect(await at.gateways()).toEqual([]);
    expect(existsSync(folderOf(slotId)) || existsSync(folderOf('patient'))).toBe(false);
    expect([...at.tokens]).toEqual([]);
  });

  test('because the slot is another organization’s, or of another image, ends the slot', async () => {
    for (const changes of [{ organizationId: 'other' }, { image: 'openclaw-2026.3.24' }]) {
      expect(await at.host.claimSlot(await preparedSlot(), startRequest('stranger', changes))).toBeNull();
    }
    expect(await at.gateways()).toEqual([]);
  });

  test.each([
    [
      'too many files',
      async (folder: string) => {
        await mkdir(join(folder, 'workspace/many'), { recursive: true });
        for (let n = 0; n <= 10_000; n += 1) await writeFile(join(folder, 'workspace/many', String(n)), '');
      },
    ],
    [
      'a link where a folder has to be',
      async (folder: string) => {
        await mkdir(folder, { recursive: true });
        await symlink(at.dataFolder, join(folder, 'workspace'));
      },
    ],
  ])('because the tenant has %s leaves them where they are', async (_, plant) => {
    await plant(folderOf('odd'));
    expect(await at.host.claimSlot(await preparedSlot(), startRequest('odd'))).toBeNull();
    expect(readdirSync(folderOf('odd'))).toEqual(['workspace']);
    await at.host.removeFiles('odd');
    expect(existsSync(folderOf('odd'))).toBe(false);
    expect(existsSync(join(at.dataFolder, 'run'))).toBe(true);
  });

  test('because a newer start came first changes nothing of that one', async () => {
    await at.host.start(startRequest('fresh', { generation: 9 }));
    const [pid] = await at.gateways();
    expect(await at.host.claimSlot(await preparedSlot(), startRequest('fresh', { generation: 8 }))).toMatchObject({
      ok: false,
    });
    expect(await at.gateways()).toEqual([pid]);
    await at.host.stop('fresh');
  });
});
