import { ClawpoolError, type DirectoryRunConflict } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { AuditActor } from '../../organization/people/person.ts';
import type { Database } from '../../store/database.ts';
import type { Seal } from '../../store/seal.ts';
import type { DirectoryDrivers } from '../drivers.ts';
import { applyPlan, LostRun } from './apply-plan.ts';
import { asksFirst, planDirectory } from './directory-plan.ts';
import { type DirectoryDriver, type DirectorySnapshot, directoryProblem } from './driver.ts';
import { countPeopleOf, findDirectoryFacts } from './facts-store.ts';
import { type ClaimedRun, claimNextRun, endRun, nextDueAt, type RunEnd, renewRun, startDueRuns } from './run-store.ts';
import { openSource } from './source-service.ts';
import { findSource } from './source-store.ts';

export interface DirectoryWorkerOptions {
  database: Database;
  seal: Seal;
  drivers: DirectoryDrivers;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
}

export interface DirectoryWorker {
  /** There may be something to do. */
  look(): void;
  close(): Promise<void>;
}

const leaseMs = 60_000;
/** A run that another process was asked for, or one of a process that was killed, is found this much later at most. */
const pollMs = 5_000;
/** A hundred thousand people take some ten minutes, at a hundred a page and a few pages a second. */
const longestReadMinutes = 30;
/** What is kept of a run's conflicts: enough to see what is wrong. */
const keptConflicts = 200;

/** Does runs of directory sources, one after the other, and begins those whose time has come. */
export function startDirectoryWorker(options: DirectoryWorkerOptions): DirectoryWorker {
  const { db } = options.database;
  const closing = new AbortController();
  let working: Promise<void> | null = null;
  let wanted = false;
  let timer: NodeJS.Timeout | undefined;
  look();

  function look(): void {
    wanted = true;
    if (closing.signal.aborted) return;
    working ??= workAll().finally(() => {
      working = null;
      if (wanted) look();
    });
  }

  async function workAll(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      await startDueRuns(db);
      for (;;) {
        if (closing.signal.aborted) return;
        const run = await claimNextRun(db, options.owner, leaseMs);
        if (!run) break;
        await doRun(options, run, closing.signal);
      }
      const next = await nextDueAt(db);
      if (next) delay = Math.min(pollMs, Math.max(50, next.getTime() - Date.now()));
    } catch (error) {
      options.onError(error);
    }
    if (!closing.signal.aborted) timer = setTimeout(look, delay);
  }

  return {
    look,
    close: async () => {
      closing.abort();
      clearTimeout(timer);
      await working;
    },
  };
}

async function doRun(options: DirectoryWorkerOptions, run: ClaimedRun, closing: AbortSignal): Promise<void> {
  const { db } = options.database;
  const lost = new AbortController();
  // Reading a large directory takes minutes.
  const renewal = setInterval(() => {
    void renewRun(db, run, leaseMs).then((ours) => ours || lost.abort(new LostRun()), options.onError);
  }, leaseMs / 4);
  const signal = AbortSignal.any([closing, lost.signal]);
  try {
    const end = await outcomeOf(options, run, signal);
    clearInterval(renewal);
    await db.transaction(async (tx) => {
      if (!(await endRun(tx, run, end))) return;
      await recordAudit(tx, run.organizationId, {
        actor: actorOf(run),
        action: `directory.${end.state === 'done' ? 'synchronised' : end.state === 'stopped' ? 'asked' : 'failed'}`,
        target: { type: 'directory_source', id: run.vendor, name: run.vendor },
        outcome: end.state === 'failed' ? 'failed' : end.state === 'stopped' ? 'refused' : 'allowed',
        detail: {
          runId: run.id,
          startedBy: run.startedBy,
          ...run.counts,
          conflicts: end.conflicts.length,
          message: end.message,
        },
      });
    });
  } catch (error) {
    // Closing, it is left as it is: the next process goes on with it at once.
    if (!closing.aborted && !(error instanceof LostRun)) options.onError(error);
  } finally {
    clearInterval(renewal);
  }
}

async function outcomeOf(options: DirectoryWorkerOptions, run: ClaimedRun, signal: AbortSignal): Promise<RunEnd> {
  try {
    return await synchronise(options, run, signal);
  } catch (error) {
    if (signal.aborted || error instanceof LostRun) throw error;
    if (!(error instanceof ClawpoolError)) options.onError(error);
    const [message, hint] =
      error instanceof ClawpoolError
        ? [error.message, error.hint ?? null]
        : [
            'Something went wrong on our side.',
            'Start it again: it goes on where it was. The log tells an operator more.',
          ];
    return { state: 'failed', conflicts: [], message, hint };
  }
}

async function synchronise(options: DirectoryWorkerOptions, run: ClaimedRun, signal: AbortSignal): Promise<RunEnd> {
  const { database, drivers, seal } = options;
  const { db } = database;
  const { organizationId, vendor } = run;
  const source = await findSource(db, organizationId, vendor);
  if (!source) throw new LostRun();
  const read = await readWithin(openSource(drivers, seal, source), signal);
  const plan = planDirectory(read, await findDirectoryFacts(db, organizationId, vendor));
  const people = await countPeopleOf(db, organizationId, vendor);
  const leaving = plan.suspended.length;
  const agreed = leaving <= (run.agreedSuspensions ?? -1);
  if (!agreed && asksFirst(plan, { people, percent: source.suspendPercent, read: read.people.length })) {
    return {
      state: 'stopped',
      conflicts: kept(plan.conflicts),
      message: `It would suspend ${leaving} of ${people} people. Nothing was changed.`,
      hint: 'Look at the preview. If they really left, apply it from there.',
    };
  }
  const conflicts = await applyPlan({ db, run, actor: actorOf(run), leaseMs, signal }, plan);
  return { state: 'done', conflicts: kept(conflicts), message: null, hint: null };
}

async function readWithin(driver: DirectoryDriver, signal: AbortSignal): Promise<DirectorySnapshot> {
  const tooLong = AbortSignal.timeout(longestReadMinutes * 60_000);
  try {
    return await driver.read(AbortSignal.any([signal, tooLong]));
  } catch (error) {
    if (signal.aborted || !tooLong.aborted) throw error;
    throw directoryProblem(
      `Reading the directory took longer than ${longestReadMinutes} minutes.`,
      'Check the address, and whether other software uses the same app; then start it again.',
      { cause: error },
    );
  }
}

const kept = (conflicts: readonly DirectoryRunConflict[]) => conflicts.slice(0, keptConflicts);

const names = { feishu: 'Feishu', dingtalk: 'DingTalk' } as const;

const actorOf = ({ vendor }: ClaimedRun): AuditActor => ({
  type: 'system',
  id: `directory:${vendor}`,
  name: `Directory sync (${names[vendor]})`,
});
