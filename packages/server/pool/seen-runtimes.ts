import type { Host } from '@clawpool/contracts';
import type { Runtimes } from './runtimes.ts';
import type { SeenRuntime, SeenUsage } from './tenant-view.ts';

/** What hosts say of runtimes, asked no more often than somebody looks and no more often than it changes. */
export interface SeenRuntimes {
  of(tenantId: string): SeenRuntime | null;
  /** Asks the hosts again when what is known is older than some seconds; the first time it is waited for. */
  refresh(): Promise<void>;
  /** Null when it does not run. */
  usage(tenantId: string): Promise<SeenUsage | null>;
}

/** Each look asks every gateway whether it answers. */
const freshMs = 10_000;
const longAgoMs = 30_000;

export function createSeenRuntimes(
  hosts: ReadonlyMap<string, Host>,
  runtimes: Runtimes,
  onError: (error: unknown) => void,
): SeenRuntimes {
  let seen = new Map<string, SeenRuntime['runtime']>();
  let at: Date | null = null;
  let asking: Promise<void> | null = null;
  const measured = new Map<string, { cpuSeconds: number; at: number; cpuPercent: number | null }>();

  async function ask(): Promise<void> {
    const found = new Map<string, SeenRuntime['runtime']>();
    const asked = new Date();
    for (const host of hosts.values()) {
      for (const runtime of await host.list()) if (runtime.kind === 'tenant') found.set(runtime.id, runtime);
    }
    seen = found;
    at = asked;
    for (const id of measured.keys()) if (!found.has(id)) measured.delete(id);
  }

  return {
    of: (tenantId) => (at === null ? null : { runtime: seen.get(tenantId) ?? null, at }),
    refresh: async () => {
      if (at !== null && Date.now() - at.getTime() < freshMs) return;
      asking ??= ask()
        .catch(onError)
        .finally(() => {
          asking = null;
        });
      // What was seen long ago says nothing: the first who looks again waits for an answer.
      if (at === null || Date.now() - at.getTime() > longAgoMs) await asking;
    },
    usage: async (tenantId) => {
      const runtime = runtimes.get(tenantId);
      const host = runtime && hosts.get(runtime.hostId);
      const usage = host && (await host.usage(tenantId).catch(() => null));
      if (!usage) return null;
      const now = performance.now();
      const before = measured.get(tenantId);
      // Shorter than this and the clock ticks of the kernel's count show.
      if (before && now - before.at < 1_000) return { ...usage, cpuPercent: before.cpuPercent };
      const cpuPercent =
        before && usage.cpuSeconds >= before.cpuSeconds
          ? ((usage.cpuSeconds - before.cpuSeconds) / ((now - before.at) / 1000)) * 100
          : null;
      measured.set(tenantId, { cpuSeconds: usage.cpuSeconds, at: now, cpuPercent });
      return { ...usage, cpuPercent };
    },
  };
}
