import type { Notification } from '@clawpool/contracts';
import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { type NotificationListener, notify } from '../../store/notifications.ts';
import { personNotifications } from '../../store/schema/index.ts';

/** What people were told in the portal. Each sees their own. */
export interface NotificationService {
  /** The latest 100, and how many of all are unread. */
  list(principal: Principal): Promise<{ notifications: Notification[]; unread: number }>;
  /** Marks these as read, or all; what is somebody else’s stays as it is. */
  read(principal: Principal, ids?: readonly string[]): Promise<void>;
  /** Tells how many are unread, now and whenever it may have changed. Ends with the function it returns. */
  follow(principal: Principal, listener: (told: { unread: number }) => void): () => void;
  close(): void;
}

interface Follower extends Person {
  tell(): void;
}

type Person = Pick<Principal, 'organizationId' | 'userId'>;

export function createNotificationService(
  { db }: Database,
  notifications: NotificationListener,
  onError: (error: unknown) => void,
): NotificationService {
  const followers = new Set<Follower>();

  const stopNotified = notifications.on('person_notified', (person) => {
    for (const follower of followers) if (isSame(follower, person)) follower.tell();
  });
  const stopGap = notifications.onGap(() => {
    for (const follower of followers) follower.tell();
  });

  return {
    list: async (principal) => {
      const rows = await db
        .select()
        .from(personNotifications)
        .where(ofPerson(principal))
        .orderBy(desc(personNotifications.createdAt))
        .limit(100);
      return { notifications: rows.map(toNotification), unread: await countUnread(db, principal) };
    },

    read: async (principal, ids) => {
      const { organizationId, userId } = principal;
      await db.transaction(async (tx) => {
        await tx
          .update(personNotifications)
          .set({ readAt: new Date() })
          .where(
            and(
              ofPerson(principal),
              isNull(personNotifications.readAt),
              ids && inArray(personNotifications.id, [...ids]),
            ),
          );
        await notify(tx, 'person_notified', { organizationId, userId });
      });
    },

    follow: ({ organizationId, userId }, listener) => {
      let counting = false;
      let again = false;
      const follower: Follower = {
        organizationId,
        userId,
        // Counts are told in the order in which they were made: one at a time, and once more for all that came meanwhile.
        tell: () => {
          if (counting) {
            again = true;
            return;
          }
          counting = true;
          countUnread(db, { organizationId, userId })
            .then((unread) => followers.has(follower) && listener({ unread }))
            .catch(onError)
            .finally(() => {
              counting = false;
              if (again && followers.has(follower)) {
                again = false;
                follower.tell();
              }
            });
        },
      };
      followers.add(follower);
      follower.tell();
      return () => void followers.delete(follower);
    },

    close: () => {
      stopNotified();
      stopGap();
      followers.clear();
    },
  };
}

const isSame = (a: Person, b: Person) => a.organizationId === b.organizationId && a.userId === b.userId;

const ofPerson = ({ organizationId, userId }: Person) =>
  and(eq(personNotifications.organizationId, organizationId), eq(personNotifications.userId, userId));

const countUnread = (db: Queryable, person: Person): Promise<number> =>
  db.$count(personNotifications, and(ofPerson(person), isNull(personNotifications.readAt)));

const toNotification = (row: typeof personNotifications.$inferSelect): Notification => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  text: row.text,
  conversationId: row.conversationId,
  createdAt: row.createdAt.toISOString(),
  readAt: row.readAt?.toISOString() ?? null,
});
