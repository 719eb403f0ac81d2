import { setTimeout as sleep } from 'node:timers/promises';
import { ChannelError } from '@clawpool/contracts';
import pg from 'pg';
import type { Database } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import type { Inbox } from '../delivery/inbox.ts';
import { backoffMs, errorLine } from '../delivery/retry.ts';
import { webhookUrl } from './channel-account.ts';
import { listEnabledAccounts, noteTrouble } from './channel-account-store.ts';
import type { OpenAccount, OpenAccounts } from './open-accounts.ts';

export interface Reception {
  close(): Promise<void>;
}

export interface ReceptionOptions {
  database: Database;
  notifications: NotificationListener;
  accounts: OpenAccounts;
  inbox: Inbox;
  /** Where platforms reach this installation; null: they do not. */
  publicUrl: string | null;
  onError: (error: unknown) => void;
  /** Milliseconds between two looks for accounts whose process is gone; 5 000 unless given. */
  everyMs?: number;
}

/** A driver goes on by itself after an error, and tells each: without another one for this long it has succeeded. */
const recoveredMs = 60_000;

/** Class of the advisory locks of accounts; any number that nothing else uses. */
const lockClass = 20261;

/**
 * Sees to it that every enabled account receives: tells the platform where to call, or polls it. One process of the installation does so for
 * an account, shown by an advisory lock: when it is gone another one goes on at once. What is wrong is noted at the account.
 */
export function startReception(options: ReceptionOptions): Reception {
  const { database, notifications, onError } = options;
  const receiving = new Map<string, { version: number; abort: AbortController; done: Promise<void> }>();
  let locks: pg.Client | null = null;
  let closed = false;
  let looking: Promise<void> = Promise.resolve();
  let queued = false;

  const stops = [notifications.on('channel_account_changed', () => look()), notifications.onGap(() => look())];
  const timer = setInterval(look, options.everyMs ?? 5_000);
  timer.unref();
  look();

  function look(): void {
    if (queued || closed) return;
    queued = true;
    looking = looking.then(async () => {
      queued = false;
      if (!closed) await compare().catch((error: unknown) => closed || onError(error));
    });
  }

  /** Ends what is not to be received (any more, or so), begins what nobody receives. */
  async function compare(): Promise<void> {
    const wanted = new Map((await listEnabledAccounts(database.db)).map(({ id, version }) => [id, version]));
    for (const [id, { version }] of receiving) if (wanted.get(id) !== version) await end(id);
    for (const [id, version] of wanted) {
      if (closed || receiving.has(id) || !(await lock(id))) continue;
      const abort = new AbortController();
      receiving.set(id, { version, abort, done: receive(options, { id, version }, abort.signal).catch(onError) });
    }
  }

  async function end(id: string): Promise<void> {
    const one = receiving.get(id);
    receiving.delete(id);
    one?.abort.abort();
    await one?.done;
    await locks?.query('select pg_advisory_unlock($1, hashtext($2))', [lockClass, id]);
  }

  async function lock(id: string): Promise<boolean> {
    locks ??= await connect();
    const { rows } = await locks.query<{ ours: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as ours', [
      lockClass,
      id,
    ]);
    return rows[0]?.ours === true;
  }

  /** With the connection every lock is lost: somebody else may receive already. */
  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({ ...database.connection, keepAlive: true });
    const lost = () => {
      if (locks !== next) return;
      locks = null;
      for (const { abort } of receiving.values()) abort.abort();
      receiving.clear();
      look();
    };
    next.on('error', lost);
    next.on('end', lost);
    await next.connect();
    return next;
  }

  return {
    close: async () => {
      closed = true;
      clearInterval(timer);
      for (const stop of stops) stop();
      await looking;
      const open = [...receiving.values()];
      for (const { abort } of open) abort.abort();
      await Promise.all(open.map(({ done }) => done));
      const last = locks;
      locks = null;
      await last?.end();
    },
  };
}

async function receive(
  { database, accounts, inbox, publicUrl }: ReceptionOptions,
  wanted: { id: string; version: number },
  signal: AbortSignal,
): Promise<void> {
  const note = (trouble: string | null) => noteTrouble(database.db, wanted, trouble);
  for (let attempts = 1; !signal.aborted; attempts++) {
    try {
      const account = await accounts.find(wanted.id);
      // Changed in between: the next look begins again with what it is now.
      if (account?.version !== wanted.version) {
        await sleep(100, undefined, { signal });
        continue;
      }
      if (account.mode === 'webhook') return await beCalled(account, publicUrl, note);
      if (account.driver.features.webhook) await account.connection.setWebhook(null);
      await note(null);
      attempts = 0;
      await poll(account, inbox, note, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      await note(errorLine(error)).catch(() => undefined);
      // A refused token stays refused until an admin changes something, which begins again from outside.
      if (error instanceof ChannelError && !error.retry) return;
      const waitMs = (error instanceof ChannelError ? error.retryAfterMs : null) ?? 1_000 + backoffMs(attempts);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function beCalled(
  account: OpenAccount,
  publicUrl: string | null,
  note: (trouble: string | null) => Promise<void>,
): Promise<void> {
  const url = webhookUrl(publicUrl, account);
  if (url === null) {
    return note('This Clawpool does not know its public address any more, so the platform cannot call it.');
  }
  await account.connection.setWebhook(url);
  await note(null);
}

async function poll(
  { organizationId, id, connection }: OpenAccount,
  inbox: Inbox,
  note: (trouble: string | null) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let recovered: NodeJS.Timeout | undefined;
  try {
    await connection.poll(
      (messages) => inbox.accept({ organizationId, accountId: id }, messages),
      (error) => {
        note(errorLine(error)).catch(() => undefined);
        clearTimeout(recovered);
        recovered = setTimeout(() => note(null).catch(() => undefined), recoveredMs);
      },
      signal,
    );
  } finally {
    clearTimeout(recovered);
  }
}
