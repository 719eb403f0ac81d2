import type { ProcessEntry } from '../launch/process-table.ts';
import type { Standstill } from './standstill.ts';
import { poll } from './standstill.ts';

/**
 * Brings processes to a standstill where no cgroup can be frozen, by stopping each one. They may start others until the last one
 * stands: so they are looked at again until none moves, twice over, because one that was started while we looked shows only then.
 *
 * @param members reads which processes belong to the runtime now
 */
export function stopSignals(members: () => Promise<ProcessEntry[]>): Standstill {
  /** Pid and start of those that we stopped: what the tenant itself stopped stays so. */
  const stopped = new Map<number, number>();

  async function freeze(signal: AbortSignal): Promise<void> {
    let quiet = 0;
    try {
      await poll(signal, async () => {
        const moving = (await members()).filter((entry) => !entry.zombie && !entry.stopped);
        for (const { pid, startTicks } of moving) if (send(pid, 'SIGSTOP')) stopped.set(pid, startTicks);
        quiet = moving.length === 0 ? quiet + 1 : 0;
        return quiet === 2;
      });
    } catch (error) {
      await thaw();
      throw error;
    }
  }

  async function thaw(): Promise<void> {
    for (const { pid, startTicks } of await members()) if (stopped.get(pid) === startTicks) send(pid, 'SIGCONT');
    stopped.clear();
  }

  return { freeze, thaw };
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended meanwhile
  }
}
