import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseCgroupMounts } from '../cgroups/hierarchy.ts';
import { readProcessTable, withDescendants } from '../launch/process-table.ts';
import { freezerOf } from './freezer.ts';
import type { Standstill } from './standstill.ts';
import { stopSignals } from './stop-signals.ts';

// The conformance suite proves the way a driver takes on this machine. Here are all ways that this machine has.

let folder: string;
const ends: (() => Promise<unknown>)[] = [];
const forever = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-freezer-'));
});
afterAll(async () => {
  for (const end of ends) await end();
  await rm(folder, { recursive: true });
});

test('every cgroup hierarchy of this machine that can freeze makes a family of processes stand still', async () => {
  const mounts = parseCgroupMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const able = mounts.filter(({ version, controllers }) => version === 'v2' || controllers.includes('freezer'));
  let proved = 0;
  for (const { version, mountPoint } of able) {
    const cgroup = join(mountPoint, `clawpool-freezer-test-${process.pid}`);
    if (
      !(await mkdir(cgroup).then(
        () => true,
        () => false,
      ))
    )
      continue; // not ours to write
    ends.push(() => rmdir(cgroup));
    const family = await busyFamily(`${proved}`, (pid) => writeFile(join(cgroup, 'cgroup.procs'), String(pid)));
    await proveStandstill(freezerOf(cgroup, version), family.counter);
    await family.end(cgroup);
    proved += 1;
  }
  expect(proved, 'No cgroup hierarchy of this machine is writable: start the tests as root').toBeGreaterThan(0);
});

test('signals do it where no cgroup can be frozen', async () => {
  const family = await busyFamily('signals', async () => {});
  const members = async () => withDescendants(await readProcessTable(), family.pid);
  await proveStandstill(stopSignals(members), family.counter);
  await family.end();
});

test('a standstill that is called off leaves everything running', async () => {
  const family = await busyFamily('called-off', async () => {});
  const members = async () => withDescendants(await readProcessTable(), family.pid);
  await expect(stopSignals(members).freeze(AbortSignal.abort())).rejects.toThrow();
  await moves(family.counter);
  await family.end();
});

async function proveStandstill(standstill: Standstill, counter: string): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    await moves(counter);
    await standstill.freeze(forever);
    const before = await readFile(counter, 'utf8');
    await sleep(30);
    expect(await readFile(counter, 'utf8')).toBe(before);
    await standstill.thaw();
  }
  await moves(counter);
}

async function moves(counter: string): Promise<void> {
  const length = async () => (await readFile(counter, 'utf8').catch(() => '')).length;
  const before = await length();
  await vi.waitFor(async () => expect(await length()).toBeGreaterThan(before), { timeout: 20_000 });
}

/** Processes that start others without a pause, each of which appends to one file. */
async function busyFamily(name: string, join_: (pid: number) => Promise<unknown>) {
  const counter = join(folder, name);
  const loop = `(while :; do (echo x >>${counter}; true) & wait; done) &`;
  const child = spawn('/bin/sh', ['-c', `read go; ${loop} ${loop} ${loop} wait`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await join_(child.pid as number);
  child.stdin.end('go\n');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  async function end(cgroup?: string): Promise<void> {
    for (;;) {
      const listed = cgroup ? (await readFile(join(cgroup, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean) : [];
      const table = withDescendants(await readProcessTable(), child.pid as number).filter(({ zombie }) => !zombie);
      const pids = new Set([...listed.map(Number), ...table.map(({ pid }) => pid)]);
      if (pids.size === 0) break;
      // Those that start others first: what is left then ends by itself.
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it ended meanwhile
        }
      }
      await sleep(5);
    }
    await gone;
  }
  return { pid: child.pid as number, counter, end };
}
