import type { Status } from '@clawpool/contracts';
import { connect } from '../connection.ts';
import { formatDuration, renderPairs } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** `clawpool status`: how the running installation is doing. `now` in milliseconds. */
export async function showStatus(
  terminal: Terminal,
  data: string,
  options: { json: boolean; now: number },
): Promise<void> {
  const { client, running } = await connect(data);
  const status = await client.call('status');
  if (options.json) terminal.json({ url: running.url, pid: running.pid, ...status });
  else terminal.print(describeStatus(status, running.url, options.now));
}

export function describeStatus(status: Status, url: string, now: number): string {
  const { driver, model, tenants, turns } = status;
  return renderPairs([
    ['Console', url],
    ['Version', status.version],
    ['Running', `since ${status.startedAt} (${formatDuration(now - Date.parse(status.startedAt))})`],
    ['Data', status.data],
    ['Database', `${status.database.kind} PostgreSQL ${status.database.version}`],
    ['Driver', [`${driver.name}: ${driver.why}`, ...describeDriver(driver)].join('\n')],
    ['Image', status.image],
    ['Model', `${model.provider}/${model.model}${model.fallback ? `, then ${model.fallback}` : ''}`],
    ['Tenants', `${tenants.running} running, ${tenants.failed} failed, ${tenants.total} in all`],
    ['Turns', `${turns.running} running, ${turns.waiting} waiting`],
  ]);
}

/** What the driver enforces, and what it does not. */
export function describeDriver(driver: {
  isolates: boolean;
  limits: { memory: string; pids: string; cpu: string };
  notes: readonly string[];
}): string[] {
  const limits = { memory: driver.limits.memory, processes: driver.limits.pids, CPU: driver.limits.cpu };
  const enforced = Object.entries(limits).filter(([, how]) => how !== 'none');
  const missing = Object.entries(limits).filter(([, how]) => how === 'none');
  return [
    ...(driver.isolates ? [] : ['NOT ISOLATED: agents can read this machine and each other']),
    ...(enforced.length > 0 ? [`limits: ${enforced.map(([what, how]) => `${what} (${how})`).join(', ')}`] : []),
    ...(missing.length > 0 ? [`not limited here: ${missing.map(([what]) => what).join(', ')}`] : []),
    ...driver.notes.map((note) => `note: ${note}`),
  ];
}
