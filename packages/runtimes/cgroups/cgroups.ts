import { execFile } from 'node:child_process';
import { readdir, rmdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { EnforcedLimits } from '@clawpool/contracts';
import type { Cgroup } from './cgroup.ts';
import { cgroupOf } from './cgroup.ts';
import type { Branch, Controller } from './hierarchy.ts';
import { findBranches } from './hierarchy.ts';

/** This installation's cgroups on this machine, whatever version the machine mounts. */
export interface Cgroups {
  readonly limits: EnforcedLimits;
  /** What is not enforced here and how to get it; empty when everything is. */
  readonly notes: string[];
  /** The tenant's cgroup, which need not exist yet. */
  of(tenantId: string, boundaryProcesses: number): Cgroup;
  /** Tenants that have a cgroup now. */
  tenants(): Promise<string[]>;
  /** Removes the installation's own cgroups where no tenant's is left in them; the next start makes them anew. */
  tidy(): Promise<void>;
}

/**
 * Finds out, by trying, which limits can be enforced on this machine. Works for version 1, version 2, machines that mount both, and a
 * part of version 2 that systemd delegated to a normal user. Never throws: what is not writable is reported as `none`.
 *
 * @param installation name that tells this installation's cgroups apart from another's on the same machine
 */
export async function openCgroups(installation: string): Promise<Cgroups> {
  const found = await findBranches(installation).catch(() => []);
  const branches: Branch[] = [];
  for (const branch of found) if (await canJoin(branch)) branches.push(branch);
  await tidy(found);
  const limits = {
    memory: enforcer(branches, 'memory'),
    pids: enforcer(branches, 'pids'),
    cpu: enforcer(branches, 'cpu'),
  };
  return {
    limits,
    notes: notesOn(limits),
    of: (tenantId, boundaryProcesses) => cgroupOf(branches, tenantId, boundaryProcesses),
    tenants: () => childCgroups(branches),
    tidy: () => tidy(branches),
  };
}

async function tidy(branches: readonly Branch[]): Promise<void> {
  for (const { folder } of branches) await rmdir(folder).catch(() => {}); // refused while a cgroup is in it
}

async function childCgroups(branches: readonly Branch[]): Promise<string[]> {
  const names = new Set<string>();
  for (const { folder } of branches) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) names.add(entry.name);
  }
  return [...names];
}

/** A folder may be ours to write while the kernel still refuses to move a process from our own cgroup into it. */
async function canJoin(branch: Branch): Promise<boolean> {
  const trial = cgroupOf([branch], `trial.${process.pid}`, 0);
  try {
    await trial.create({ memoryBytes: 64 * 1024 * 1024, pids: 16, cpus: 1 });
    await run('/bin/sh', ['-c', 'for file do echo $$ >"$file" || exit 1; done', 'join', ...trial.joinFiles]);
    return true;
  } catch {
    return false;
  } finally {
    await trial.remove();
  }
}

const run = promisify(execFile);

function enforcer(branches: readonly Branch[], controller: Controller): EnforcedLimits['memory'] {
  const branch = branches.find((each) => each.controllers.includes(controller));
  return branch ? `cgroup-${branch.version}` : 'none';
}

function notesOn(limits: EnforcedLimits): string[] {
  const missing = (['memory', 'pids', 'cpu'] as const).filter((name) => limits[name] === 'none');
  if (missing.length === 0) return [];
  const words = { memory: 'memory', pids: 'number of processes', cpu: 'CPU time' };
  const means = process.getuid?.() === 0 ? 'Mount a writable cgroup file system at /sys/fs/cgroup' : delegationHint;
  return [
    `Not limited on this machine: ${missing.map((name) => words[name]).join(', ')}; one agent can starve the others. ${means}.`,
  ];
}

const delegationHint =
  'Start Clawpool with "systemd-run --user --scope -p Delegate=yes", as a service with Delegate=yes, or as root';
