import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import type { EnforcedLimits, Runtime, RuntimeCommand, RuntimeSpec } from '@clawpool/contracts';
import { RuntimeStartError } from '@clawpool/contracts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { openCgroups } from '../cgroups/cgroups.ts';
import { launch } from './launch.ts';
import type { RuntimeRecords } from './records.ts';
import { runtimeRecords } from './records.ts';
import { startError } from './start-error.ts';

/** Starts runtimes of one installation on this host, and ends what earlier control processes of the same installation left. */
export interface Launcher {
  limits(): Promise<{ limits: EnforcedLimits; notes: string[] }>;
  start(request: LaunchRequest): Promise<Runtime>;
  sweep(): Promise<number>;
}

interface LaunchRequest {
  spec: RuntimeSpec;
  command: RuntimeCommand;
  /** Called when surely nothing of the tenant runs any more; tells what to run. Its `argv` ends in a `guarded` command. */
  compose(): Promise<ComposedCommand>;
  /** How many processes of the boundary stand above the command. */
  boundaryProcesses: number;
}

interface ComposedCommand {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  handedOver: readonly Buffer[];
}

/** @param stateFolder names the installation: two installations on one machine have different ones. Made where missing */
export function createLauncher(stateFolder: string): Launcher {
  const alive = new Set<string>();
  let opening: Promise<State> | undefined;

  function open(): Promise<State> {
    opening ??= openState(stateFolder).catch((error) => {
      opening = undefined; // a full disk may have room again at the next start
      throw startError(error, `The state folder ${stateFolder} cannot be used`);
    });
    return opening;
  }

  async function start({ spec, command, compose, boundaryProcesses }: LaunchRequest): Promise<Runtime> {
    const { tenantId, limits } = spec;
    if (!tenantName.test(tenantId)) {
      throw new RuntimeStartError('configuration_invalid', `"${tenantId}" cannot name a runtime`);
    }
    if (alive.has(tenantId)) throw new Error(`Tenant ${tenantId} has a runtime already; stop it first`);
    alive.add(tenantId);
    try {
      const { cgroups, records } = await open();
      await endLeftover(cgroups, records, tenantId);
      const cgroup = cgroups.of(tenantId, boundaryProcesses);
      const composed = await compose();
      const { logFile } = command;
      const runtime = await launch({ ...composed, tenantId, logFile, limits, cgroup, records, boundaryProcesses });
      void runtime.exited.then(() => {
        alive.delete(tenantId);
        if (alive.size === 0) return cgroups.tidy();
      });
      return runtime;
    } catch (error) {
      alive.delete(tenantId);
      throw error;
    }
  }

  async function sweep(): Promise<number> {
    const { cgroups, records } = await open();
    const tenants = new Set([...(await cgroups.tenants()), ...(await records.tenants())]);
    let ended = 0;
    for (const tenantId of tenants) {
      if (!alive.has(tenantId) && (await endLeftover(cgroups, records, tenantId))) ended += 1;
    }
    if (alive.size === 0) await cgroups.tidy();
    return ended;
  }

  async function limits() {
    const { cgroups } = await open();
    return { limits: cgroups.limits, notes: cgroups.notes };
  }

  return { limits, start, sweep };
}

/** What a tenant's id may look like: it names a cgroup and files. */
const tenantName = /^[A-Za-z0-9_-]{1,100}$/;

interface State {
  cgroups: Cgroups;
  records: RuntimeRecords;
}

async function openState(stateFolder: string): Promise<State> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const installation = createHash('sha256')
    .update(await realpath(stateFolder))
    .digest('hex')
    .slice(0, 16);
  return { cgroups: await openCgroups(installation), records: runtimeRecords(stateFolder) };
}

async function endLeftover(cgroups: Cgroups, records: RuntimeRecords, tenantId: string): Promise<boolean> {
  const cgroup = cgroups.of(tenantId, 0);
  await cgroup.freezer?.thaw(); // it may have been paused: then nothing ends it
  const recorded = await records.end(tenantId);
  const inCgroup = await cgroup.remove();
  return recorded || inCgroup > 0;
}
