import { setTimeout as sleep } from 'node:timers/promises';
import type { Drift, Host } from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import type { TenantPool } from '../tenant-service.ts';
import type { WarmSlots } from '../warm-slots/warm-slots.ts';
import { startAlwaysOn } from './always-on.ts';
import { absorbJump, type ClockReading, jumpBetween, readClocks } from './clock.ts';
import { removeOldDrifts } from './drift-store.ts';
import { endExpired } from './expiry.ts';
import { hibernateIdle } from './idle.ts';
import { removeOldOperations } from './pruning.ts';
import { reap } from './reaper.ts';
import { reconcile } from './reconciler.ts';
import { createSampler, thinSamples } from './samples.ts';
import { runTimetables } from './timetable-runner.ts';

/** What Clawpool does by itself: nobody asks for it, and everybody relies on it. */
export interface Upkeep {
  /** Compares hosts with tenants and ledger now. Callers at the same time share one comparison. Resolves with what differed. */
  reconcileNow(): Promise<Drift[]>;
  /** When the last comparison was complete; null: none was yet. */
  reconciledAt(): Date | null;
  /** Begins nothing any more, and waits for what it began. */
  close(): Promise<void>;
}

export interface UpkeepOptions {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  pool: Pick<TenantPool, 'adopt' | 'busyTenants' | 'usage' | 'operations'>;
  slots: Pick<WarmSlots, 'holds'>;
  /** Ids of the conversations that somebody has open. */
  watchedConversations: () => readonly string[];
  /** Days for which operations, batches and load tests are kept after their end; 30 unless given. */
  operationsKeptDays?: number | undefined;
  now?: () => Date;
  /** Milliseconds, forward only. */
  steady?: () => number;
  onError: (error: unknown) => void;
}

const operationsKeptDays = 30;

/** Milliseconds from the end of a round to the next one's beginning. */
const every = { deadlines: 5_000, schedules: 15_000, samples: 60_000, reconciliation: 60_000, tidying: 3_600_000 };

export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { database, pool, onError } = options;
  const { operations } = pool;
  const now = options.now ?? (() => new Date());
  const steady = options.steady ?? (() => performance.now());
  const sampler = createSampler(database, pool, steady);
  const ended = new AbortController();
  let clocks: ClockReading | null = null;
  let reconciledAt: Date | null = null;
  let comparing: Promise<Drift[]> | null = null;

  /** First of all, so that no deadline passes by a clock that was set. */
  async function watchClock(): Promise<void> {
    const reading = await readClocks(database, steady);
    const jump = clocks === null ? 0 : jumpBetween(clocks, reading);
    clocks = reading;
    if (jump !== 0) await absorbJump(database, jump);
  }

  function reconcileNow(): Promise<Drift[]> {
    comparing ??= reconcile(options)
      .then((found) => {
        reconciledAt = now();
        return found;
      })
      .finally(() => {
        comparing = null;
      });
    return comparing;
  }

  /** One rule after the other; one that fails does not keep the next from its work. */
  async function keep(everyMs: number, ...rules: (() => Promise<unknown>)[]): Promise<void> {
    while (!ended.signal.aborted) {
      for (const rule of rules) {
        if (ended.signal.aborted) return;
        await rule().catch(onError);
      }
      await sleep(everyMs, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
    }
  }

  const rounds = [
    keep(
      every.deadlines,
      watchClock,
      () => reap(database, operations),
      () => startAlwaysOn({ database, operations, onError }),
    ),
    keep(
      every.schedules,
      () => runTimetables({ database, operations, onError }, now()),
      () => endExpired({ database, operations, onError }),
      () => hibernateIdle({ ...options, cpuPercentOf: sampler.cpuPercentOf }, now()),
    ),
    keep(every.samples, sampler.sample),
    keep(every.reconciliation, reconcileNow),
    keep(
      every.tidying,
      () => thinSamples(database),
      () => removeOldDrifts(database.db),
      () => removeOldOperations(database.db, options.operationsKeptDays ?? operationsKeptDays),
    ),
  ];

  return {
    reconcileNow,
    reconciledAt: () => reconciledAt,
    close: async () => {
      ended.abort();
      await Promise.all(rounds);
    },
  };
}
