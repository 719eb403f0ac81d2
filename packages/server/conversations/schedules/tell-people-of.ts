import type { Notification } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { channelAccounts, channelBindings, type ReplyTo } from '../../store/schema/index.ts';
import { enqueueOutbound } from '../delivery/outbox.ts';
import { notifyPerson } from '../notifications/notify-person.ts';
import { findPeopleOfTenant, type PersonOfTenant } from './schedule-store.ts';

/** What the list in the portal shows of a text; all of it is in the conversation. */
const shownCharacters = 1_000;
/** Where there is nothing else to read it in. */
const shownWithoutConversation = 16_000;

export interface News {
  organizationId: string;
  tenantId: string;
  owner: PersonOfTenant;
  kind: Notification['kind'];
  title: string;
  text: string;
  /** To the preferred channel as well, where somebody has one. */
  deliverTo: 'preferred' | 'portal';
  attachments?: readonly string[];
  conversationId: string | null;
  turnId: string | null;
  /** The same key again is the same news. */
  dedupeKey: string;
}

/**
 * Tells whom an agent works for something nobody waits for, in the portal and where each wants to be told: its owner, or everybody who shares it.
 * A tenant of nobody tells nobody.
 */
export async function tellPeopleOf(tx: Transaction, news: News): Promise<void> {
  const { organizationId, tenantId, owner } = news;
  for (const person of await findPeopleOfTenant(tx, organizationId, tenantId, owner)) {
    if (person.userId !== null) await tellPerson(tx, { ...person, userId: person.userId }, news);
  }
}

async function tellPerson(
  tx: Transaction,
  { userId, employeeId }: PersonOfTenant & { userId: string },
  news: News,
): Promise<void> {
  const { organizationId, kind, title, text, conversationId, turnId, dedupeKey } = news;
  // The conversation of what nobody in particular began is in nobody’s portal.
  const own = news.owner.employeeId === null ? null : conversationId;
  const shown = own === null ? shownWithoutConversation : shownCharacters;
  await notifyPerson(tx, {
    ...{ organizationId, userId, kind, title, conversationId: own, dedupeKey },
    text: text.length <= shown ? text : `${text.slice(0, shown - 1).trimEnd()}…`,
  });
  const to = news.deliverTo === 'preferred' ? await preferredChat(tx, organizationId, employeeId) : null;
  if (!to) return;
  await enqueueOutbound(tx, {
    ...{ organizationId, to, kind: 'notification', dedupeKey, text: `**${title}**\n\n${text}` },
    ...(news.attachments ? { attachments: news.attachments } : {}),
    ...(conversationId === null ? {} : { conversationId }),
    ...(turnId === null ? {} : { turnId }),
  });
}

/** Where somebody wants to be told; null: in the portal only. */
export async function preferredChat(
  tx: Transaction,
  organizationId: string,
  employeeId: string | null,
): Promise<ReplyTo | null> {
  if (employeeId === null) return null;
  const [row] = await tx
    .select({ accountId: channelBindings.accountId, chatId: channelBindings.chatId })
    .from(channelBindings)
    .innerJoin(
      channelAccounts,
      and(
        eq(channelAccounts.organizationId, channelBindings.organizationId),
        eq(channelAccounts.id, channelBindings.accountId),
      ),
    )
    .where(
      and(
        eq(channelBindings.organizationId, organizationId),
        eq(channelBindings.employeeId, employeeId),
        eq(channelBindings.preferred, true),
        eq(channelAccounts.enabled, true),
      ),
    )
    // Whoever disconnects the chat waits, and discards what is put into the outbox for it.
    .for('key share', { of: channelBindings });
  return row ?? null;
}
