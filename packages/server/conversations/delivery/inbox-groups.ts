import type { InboundMessage } from '@clawpool/contracts';
import { and, asc, eq, ne, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { inbox } from '../../store/schema/index.ts';
import { type ClaimedInbound, LeaseLost } from './inbox-store.ts';
import type { Tries } from './retry.ts';

/** More than any platform shows as one. */
const maxGroup = 20;

/** A row that waits and becomes one message with the claimed one. */
interface Companion {
  organizationId: string;
  id: string;
  fence: number;
  message: InboundMessage;
}

/** What waits of the claimed row's group, in order; nobody else takes it while the row is held. */
export async function restOfGroup(db: Queryable, row: ClaimedInbound): Promise<Companion[]> {
  if (row.message.groupId === undefined) return [];
  return db
    .select({ organizationId: inbox.organizationId, id: inbox.id, fence: inbox.fence, message: inbox.message })
    .from(inbox)
    .where(waitingWith(row))
    .orderBy(asc(inbox.sequence), asc(inbox.arrival))
    .limit(maxGroup);
}

/** Ends them with the claimed one, in its transaction: as part of its turn, or refused. Errors: LeaseLost, where one was taken meanwhile. */
export async function finishGroup(
  tx: Transaction,
  rest: readonly Companion[],
  how: { outcome: 'turn'; turnId: string } | { outcome: 'ignored' },
): Promise<void> {
  for (const { organizationId, id, fence } of rest) {
    const { rowCount } = await tx
      .update(inbox)
      .set({ state: 'done', ...how, retryAt: null, error: null, finishedAt: sql`now()` })
      .where(
        and(
          eq(inbox.organizationId, organizationId),
          eq(inbox.id, id),
          eq(inbox.fence, fence),
          eq(inbox.state, 'waiting'),
        ),
      );
    if (rowCount !== 1) throw new LeaseLost();
  }
}

/** They are dead with the claimed one, so that they come back together too. */
export async function buryGroup(
  tx: Transaction,
  row: ClaimedInbound,
  { error, tries }: { error: string; tries: Tries },
): Promise<void> {
  if (row.message.groupId === undefined) return;
  await tx
    .update(inbox)
    .set({ state: 'dead', error, ...tries, retryAt: null, finishedAt: sql`now()` })
    .where(waitingWith(row));
}

const waitingWith = ({ organizationId, id, accountId, chatId, message }: ClaimedInbound): SQL | undefined =>
  and(
    eq(inbox.organizationId, organizationId),
    eq(inbox.accountId, accountId),
    eq(inbox.chatId, chatId),
    eq(inbox.state, 'waiting'),
    ne(inbox.id, id),
    sql`${inbox.message} ->> 'groupId' = ${message.groupId}`,
    sql`${inbox.message} #>> '{sender,platformUserId}' = ${message.sender.platformUserId}`,
  );
