import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '@clawpool/client';
import type { Tenant } from '@clawpool/contracts';
import type { World } from './chaos.ts';
import type { Talk } from './load.ts';
import { isGateway, processIds } from './victims.ts';

/** Each list is empty when all is well. */
export interface Verdict {
  stuck: string[];
  leaked: string[];
  lost: string[];
  doubleRuns: string[];
}

/** The longest deadline there is for what the load asks for, and the minute in which the reaper and the reconciler look. */
const quietWithinMs = 12 * 60_000;

const inBetween: readonly Tenant['state'][] = ['queued', 'pending', 'creating', 'migrating', 'restoring', 'deleting'];

export async function judge(world: World, talks: readonly Talk[], doubleRuns: DoubleRunWatch): Promise<Verdict> {
  const stuck = await untilQuiet(world);
  const leaked = await drifts(world);
  const lost = await lostFiles(world, talks);
  return { stuck, leaked, lost, doubleRuns: doubleRuns.end() };
}

/** Waits until nothing is under way; what still is when the longest deadline has passed is stuck. */
async function untilQuiet(world: World): Promise<string[]> {
  const until = Date.now() + quietWithinMs;
  for (;;) {
    const page = await world.attempt((client) => client.call('listTenants', { query: { limit: 1000 } }));
    const busy = page?.tenants.filter(({ state, operation }) => operation !== null || inBetween.includes(state));
    if (busy?.length === 0) return [];
    if (Date.now() > until) {
      return busy?.map(({ id, state, operation }) => `${id}: ${state} ${operation?.kind ?? ''}`) ?? ['no answer'];
    }
    await sleep(1_000);
  }
}

/** The first reconciliation may find what the last kill left; the second must find nothing, and nothing more may be reserved than runs. */
async function drifts({ client }: World): Promise<string[]> {
  await client().call('reconcilePool');
  await sleep(2_000);
  const { drifts: found } = await client().call('reconcilePool');
  const { hosts } = await client().call('pool');
  const { tenants } = await client().call('listTenants', { query: { limit: 1000 } });
  const running = tenants.filter(({ state }) => state === 'running' || state === 'paused').length;
  const counted = hosts.reduce((sum, host) => sum + host.tenants, 0);
  return [
    ...found.map(({ kind, tenantId, detail }) => `${kind} ${tenantId ?? ''}: ${detail}`),
    ...(counted === running ? [] : [`${counted} runtimes are reserved for, ${running} tenants run`]),
  ];
}

/** Every acknowledged line, first on disk, then in the newest checkpoint: the tenant's files are replaced by it and looked at again. */
async function lostFiles(world: World, talks: readonly Talk[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { tenantId, acknowledged } of talks) {
    await settled(world, tenantId, { kind: 'hibernate' });
    lost.push(...missing(world.data, tenantId, acknowledged).map((line) => `on disk: ${line}`));
    await settled(world, tenantId, { kind: 'restore', from: { tenantId } });
    lost.push(...missing(world.data, tenantId, acknowledged).map((line) => `in the checkpoint: ${line}`));
  }
  return lost;
}

/** Does it, and waits for its end; a turn that still runs is waited for. */
async function settled(
  { client }: World,
  tenantId: string,
  body: { kind: 'hibernate' } | { kind: 'restore'; from: { tenantId: string } },
): Promise<void> {
  const params = { tenantId };
  const { state } = await client().call('tenant', { params });
  if (body.kind === 'hibernate' && state !== 'running') return;
  let operation = await untilFree(() => client().call('operateTenant', { params, body }));
  while (operation.finishedAt === null) {
    await sleep(250);
    operation = await client().call('operation', { params: { operationId: operation.id } });
  }
  if (operation.state !== 'succeeded') {
    throw new Error(`${body.kind} of ${tenantId}: ${operation.state} (${operation.reason}) ${operation.message}`);
  }
}

async function untilFree<T>(request: () => Promise<T>): Promise<T> {
  const until = Date.now() + quietWithinMs;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'conflict' || Date.now() > until) throw error;
      await sleep(500);
    }
  }
}

function missing(data: string, tenantId: string, acknowledged: readonly string[]): string[] {
  const file = join(data, 'tenants', tenantId, 'workspace', 'acknowledged.txt');
  const lines = new Set(acknowledged.length === 0 ? [] : readFileSync(file, 'utf8').split('\n'));
  return acknowledged.filter((line) => !lines.has(line));
}

interface DoubleRunWatch {
  /** Tenants that were seen with two runtimes at once. */
  end(): string[];
}

const lookEveryMs = 200;

/**
 * Looks at what every gateway process of this machine has mounted as its folder: two gateways in different mount namespaces with the
 * same tenant's folder are a double run. The kernel names the folder as it is called now, so a claimed warm slot counts for its tenant.
 */
export function watchForDoubleRuns(data: string): DoubleRunWatch {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    const namespaces = new Map<string, Set<string>>();
    for (const pid of processIds()) {
      const run = tenantOf(pid, data);
      if (run) namespaces.set(run.tenantId, (namespaces.get(run.tenantId) ?? new Set()).add(run.namespace));
    }
    for (const [tenantId, found] of namespaces) if (found.size > 1) seen.add(`${tenantId}: ${found.size} runtimes`);
  }, lookEveryMs);
  return {
    end: () => {
      clearInterval(timer);
      return [...seen];
    },
  };
}

function tenantOf(pid: number, data: string): { tenantId: string; namespace: string } | null {
  if (!isGateway(pid)) return null;
  try {
    const folder = join(data, 'tenants');
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
    const tenantId = mounts.split(`${folder}/`)[1]?.split(/[\s/]/)[0];
    return tenantId ? { tenantId, namespace: readlinkSync(`/proc/${pid}/ns/mnt`) } : null;
  } catch {
    return null; // it has just ended
  }
}
