import type { ModelFailure, QuickAnswers, TurnEvent, TurnFailureReason, TurnFile } from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import { startBackoffMs } from '../pool/tenant.ts';
import type { TenantPool, WakeResult } from '../pool/tenant-service.ts';
import { touchTenant } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import type { LiveConversations } from './live-conversations.ts';
import { quickAnswer } from './quick-answer.ts';
import {
  afterInterruption,
  describeActs,
  fastPathAfterMs,
  leaseMs,
  leaseRenewalMs,
  maxAttempts,
  mayAnswerDirectly,
  turnFailureHints,
  turnTimeoutMs,
  waitForChangeMs,
} from './turn.ts';
import { questionOf, type TurnQuestion } from './turn-context.ts';
import type { EndedTurn, TurnEndListener, TurnWatcher } from './turn-events.ts';
import {
  type ClaimedTurn,
  claimNextTurn,
  finishTurn,
  markKnown,
  moveTurn,
  nextRetryAt,
  releaseLeasesOfTheDead,
  renewLease,
  unblockTurns,
} from './turn-store.ts';

export interface TurnRunner {
  /** Claims no more, cancels nothing: turns that run are given up to the next process, which answers them. */
  close(): Promise<void>;
}

export interface TurnRunnerOptions {
  database: Database;
  notifications: NotificationListener;
  pool: TenantPool;
  live: LiveConversations;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  /** Why the model call of a turn failed, when the model gateway knows. */
  modelFailureOf: (tenantId: string, turnId: string) => ModelFailure | null;
  /** Direct answers of the model, for tiers with a fast path; null: there are none. */
  quick: QuickAnswers | null;
  /** Called in the transaction that ends a turn, in this order. */
  listeners: readonly TurnEndListener[];
  watchers: readonly TurnWatcher[];
  /** Turns that this process runs at once. */
  concurrency: number;
  /** Turns of one tenant that run at once, in all processes. */
  perTenant: number;
  onError: (error: unknown) => void;
}

/** A slow poll catches whatever a lost notification would have told. */
const pollMs = 5_000;

/** Claims turns and walks each to its end: wake the tenant, ask its gateway, store the answer once. */
export function startTurnRunner(options: TurnRunnerOptions): TurnRunner {
  const { database, notifications, live, owner, concurrency, perTenant, onError } = options;
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  let closed = false;
  let wanted = false;
  let claiming: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  /** Not with every message: the person who sent it would wait for the query. */
  let deadLookedForAt = 0;

  const stopAccepted = notifications.on('turn_accepted', () => look());
  const stopStops = notifications.on('turn_stop_requested', ({ turnId }) => {
    const turn = running.get(turnId);
    if (turn) turn.abort.abort(stopped);
    else look();
  });
  // A message that waits for its agent is tried as soon as the agent can be woken again.
  const stopChanged = notifications.on('tenant_changed', ({ tenantId }) => {
    unblockTurns(database.db, tenantId).then((count) => count > 0 && look(), onError);
  });
  const stopGap = notifications.onGap(() => look());
  look();

  /** Claims as much as there is room for, then sleeps until the next retry, notification or poll. */
  function look(): void {
    if (closed) return;
    wanted = true;
    claiming ??= claimAll().finally(() => {
      claiming = null;
      if (wanted && running.size < concurrency) look();
    });
  }

  async function claimAll(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      if (Date.now() - deadLookedForAt >= pollMs) {
        deadLookedForAt = Date.now();
        await releaseLeasesOfTheDead(database.db, owner);
      }
      while (!closed && running.size < concurrency) {
        const turn = await claimNextTurn(database.db, {
          owner,
          leaseMs,
          perTenant: running.size === 0 ? null : perTenant,
        });
        if (!turn) break;
        begin(turn);
      }
      // With no room for more there is nothing to wait for but the end of what runs.
      const retryAt = running.size < concurrency ? await nextRetryAt(database.db) : null;
      if (retryAt) delay = Math.min(pollMs, Math.max(50, retryAt.getTime() - Date.now()));
    } catch (error) {
      onError(error);
    }
    if (!closed) timer = setTimeout(look, delay);
  }

  function begin(turn: ClaimedTurn): void {
    const abort = new AbortController();
    const renewal = setInterval(() => {
      renewLease(database.db, turn, leaseMs).then(
        (held) => held || abort.abort(leaseLost),
        () => undefined, // The database is away; the lease decides when it is back.
      );
    }, leaseRenewalMs);
    const timeout = setTimeout(() => abort.abort(timedOut), turnTimeoutMs);
    const done = runTurn(options, turn, abort.signal)
      .catch(onError)
      .finally(() => {
        clearInterval(renewal);
        clearTimeout(timeout);
        running.delete(turn.id);
        live.end(turn.conversationId, turn.id);
        for (const watcher of options.watchers) watcher.left?.(turn);
        look();
      });
    running.set(turn.id, { abort, done });
  }

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      stopAccepted();
      stopStops();
      stopChanged();
      stopGap();
      await claiming;
      for (const { abort } of running.values()) abort.abort(leaseLost);
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

/** Why a turn's signal was aborted. */
const stopped = Symbol('the person asked to stop');
const leaseLost = Symbol('another process has the turn, or will have it');
const timedOut = Symbol('the turn took too long');

async function runTurn(options: TurnRunnerOptions, turn: ClaimedTurn, signal: AbortSignal): Promise<void> {
  const { database, pool } = options;
  if (turn.takenOver) return end(options, turn, { state: 'handed_over' });
  if (turn.stopRequested) return end(options, turn, { state: 'stopped' });
  const next = afterInterruption(turn);
  if (next === 'tell') return tellOfInterruption(options, turn);
  const asleep = !pool.isRunning(turn.tenantId);
  if (asleep) {
    await database.db.transaction((tx) => moveTurn(tx, turn, { to: 'waking' }));
    for (const watcher of options.watchers) watcher.waking?.(turn);
  }

  const waking = pool.wake(turn.tenantId);
  const direct = asleep && next === 'ask' && mayAnswerDirectly(turn);
  if (direct && (await answersDirectly(options, turn, waking, signal))) return;
  const woken = await Promise.race([waking, whenAborted(signal)]);
  if (woken === null) return endAborted(options, turn, signal, '', null);
  if (!woken.ok && woken.again === 'never') return end(options, turn, { state: 'failed', failure: woken });
  if (!woken.ok) return block(options, turn, woken);
  await ask(options, turn, next === 'resume', signal);
}

async function ask(
  options: TurnRunnerOptions,
  turn: ClaimedTurn,
  resumes: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { database, live, watchers } = options;
  const question = await questionOf(database.db, turn, resumes);
  // Before anything is done for it: a turn that is gone on with is not gone on with twice.
  const step = { to: 'thinking', resumed: resumes || turn.resumed } as const;
  const told = database.db.transaction((tx) => moveTurn(tx, turn, step));
  // Nobody waits for it before the whole answer is there; what it fails with is thrown then.
  told.catch(() => undefined);
  // Otherwise the agent need not wait until the page has been told that it thinks.
  if (resumes && !(await told)) return;
  live.restart(turn.conversationId, turn.id);
  for (const watcher of watchers) {
    watcher.restart?.(turn);
    watcher.thinking?.(turn);
  }
  let streamed = '';
  let firstTokenAt: Date | null = null;
  let last: TurnEvent | null = null;
  for await (const event of askAgent(options, turn, question, signal)) {
    last = event;
    if (event.type !== 'delta') break;
    firstTokenAt ??= new Date();
    streamed += event.text;
    live.delta(turn.conversationId, turn.id, event.text);
    for (const watcher of watchers) watcher.delta?.(turn, event.text);
  }
  await told;

  if (signal.aborted) return endAborted(options, turn, signal, streamed, firstTokenAt);
  if (last?.type === 'done') {
    const { text, files = [] } = last;
    return end(options, turn, { state: 'answered', text, files, firstTokenAt, told: question.told });
  }
  await fail(options, turn, last?.type === 'failed' ? last : null);
}

/** True when the model's direct answer ended the turn; the runtime goes on waking for the next message. */
async function answersDirectly(
  options: TurnRunnerOptions,
  turn: ClaimedTurn,
  waking: Promise<WakeResult>,
  signal: AbortSignal,
): Promise<boolean> {
  const { quick, database, live, watchers } = options;
  if (!quick) return false;
  const patience = new Promise<null>((resolve) => setTimeout(resolve, fastPathAfterMs, null));
  if ((await Promise.race([waking, patience, whenAborted(signal)])) !== null || signal.aborted) return false;
  let text = '';
  let firstTokenAt: Date | null = null;
  try {
    for await (const delta of quickAnswer(database.db, quick, turn, signal)) {
      firstTokenAt ??= new Date();
      text += delta;
      live.delta(turn.conversationId, turn.id, delta);
      for (const watcher of watchers) watcher.delta?.(turn, delta);
    }
  } catch (error) {
    // The agent answers when it is awake; why the model did not is in the usage.
    if (!(error instanceof Error)) throw error;
    text = '';
  }
  if (text.trim() === '' || signal.aborted) return false;
  await end(options, turn, { state: 'answered', text, quick: true, firstTokenAt });
  return true;
}

const whenAborted = (signal: AbortSignal) =>
  new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });

function askAgent(
  { pool }: TurnRunnerOptions,
  turn: ClaimedTurn,
  { session, context, uploads }: TurnQuestion,
  signal: AbortSignal,
): AsyncIterable<TurnEvent> {
  const { tenantId, id: turnId, text, agentRevision } = turn;
  return pool.turn({ tenantId, turnId, session, text, context, uploads }, signal, agentRevision);
}

/** It broke off after the agent had done something, and its transcript cannot be gone on with: the person decides. */
function tellOfInterruption(options: TurnRunnerOptions, turn: ClaimedTurn): Promise<void> {
  const reason = 'interrupted_after_acting';
  const message = `The agent was interrupted after it had used ${describeActs(turn.acts)}.`;
  return end(options, turn, { state: 'failed', failure: { reason, message, hint: turnFailureHints[reason] } });
}

/** The runtime cannot start: the message stays queued, the person reads why and when it is tried again. */
async function block(
  { database }: TurnRunnerOptions,
  turn: ClaimedTurn,
  wake: WakeResult & { ok: false },
): Promise<void> {
  const waits = wake.again === 'soon' ? startBackoffMs(turn.attempts + 1) : waitForChangeMs;
  const retryAt = new Date(Date.now() + waits);
  await database.db.transaction((tx) =>
    moveTurn(tx, turn, { to: 'blocked', reason: wake.reason, message: wake.message, hint: wake.hint, retryAt }),
  );
}

async function fail(
  options: TurnRunnerOptions,
  turn: ClaimedTurn,
  event: { reason: TurnFailureReason; message: string; retry: boolean } | null,
): Promise<void> {
  const known = options.modelFailureOf(turn.tenantId, turn.id);
  const reason = known?.reason ?? event?.reason ?? 'agent_error';
  const message = known?.message ?? event?.message ?? 'The agent’s answer ended without a word.';
  const hint = turnFailureHints[reason];
  // Nothing the person can do: it waits for the operator as it would for a runtime that cannot start.
  if (reason === 'storage_full') return block(options, turn, { ok: false, reason, message, hint, again: 'soon' });
  if (!known && event?.retry && turn.attempts + 1 < maxAttempts) {
    const retryAt = new Date(Date.now() + 500);
    await options.database.db.transaction((tx) => moveTurn(tx, turn, { to: 'queued', reason, message, hint, retryAt }));
    return;
  }
  await end(options, turn, { state: 'failed', failure: { reason, message, hint } });
}

async function endAborted(
  options: TurnRunnerOptions,
  turn: ClaimedTurn,
  signal: AbortSignal,
  streamed: string,
  firstTokenAt: Date | null,
): Promise<void> {
  if (signal.reason === stopped) return end(options, turn, { state: 'stopped', text: streamed, firstTokenAt });
  if (signal.reason === timedOut) {
    const failure = {
      reason: 'turn_timeout' as const,
      message: 'The agent took too long.',
      hint: turnFailureHints.turn_timeout,
    };
    return end(options, turn, { state: 'failed', firstTokenAt, failure });
  }
  // The lease is somebody else's, or this process ends and its lease with it: the turn is not ours to finish.
}

interface Ending {
  state: EndedTurn['state'];
  text?: string;
  files?: readonly TurnFile[];
  quick?: boolean;
  firstTokenAt?: Date | null;
  failure?: { reason: TurnFailureReason; message: string; hint: string };
  /** Messages the agent was told of with it. */
  told?: readonly string[];
}

async function end({ database, listeners }: TurnRunnerOptions, turn: ClaimedTurn, ending: Ending): Promise<void> {
  const { state, files = [], quick = false, firstTokenAt = null, told = [] } = ending;
  const failure = ending.failure && {
    reason: ending.failure.reason,
    message: ending.failure.message,
    hint: ending.failure.hint,
  };
  const at = new Date();
  // What comes from a runtime is anything at all; PostgreSQL's text holds no NUL.
  const text = (ending.text ?? '').replaceAll('\0', '');
  await database.db.transaction(async (tx) => {
    const answer = text === '' && files.length === 0 ? null : { text, files, quick };
    const stored = await finishTurn(tx, turn, { state, at, firstTokenAt, answer, failure: failure ?? null });
    if (!stored) return;
    await markKnown(tx, turn.organizationId, told);
    await touchTenant(tx, turn.organizationId, turn.tenantId, at);
    await recordAudit(tx, turn.organizationId, {
      actor: { type: 'agent', id: turn.tenantId, name: turn.tenantName },
      action: `turn.${state}`,
      target: { type: 'conversation', id: turn.conversationId, name: turn.callerName },
      outcome: state === 'failed' ? 'failed' : 'allowed',
      detail: {
        turnId: turn.id,
        path: turn.path,
        origin: turn.origin,
        characters: text.length,
        ...(files.length > 0 ? { files: files.length } : {}),
        ...(quick ? { quick } : {}),
        ...(failure ? { reason: failure.reason } : {}),
      },
    });
    const ended: EndedTurn = {
      ...{ turn, state, text, quick, at },
      ...{ attachments: stored.attachments, messageId: stored.messageId, failure: failure ?? null },
    };
    for (const listener of listeners) await listener(tx, ended);
  });
}
