import { ChannelError } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { type ReplyTo, tenants, turns } from '../../store/schema/index.ts';
import type { OpenAccount, OpenAccounts } from '../channels/open-accounts.ts';
import type { TurnWatcher } from '../turn-events.ts';
import type { ClaimedTurn } from '../turn-store.ts';
import { enqueueOutbound, isStillTheirs } from './outbox.ts';
import {
  beginGrowing,
  type OutboxRow,
  recordSentParts,
  releaseGrowing,
  renewOutbound,
  wasToldSince,
} from './outbox-store.ts';
import { leaseMs } from './retry.ts';
import { said } from './said.ts';

export interface DraftsOptions {
  database: Database;
  accounts: OpenAccounts;
  /** Splits text into parts of at most `limit` UTF-16 code units. */
  splitText: (text: string, limit: number) => string[];
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
  /** Milliseconds of text before the first draft; 700 unless given. */
  firstAfterMs?: number;
  /** Milliseconds a wake may take before it is told; 1 500 unless given. */
  wakingAfterMs?: number;
}

export interface Drafts extends Required<TurnWatcher> {
  /** Shows nothing any more; resolves when what was on its way has arrived. */
  close(): Promise<void>;
}

/** What is shown of one turn while it runs. */
interface Showing {
  turn: ClaimedTurn;
  to: ReplyTo;
  text: string;
  over: boolean;
  /** No (more) drafts of this one: the platform cannot, or does not let us. */
  plain: boolean;
  typing: NodeJS.Timeout | undefined;
  waking: NodeJS.Timeout | undefined;
  draft: NodeJS.Timeout | undefined;
  drafting: Promise<void>;
  /** Earliest time of the next draft; null: there is nothing to show yet. */
  nextAt: number | null;
  row: OutboxRow | null;
  /** Of each part: the platform's id of its message, and the text it has. */
  ids: string[];
  texts: string[];
}

/** A person who waits for a runtime that does not start is told this often at most. */
const wakingAgainMs = 10 * 60_000;

/**
 * Shows in chats how turns go: typing, a note when the agent takes long to wake, and a draft of the answer that grows where the platform
 * lets messages be edited. All of it may fail without harm: the answer itself is delivered from the outbox, in place of its drafts.
 */
export function createDrafts(options: DraftsOptions): Drafts {
  const { database, accounts, splitText, owner, onError } = options;
  const { db } = database;
  const showings = new Map<string, Showing>();
  const ending = new Set<Promise<void>>();
  let closed = false;

  function showingOf(turn: ClaimedTurn): Showing | null {
    if (!turn.replyTo || closed) return null;
    const known = showings.get(turn.id);
    if (known) return known;
    const showing: Showing = {
      ...{ turn, to: turn.replyTo, text: '', over: false, plain: false, drafting: Promise.resolve() },
      ...{ typing: undefined, waking: undefined, draft: undefined, nextAt: null, row: null, ids: [], texts: [] },
    };
    showings.set(turn.id, showing);
    void type(showing);
    return showing;
  }

  const accountOf = ({ turn, to }: Showing) => accounts.findIn(turn.organizationId, to.accountId);

  /** Shows typing, and again before it fades. */
  async function type(showing: Showing): Promise<void> {
    const account = await accountOf(showing).catch(() => null);
    if (!account?.enabled || !account.driver.features.typing || showing.over) return;
    const show = () => void account.connection.typing(showing.to.chatId).catch(() => undefined);
    show();
    showing.typing = setInterval(show, account.driver.features.typingLastsMs * 0.8);
  }

  async function tellWaking({ turn, to }: Showing): Promise<void> {
    const { organizationId, tenantId, conversationId } = turn;
    await db.transaction(async (tx) => {
      if (!(await isStillTheirs(tx, { organizationId, conversationId, to }))) return;
      const [tenant] = await tx
        .select({ generation: tenants.generation, lastActiveAt: tenants.lastActiveAt })
        .from(tenants)
        .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
      if (!tenant) return;
      // One that was told since the agent last did something is about the same wake, also where the runtime’s generation rose in between.
      const since = new Date(Math.max(Date.now() - wakingAgainMs, tenant.lastActiveAt?.getTime() ?? 0));
      const chat = { organizationId, ...to };
      if (await wasToldSince(tx, chat, { keyPrefix: `waking:${tenantId}:`, since })) return;
      const dedupeKey = `waking:${tenantId}:${tenant.generation}`;
      await enqueueOutbound(tx, { organizationId, to, kind: 'note', dedupeKey, text: said.waking });
    });
  }

  /** The runtime cannot start: whoever waits in the chat is told why, once for each reason. */
  async function tellBlocked({ turn, to }: Showing): Promise<void> {
    const { organizationId, id, conversationId } = turn;
    await db.transaction(async (tx) => {
      const [row] = await tx
        .select({ state: turns.state, reason: turns.reason, message: turns.message, hint: turns.hint })
        .from(turns)
        .where(and(eq(turns.organizationId, organizationId), eq(turns.id, id)));
      if (row?.state !== 'blocked' || !(await isStillTheirs(tx, { organizationId, conversationId, to }))) return;
      const text = [row.message, row.hint].filter(Boolean).join('\n\n');
      const dedupeKey = `blocked:${id}:${row.reason}`;
      await enqueueOutbound(tx, { organizationId, to, kind: 'note', dedupeKey, text });
    });
  }

  /** Sees to it that the text is shown, as soon as the platform lets it. */
  function draftSoon(showing: Showing): void {
    if (showing.draft || showing.plain || showing.over) return;
    showing.nextAt ??= Date.now() + (options.firstAfterMs ?? 700);
    showing.draft = setTimeout(
      () => {
        const { text } = showing;
        showing.drafting = showDraft(showing, text)
          .catch((error: unknown) => {
            showing.plain = true;
            if (!(error instanceof ChannelError)) onError(error);
            return false;
          })
          .then((again) => {
            showing.draft = undefined;
            if (again || showing.text !== text) draftSoon(showing);
          });
      },
      Math.max(0, showing.nextAt - Date.now()),
    );
  }

  /** Brings what is shown up to date. True: it cannot be shown yet. */
  async function showDraft(showing: Showing, text: string): Promise<boolean> {
    const account = await accountOf(showing);
    showing.plain = !account?.enabled || !account.driver.features.edits;
    if (!account || showing.plain) return false;
    const { maxTextLength, editIntervalMs } = account.driver.features;
    const parts = splitText(text, maxTextLength);
    if (parts.length === 0) return false;
    const held = await holdRow(showing);
    showing.nextAt = Date.now() + editIntervalMs;
    if (held === 'later') return true;
    showing.plain = !held;
    if (showing.plain) return false;
    try {
      await showParts(account, showing, parts);
    } catch (error) {
      if (!(error instanceof ChannelError) || !error.retry) throw error;
      showing.nextAt += error.retryAfterMs ?? 0;
    }
    return false;
  }

  /** The row of the outbox that the drafts are of, with its lease. */
  async function holdRow(showing: Showing): Promise<boolean | 'later'> {
    if (showing.row) return renewOutbound(db, showing.row, leaseMs);
    const { organizationId, id: turnId, fence, conversationId } = showing.turn;
    const of = { organizationId, turnId, fence, conversationId, to: showing.to };
    const begun = await db.transaction((tx) => beginGrowing(tx, of, { owner, leaseMs }));
    if (begun === 'later') return begun;
    showing.row = begun;
    showing.ids = [...(showing.row?.sentParts ?? [])];
    return showing.row !== null;
  }

  async function showParts({ connection }: OpenAccount, showing: Showing, parts: readonly string[]): Promise<void> {
    const { row, ids, texts } = showing;
    const { chatId } = showing.to;
    for (const [index, text] of parts.entries()) {
      if (showing.over || !row) return;
      const id = ids[index];
      if (id === undefined) {
        const idempotencyKey = `${row.id}:${index}`;
        const sent = await connection.send({ chatId, text, attachment: null, buttons: [], idempotencyKey });
        ids[index] = sent.platformMessageId;
        if (!(await recordSentParts(db, row, ids))) return;
      } else if (texts[index] !== text) {
        await connection.edit(chatId, id, text);
      }
      texts[index] = text;
    }
  }

  async function end(showing: Showing): Promise<void> {
    await showing.drafting;
    if (showing.row) await releaseGrowing(db, showing.row);
    await tellBlocked(showing);
  }

  function left(turn: ClaimedTurn): void {
    const showing = showings.get(turn.id);
    if (!showing) return;
    showings.delete(turn.id);
    showing.over = true;
    clearInterval(showing.typing);
    clearTimeout(showing.waking);
    clearTimeout(showing.draft);
    const done = end(showing)
      .catch((error: unknown) => closed || onError(error))
      .then(() => void ending.delete(done));
    ending.add(done);
  }

  return {
    waking: (turn) => {
      const showing = showingOf(turn);
      if (!showing || showing.waking) return;
      showing.waking = setTimeout(() => tellWaking(showing).catch(onError), options.wakingAfterMs ?? 1_500);
    },
    thinking: (turn) => clearTimeout(showingOf(turn)?.waking),
    delta: (turn, text) => {
      const showing = showingOf(turn);
      if (!showing) return;
      showing.text += text;
      draftSoon(showing);
    },
    restart: (turn) => {
      const showing = showings.get(turn.id);
      if (showing) showing.text = '';
    },
    left,
    close: async () => {
      for (const { turn } of showings.values()) left(turn);
      closed = true;
      await Promise.all(ending);
    },
  };
}
