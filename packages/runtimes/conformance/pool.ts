import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import type {
  Runtime,
  RuntimeDriver,
  RuntimeExit,
  RuntimeLimits,
  RuntimePlace,
  RuntimeSpec,
} from '@clawpool/contracts';

export interface DriverUnderProof {
  /** URL of the module and the name of the factory in it: a control process to be killed loads it by itself. */
  module: string;
  factory: string;
  isolates: boolean;
}

/** A data folder of its own, as private as a real one, with the driver under proof. */
export interface TestPool {
  driver: RuntimeDriver;
  folder: string;
  stateFolder: string;
  tenant(limits?: Partial<RuntimeLimits>): Promise<TestTenant>;
  /** Another driver on the same or another state folder, as a later or a foreign control process has. */
  anotherDriver(stateFolder: string): RuntimeDriver;
  close(): Promise<void>;
}

export interface TestTenant {
  spec: RuntimeSpec;
  place: RuntimePlace;
  logFile: string;
  start(argv: readonly [string, ...string[]], env?: Record<string, string>): Promise<Runtime>;
  /** Starts a shell script, waits for its end and tells what it wrote. */
  shell(script: string): Promise<Finished>;
  /** The same for JavaScript. */
  node(script: string, env?: Record<string, string>): Promise<Finished>;
  /** Command line that runs JavaScript inside. */
  nodeCommand(script: string): [string, ...string[]];
  output(): Promise<string>;
}

interface Finished {
  exit: RuntimeExit;
  output: string;
}

export type DriverFactory = (options: { stateFolder: string }) => RuntimeDriver;

/** `mkdtemp` makes the folder 0700: as root, no tenant's host user can reach anything in it by path. */
export async function createTestPool(createDriver: DriverFactory): Promise<TestPool> {
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-'));
  const stateFolder = await made(join(folder, 'run'));
  const imageFolder = await made(join(folder, 'image'));
  await writeFile(join(imageFolder, 'version'), 'image 1\n');
  const driver = createDriver({ stateFolder });
  const drivers = [driver];
  const started: Runtime[] = [];
  let count = 0;

  async function tenant(limits: Partial<RuntimeLimits> = {}): Promise<TestTenant> {
    count += 1;
    const tenantId = `tenant-${count}`;
    const logFile = join(await made(join(folder, 'logs')), `${tenantId}.log`);
    const spec: RuntimeSpec = {
      tenantId,
      generation: 1,
      folder: await made(join(folder, 'tenants', tenantId)),
      socketFolder: await made(join(folder, 's', String(count))),
      imageFolder,
      readOnly: { [execPath]: 'node' },
      uid: 190_000 + count,
      limits: { memoryBytes: 512 * 1024 * 1024, pids: 100, cpus: 2, ...limits },
    };
    const place = await driver.prepare(spec);
    const nodeCommand = (script: string): [string, ...string[]] => [place.readOnly[execPath] as string, '-e', script];
    const output = () => readFile(logFile, 'utf8').catch(() => '');

    async function start(argv: readonly [string, ...string[]], env: Record<string, string> = {}): Promise<Runtime> {
      const command = { argv, env: { PATH: '/usr/bin:/bin', ...env }, cwd: place.folder, logFile };
      const runtime = await driver.start(spec, place, command);
      started.push(runtime);
      return runtime;
    }

    async function finish(argv: readonly [string, ...string[]], env?: Record<string, string>): Promise<Finished> {
      const before = (await output()).length;
      const exit = await (await start(argv, env)).exited;
      return { exit, output: (await output()).slice(before) };
    }

    return {
      spec,
      place,
      logFile,
      start,
      shell: (script) => finish(['/bin/sh', '-c', script]),
      node: (script, env) => finish(nodeCommand(script), env),
      nodeCommand,
      output,
    };
  }

  function anotherDriver(state: string): RuntimeDriver {
    const another = createDriver({ stateFolder: state });
    drivers.push(another);
    return another;
  }

  async function close(): Promise<void> {
    await Promise.all(started.map((runtime) => runtime.stop(0)));
    for (const each of drivers) await each.sweep();
    await rm(folder, { recursive: true, force: true });
  }

  return { driver, folder, stateFolder, tenant, anotherDriver, close };
}

/** Host processes whose command line holds the marker, whoever's namespace they are in. */
export async function hostProcesses(marker: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]?.includes(marker));
}

/** A word that stands nowhere else on this machine. */
export function uniqueMarker(): string {
  return `clawpool-marker-${crypto.randomUUID()}`;
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}
