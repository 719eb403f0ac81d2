import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProcess, readProcessTable, untilGone, withDescendants } from './process-table.ts';

/** One small file per running runtime, so that a later control process finds what an earlier one left behind. */
export interface RuntimeRecords {
  write(tenantId: string, pid: number): Promise<void>;
  remove(tenantId: string): Promise<void>;
  tenants(): Promise<string[]>;
  /** Kills the recorded process and all below it, unless the record is of another boot or another process. True if it ran. */
  end(tenantId: string): Promise<boolean>;
}

interface RuntimeRecord {
  pid: number;
  startTicks: number;
  bootId: string;
}

export function runtimeRecords(stateFolder: string): RuntimeRecords {
  const folder = join(stateFolder, 'runtimes');
  const fileOf = (tenantId: string) => join(folder, `${tenantId}.json`);

  async function write(tenantId: string, pid: number): Promise<void> {
    const entry = await readProcess(pid);
    if (!entry) return; // it ended already
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const record: RuntimeRecord = { pid, startTicks: entry.startTicks, bootId: await currentBoot() };
    await writeFile(fileOf(tenantId), JSON.stringify(record), { mode: 0o600 });
  }

  async function remove(tenantId: string): Promise<void> {
    await rm(fileOf(tenantId), { force: true });
  }

  async function tenants(): Promise<string[]> {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  }

  async function end(tenantId: string): Promise<boolean> {
    const record = parse(await readFile(fileOf(tenantId), 'utf8').catch(() => ''));
    await remove(tenantId);
    if (!record || record.bootId !== (await currentBoot()) || !(await stillRuns(record))) return false;
    const family = withDescendants(await readProcessTable(), record.pid);
    for (const { pid } of family) kill(pid);
    kill(-record.pid); // its process group: children whose parent ended are no longer below it
    await untilGone(record.pid, family);
    return true;
  }

  return { write, remove, tenants, end };
}

function parse(text: string): RuntimeRecord | undefined {
  try {
    const record = JSON.parse(text) as RuntimeRecord;
    return Number.isInteger(record.pid) && record.pid > 1 ? record : undefined;
  } catch {
    return undefined; // cut short by a crash or a full disk: then the cgroup is what is left to find it by
  }
}

async function stillRuns(record: RuntimeRecord): Promise<boolean> {
  const entry = await readProcess(record.pid);
  return entry !== undefined && entry.startTicks === record.startTicks && !entry.zombie;
}

/** Pids and start times begin anew at every boot. */
async function currentBoot(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}
