import { randomUUID } from 'node:crypto';
import type { Notification } from '@clawpool/contracts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { personNotifications } from '../../store/schema/index.ts';

export interface NewNotification {
  organizationId: string;
  userId: string;
  kind: Notification['kind'];
  title: string;
  text: string;
  conversationId?: string | null;
  /** The same key again is the same notification. */
  dedupeKey: string;
}

/** Tells a person something in the portal, once; commits with what it tells about. */
export async function notifyPerson(tx: Transaction, told: NewNotification): Promise<void> {
  const { organizationId, userId } = told;
  await tx
    .insert(personNotifications)
    .values({ ...told, id: randomUUID(), conversationId: told.conversationId ?? null })
    .onConflictDoNothing();
  await notify(tx, 'person_notified', { organizationId, userId });
}
