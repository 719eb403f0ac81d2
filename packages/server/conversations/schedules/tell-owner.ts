import type { Notification } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { channelAccounts, channelBindings, type ReplyTo } from '../../store/schema/index.ts';
import { enqueueOutbound } from '../delivery/outbox.ts';
import { notifyPerson } from '../notifications/notify-person.ts';
import type { TenantOfSchedule } from './schedule-store.ts';

/** What the list in the portal shows of a text; all of it is in the conversation. */
const shownCharacters = 1_000;

export interface ToldToOwner {
  organizationId: string;
  owner: Pick<TenantOfSchedule, 'userId' | 'employeeId'>;
  kind: Notification['kind'];
  title: string;
  text: string;
  /** To the preferred channel as well, where the owner has one. */
  deliverTo: 'preferred' | 'portal';
  attachments?: readonly string[];
  conversationId: string | null;
  turnId: string | null;
  /** The same key again is the same news. */
  dedupeKey: string;
}

/** Tells a tenant’s owner something nobody waits for: in the portal, and where they want to be told. A tenant of nobody tells nobody. */
export async function tellOwner(tx: Transaction, told: ToldToOwner): Promise<void> {
  const { organizationId, owner, kind, title, text, conversationId, turnId, dedupeKey } = told;
  if (owner.userId === null) return;
  await notifyPerson(tx, {
    ...{ organizationId, userId: owner.userId, kind, title, conversationId, dedupeKey },
    text: text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters - 1).trimEnd()}…`,
  });
  const to = told.deliverTo === 'preferred' ? await preferredChat(tx, organizationId, owner.employeeId) : null;
  if (!to) return;
  await enqueueOutbound(tx, {
    ...{ organizationId, to, kind: 'notification', dedupeKey, text: `**${title}**\n\n${text}` },
    ...(told.attachments ? { attachments: told.attachments } : {}),
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
    );
  return row ?? null;
}
