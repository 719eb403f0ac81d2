import { appendFile, rm, statfs } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AgentDefinition,
  RuntimeExit,
  RuntimeLimits,
  RuntimeUsage,
  TurnEvent,
  TurnRequest,
} from '@clawpool/contracts';
import type { AgentOwner } from './agent-files.ts';
import type { PlacedTurn } from './gateway.ts';
import { logSize, logTail } from './runtime-log.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { logFileOf, noteInLog } from './runtime-setting.ts';
import type { StartedRuntime } from './runtime-start.ts';
import { graceMs } from './runtime-start.ts';
import { createFilesSeen } from './session-files-seen.ts';
import type { StartFailure } from './start-failure.ts';
import { failureOf, whyItEnded } from './start-failure.ts';
import { createTurnQueue } from './turn-queue.ts';

/** A runtime whose gateway answers: a tenant's, or a warm slot that may become one's. */
export interface TenantRuntime {
  readonly startedAt: Date;
  readonly address: string;
  /** The gateway's, inside. */
  readonly port: number;
  /** Resolves when it is gone, with what its end means where nobody asked for it. Nothing of it is left then. */
  readonly ended: Promise<StartFailure>;
  turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void>;
  /** Removes what its gateway keeps of a session, while it stands still. */
  forgetSession(session: string): Promise<void>;
  /** One question to its gateway. */
  answers(signal: AbortSignal): Promise<boolean>;
  usage(): Promise<RuntimeUsage | null>;
  /** The last lines of the log of whom it belongs to. */
  logs(lines: number): Promise<string[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setLimits(limits: RuntimeLimits): Promise<void>;
  /** Files before the next turn; the configuration when no turn runs. */
  configure(agent: AgentDefinition): void;
  /** Is it held still just now? Then it cannot answer. */
  standsStill(): boolean;
  /** Holds it still while `read` runs; when it is ending, `read` waits for its end. */
  whileFrozen<T>(read: () => Promise<T>): Promise<T>;
  /** A warm slot becomes a tenant's. Its configuration is written after the first turn. */
  becomeRuntimeOf(tenantId: string, owner: AgentOwner, model: RequestListener): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds that a turn waits for a gateway to read a configuration with more tools; 2026.6 takes up to 1.8 s on a busy machine. */
const readAgainMs = 3_000;

/** A gateway that says nothing of a changed configuration for so many milliseconds is told again, so many times. */
const lookAgainMs = 2_500;
const readAgainLooks = 5;

/** @param stopWithinMs SIGTERM, then this long, then SIGKILL. A warm slot has nothing to lose: 0, until it is a tenant's */
export function tenantRuntime(
  setting: RuntimeSetting,
  id: string,
  started: StartedRuntime,
  stopWithinMs = graceMs,
): TenantRuntime {
  const { runtime, gateway, files, token } = started;
  let grace = stopWithinMs;
  let holder = { id, logFrom: started.logStart };
  const turns = new Set<{ overlaps: boolean }>();
  const queue = createTurnQueue();
  let holds = 0;
  const changedSince = createFilesSeen();
  let configuring: Promise<void> = Promise.resolve();
  let reading: Promise<unknown> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  let exit: RuntimeExit | undefined;

  const ended = runtime.exited.then(async (result) => {
    exit = result;
    const output = await logTail(started.logFile, 200, holder.logFrom).catch(() => []);
    await started.putAway();
    // Whoever tried the agent out when it ended leaves nothing in its memory either.
    await putMemoryBack();
    if (holder.id !== id) await keepLog().catch(() => {}); // a full disk: what was written before is kept
    return whyItEnded(setting.profile, result, output, 'running');
  });

  /**
   * Whoever only tries the agent out is alone with it: else what is put back afterwards could be another's, and what others are told
   * could come from the test.
   */
  async function* turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    const alone = request.context.path === 'pgnd';
    const limit = alone ? AbortSignal.any([signal, AbortSignal.timeout(longestTestMs)]) : signal;
    const leave = await queue.enter(alone, limit);
    if (leave === null) {
      if (!signal.aborted) yield { type: 'failed', ...testWaitedTooLong };
      return;
    }
    let began = false;
    try {
      if (alone) await Promise.race([gateway.quiet(), whenAborted(limit)]);
      if (limit.aborted) {
        if (!signal.aborted) yield { type: 'failed', ...testWaitedTooLong };
        return;
      }
      began = true;
      yield* takenIn(request, limit);
      if (limit.aborted && !signal.aborted) yield { type: 'failed', ...testTookTooLong };
    } finally {
      const over = alone && began ? forgetTest().finally(leave) : leave();
      // A run that was broken off may still end something; who broke it off need not wait for that.
      if (!signal.aborted) await over;
    }
  }

  async function forgetTest(): Promise<void> {
    const quiet = await Promise.race([
      gateway.quiet().then(() => true),
      sleep(windDownOfTestMs, false, { ref: false }),
    ]);
    // A tool that nothing ends but its own end (2026.3) must not keep people from their agent: it goes with the runtime.
    if (!quiet && !exit) {
      await runtime.stop(0);
      await ended;
    }
    // Of a runtime that is gone it has been, and the copy may be another one's by now.
    if (!exit) await putMemoryBack();
  }

  const putMemoryBack = () => files.putMemoryBack().catch((error) => noteInLog(setting.folders, holder.id, error));

  async function* takenIn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    // What was decided before it holds for it: what is wider as well, which only the gateway’s own configuration gives.
    await configuring;
    const self = { overlaps: turns.size > 0 };
    for (const other of turns) other.overlaps = true;
    turns.add(self);
    const began = new Date();
    try {
      const prepared = await prepare(request);
      if ('type' in prepared) yield prepared;
      else
        for await (const event of gateway.turn(prepared, signal)) {
          if (event.type === 'failed') yield await explained(event);
          else if (event.type === 'done') yield* withFiles(event, began, request, self);
          else yield event;
        }
    } finally {
      turns.delete(self);
      settleConfiguration();
    }
  }

  /** The agent may have changed what makes it; every turn starts from what the organization decided. */
  async function prepare(request: TurnRequest): Promise<PlacedTurn | TurnEvent> {
    if (exit) return { type: 'failed', reason: 'exited', message: 'The agent’s runtime has ended.', retry: true };
    try {
      // What a test could not put back (on a full disk, for example) is put back before anybody is answered from it.
      if (request.context.path === 'pgnd') await files.keepMemory();
      else await files.putMemoryBack();
      const inPrompt = await files.writeWorkspace();
      const uploads = await files.writeTurn(request);
      if (setting.profile.readsFilesEachTurn) return { ...request, uploads };
      return { ...request, uploads, replaced: changedSince(request.session, inPrompt) };
    } catch (error) {
      return refused(error);
    }
  }

  /** The answer counts, whatever becomes of the files. */
  async function* withFiles(
    { text }: Extract<TurnEvent, { type: 'done' }>,
    began: Date,
    { context }: TurnRequest,
    { overlaps }: { overlaps: boolean },
  ): AsyncGenerator<TurnEvent, void> {
    // A turn that was interrupted may have left them before.
    const since = context.interruptedAfter === null ? began : null;
    const outgoing = await files.collectOutgoing({ since, unclear: overlaps }).catch(async (error) => {
      await noteInLog(setting.folders, holder.id, error);
      return { files: [], note: 'The files of this answer could not be stored. Ask for them again.' };
    });
    const added = outgoing.note === '' ? '' : `\n\n(${outgoing.note})`;
    if (added !== '') yield { type: 'delta', text: added };
    yield { type: 'done', text: `${text}${added}`, ...(outgoing.files.length > 0 ? { files: outgoing.files } : {}) };
  }

  async function refused(error: unknown): Promise<TurnEvent> {
    await noteInLog(setting.folders, holder.id, error);
    const { reason, message } = failureOf(error);
    return { type: 'failed', reason, message, retry: false };
  }

  /**
   * A broken answer usually means that the runtime is gone: its exit, which comes a moment later, says why. A gateway that lives
   * on and failed by itself often could not write: it does not say so, the disk does.
   */
  async function explained(event: Extract<TurnEvent, { type: 'failed' }>): Promise<TurnEvent> {
    if (event.reason === 'agent_error' && (await isFull(setting.folders.tenants))) {
      return { ...event, reason: 'storage_full', message: 'The host’s disk is full.' };
    }
    if (event.reason !== 'exited') return event;
    await Promise.race([runtime.exited, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    if (!exit) return event;
    const { reason, message } = await ended;
    // The same message would most likely end the same way.
    return { ...event, reason, message, retry: reason !== 'memory_limit' };
  }

  /** Between turns, so that none runs with half of each. What cannot be written now is tried again after the next turn. */
  function settleConfiguration(): void {
    configuring = configuring.then(async () => {
      if (turns.size > 0 || exit || stopping) return;
      const from = await logSize(started.logFile);
      const result = await files.writeConfiguration().catch((error) => noteInLog(setting.folders, holder.id, error));
      if (!result?.written) return;
      const read = untilReadAgain(from);
      if (result.wider) await Promise.race([read, sleep(readAgainMs, undefined, { ref: false })]);
    });
  }

  /** The gateway says so in its log. One that says nothing for long has missed it, and is told again. */
  async function untilReadAgain(from: number): Promise<void> {
    for (let look = 0; look < readAgainLooks; look++) {
      const until = Date.now() + lookAgainMs;
      while (Date.now() < until) {
        if (exit || stopping) return;
        const lines = await logTail(started.logFile, 200, from).catch(() => []);
        if (lines.some((line) => setting.profile.configurationRead.test(line))) return;
        await sleep(25, undefined, { ref: false });
      }
      await files.touchConfiguration();
    }
  }

  function whileFrozen<T>(read: () => Promise<T>): Promise<T> {
    const result = stopping ? stopping.then(read) : frozen(read);
    reading = result.catch(() => {});
    return result;
  }

  async function frozen<T>(read: () => Promise<T>): Promise<T> {
    holds += 1;
    try {
      await runtime.pause();
      try {
        return await read();
      } finally {
        await runtime.resume();
      }
    } finally {
      holds -= 1;
    }
  }

  async function becomeRuntimeOf(tenantId: string, owner: AgentOwner, model: RequestListener): Promise<void> {
    token.bind(tenantId, owner.generation);
    started.becomeOutPipeOf(tenantId, model);
    holder = { id: tenantId, logFrom: await logSize(started.logFile) };
    grace = graceMs;
    await files.becomeAgentOf(owner);
  }

  /** A warm slot's log is its tenant's from the claim on. */
  async function keepLog(): Promise<void> {
    const lines = await logTail(started.logFile, Number.POSITIVE_INFINITY, holder.logFrom);
    const text = lines.map((line) => `${line}\n`).join('');
    await appendFile(logFileOf(setting.folders, holder.id), text, { mode: 0o600 });
    await Promise.all([started.logFile, `${started.logFile}.1`].map((file) => rm(file, { force: true })));
  }

  async function logs(lines: number): Promise<string[]> {
    if (holder.id === id) return logTail(started.logFile, lines);
    const now = await logTail(started.logFile, lines, holder.logFrom);
    const before = await logTail(logFileOf(setting.folders, holder.id), lines);
    return [...before, ...now].slice(-lines || undefined).slice(0, lines <= 0 ? 0 : undefined);
  }

  async function stop(): Promise<void> {
    stopping ??= reading.then(async () => {
      await runtime.stop(grace);
      await ended;
    });
    return stopping;
  }

  return {
    startedAt: runtime.startedAt,
    address: `unix:${started.socketFolder}/in.sock`,
    port: started.port,
    ended,
    turn,
    forgetSession: (session) => whileFrozen(() => files.forgetSession(session)),
    answers: (signal) => gateway.answers(signal),
    usage: () => runtime.usage(),
    logs,
    pause: () => runtime.pause(),
    resume: () => runtime.resume(),
    setLimits: (limits) => runtime.setLimits(limits),
    configure: (agent) => {
      files.change(agent);
      settleConfiguration();
    },
    standsStill: () => holds > 0,
    whileFrozen,
    becomeRuntimeOf,
    stop,
  };
}

/** For waiting and working together: whoever waits for a test has to be answered in what it leaves of a turn's five minutes. */
const longestTestMs = 180_000;

/** How long a test that was broken off may go on with what it is at. */
const windDownOfTestMs = 10_000;

const testWaitedTooLong = {
  reason: 'turn_timeout',
  message: 'The agent was busy with others all the time, and a test waits until it is not.',
  retry: false,
} as const;

const testTookTooLong = {
  reason: 'turn_timeout',
  message: 'The agent took too long to answer and was stopped.',
  retry: false,
} as const;

const whenAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Less than a mebibyte left: a session's transcript no longer fits. */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < 2 ** 20;
}
