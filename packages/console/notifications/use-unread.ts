import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { notificationsQuery, unreadKey } from '../api/portal-queries.ts';
import { useEvents } from '../api/use-events.ts';

/**
 * Keeps the number of unread notifications, for everybody who shows it. Lives once, in the shell. Only while the tab is looked at: a browser
 * opens six connections to one server over HTTP/1.1, for all its tabs together.
 */
export function useUnreadNotifications(): void {
  const queries = useQueryClient();
  const visible = useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
    () => document.visibilityState === 'visible',
  );
  useEvents(
    visible ? 'notifications' : null,
    'notificationEvents',
    {},
    ({ unread }) => {
      if (queries.getQueryData(unreadKey) === unread) return;
      queries.setQueryData(unreadKey, unread);
      void queries.invalidateQueries(notificationsQuery);
    },
    // Without it the bell shows no number; its list can still be asked for.
    () => {},
  );
}
