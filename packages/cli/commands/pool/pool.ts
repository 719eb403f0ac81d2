import type { CallInput, CallResult } from '@clawpool/client';
import type { Drift, Quotas } from '@clawpool/contracts';
import { connect } from '../../connection.ts';
import { renderPairs, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';

interface Output {
  json: boolean;
}

/** `clawpool pool`: hosts and their room, warm slots, operations, drift. */
export async function showPool(terminal: Terminal, data: string, { json }: Output): Promise<void> {
  const { client } = await connect(data);
  const pool = await client.call('pool');
  if (json) terminal.json(pool);
  else terminal.print(describePool(pool));
}

export function describePool(pool: CallResult<'pool'>): string {
  const hosts = pool.hosts.map(({ id, state, driver, cpus, memoryMegabytes, diskMegabytes, tenants, warmSlots }) =>
    [
      id,
      state,
      driver,
      `${share(cpus)} cores`,
      `${share(memoryMegabytes)} MiB`,
      `${Math.round(diskMegabytes.free)} of ${Math.round(diskMegabytes.total)} MiB free`,
      `${tenants} + ${warmSlots} warm`,
    ].map(harmless),
  );
  const slots = pool.warmSlots.map(
    ({ tier, image, ready, booting, target, demandPerMinute, claims, misses, ...bounds }) =>
      [
        tier,
        image,
        `${ready} of ${target}${booting > 0 ? `, ${booting} booting` : ''}`,
        `${bounds.minimum} to ${bounds.maximum}`,
        demandPerMinute.toFixed(2),
        `${claims} claimed, ${misses} missed`,
      ].map(harmless),
  );
  const { queued, running, failedLastHour } = pool.operations;
  return [
    renderTable(['HOST', 'STATE', 'DRIVER', 'CPU', 'MEMORY', 'DISK', 'RUNTIMES'], hosts),
    '',
    slots.length > 0
      ? renderTable(['WARM SLOTS', 'IMAGE', 'READY', 'BOUNDS', 'DEMAND/MIN', 'SINCE START'], slots)
      : 'No warm slots yet.',
    '',
    `Operations: ${running} running, ${queued} waiting, ${failedLastHour} failed in the last hour`,
    `Reconciled: ${pool.reconciledAt ?? 'not yet'}`,
    ...(pool.drifts.length > 0 ? ['', describeDrifts(pool.drifts.slice(0, 20))] : []),
  ].join('\n');
}

const share = ({ reserved, total }: { reserved: number; total: number }): string =>
  `${Number(reserved.toFixed(1))} of ${Number(total.toFixed(1))}`;

function describeDrifts(drifts: readonly Drift[]): string {
  const rows = drifts.map(({ at, kind, tenantId, host, action, detail }) =>
    [at, kind, tenantId ?? '-', host ?? '-', action, detail].map(harmless),
  );
  return renderTable(['FOUND', 'DRIFT', 'TENANT', 'HOST', 'DONE', 'DETAIL'], rows);
}

/** `clawpool pool reconcile` */
export async function reconcilePool(terminal: Terminal, data: string, { json }: Output): Promise<void> {
  const { client } = await connect(data);
  const { drifts } = await client.call('reconcilePool');
  if (json) terminal.json({ drifts });
  else terminal.print(drifts.length === 0 ? 'Ledger and hosts agree.' : describeDrifts(drifts));
}

/** `clawpool pool warm-slots` */
export async function setWarmSlots(
  terminal: Terminal,
  data: string,
  options: { tier: string; minimum: number; maximum: number; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const { tier, minimum, maximum } = options;
  const group = await client.call('setWarmSlots', { params: { tier }, body: { minimum, maximum } });
  if (options.json) terminal.json(group);
  else terminal.print(`${group.tier}: ${group.minimum} to ${group.maximum} warm slots, now ${group.ready} ready`);
}

/** `clawpool pool quotas`: shows them, changed where anything was given; null is no limit. */
export async function showQuotas(
  terminal: Terminal,
  data: string,
  changes: Partial<NonNullable<CallInput<'setQuotas'>['body']>>,
  { json }: Output,
): Promise<void> {
  const { client } = await connect(data);
  if (Object.keys(changes).length > 0) {
    const { quotas } = await client.call('quotas');
    await client.call('setQuotas', { body: { ...quotas, ...changes } });
  }
  const { quotas, used } = await client.call('quotas');
  if (json) return terminal.json({ quotas, used });
  const of = (limit: number | null) => (limit === null ? 'no limit' : `of ${limit}`);
  const perTenant = (key: keyof Quotas, unit: string) => (quotas[key] === null ? 'no limit' : `${quotas[key]} ${unit}`);
  terminal.print(
    renderPairs([
      ['Tenants', `${used.tenants} ${of(quotas.tenants)}`],
      ['Running', `${used.runningTenants} ${of(quotas.runningTenants)}`],
      ['CPU cores', `${used.cpus} ${of(quotas.totalCpus)}; of one tenant: ${perTenant('cpusPerTenant', 'cores')}`],
      [
        'Memory MiB',
        `${used.memoryMegabytes} ${of(quotas.totalMemoryMegabytes)}; of one tenant: ${perTenant('memoryMegabytesPerTenant', 'MiB')}`,
      ],
      [
        'Disk MiB',
        `${used.diskMegabytes} ${of(quotas.totalDiskMegabytes)}; of one tenant: ${perTenant('diskMegabytesPerTenant', 'MiB')}`,
      ],
    ]),
  );
}
