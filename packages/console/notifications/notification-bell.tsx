import type { Notification } from '@clawpool/contracts';
import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { Bell, CalendarClock, CircleAlert, FilePen, KeyRound, MessageCircle, Radio, UserRound } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { notificationsQuery, unreadKey } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

const icons: Record<Notification['kind'], typeof Bell> = {
  schedule_result: CalendarClock,
  schedule_failed: CircleAlert,
  channel_trouble: Radio,
  takeover: UserRound,
  message: MessageCircle,
  access_request: KeyRound,
  layer_proposal: FilePen,
  access_decided: KeyRound,
};

/** What the person was told beside conversations. */
export function NotificationBell() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { data: unread = 0 } = useQuery<number>({ queryKey: unreadKey, queryFn: skipToken });
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button
          kind="ghost"
          size="icon"
          className="relative ms-auto shrink-0"
          aria-label={unread > 0 ? t('notifications.unread', { count: unread }) : t('notifications.title')}
        >
          <Bell aria-hidden="true" />
          {unread > 0 && (
            <span
              aria-hidden="true"
              data-testid="unread"
              className="tabular absolute end-0.5 top-0.5 grid h-4.5 min-w-4.5 place-items-center rounded-full bg-accent px-1 font-semibold text-[0.6875rem] text-on-accent leading-none"
            >
              {unread > 99 ? '99+' : unread}
            </span>
          )}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          collisionPadding={12}
          aria-label={t('notifications.title')}
          className="z-50 flex max-h-[min(var(--radix-popover-content-available-height),36rem)] w-96 max-w-[calc(100vw-1.5rem)] animate-appear flex-col rounded-lg border border-line bg-surface shadow-floating outline-none"
        >
          <NotificationList unread={unread} onClose={() => setOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function NotificationList({ unread, onClose }: { unread: number; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const now = useNow(30_000);
  const { data: notifications, error } = useQuery(notificationsQuery);
  const read = useMutation({
    mutationFn: (ids: string[] | undefined) => api.call('readNotifications', { body: ids ? { ids } : {} }),
    onSettled: () => queryClient.invalidateQueries(notificationsQuery),
  });
  return (
    <>
      <div className="flex min-h-12 shrink-0 items-center justify-between gap-3 border-b ps-4 pe-2">
        <h2 className="font-semibold">{t('notifications.title')}</h2>
        {unread > 0 && (
          <Button kind="ghost" size="sm" disabled={read.isPending} onClick={() => read.mutate(undefined)}>
            {t('notifications.readAll')}
          </Button>
        )}
      </div>
      <div className="min-h-0 overflow-y-auto">
        {error && !notifications && (
          <div className="p-4">
            <ProblemNotice error={error} />
          </div>
        )}
        {read.error && (
          <div className="p-4">
            <ProblemNotice error={read.error} />
          </div>
        )}
        {!notifications && !error && (
          <div className="grid gap-3 p-4">
            <Skeleton className="h-4 w-3/4" />
            <Skeleton className="h-4 w-1/2" />
          </div>
        )}
        {notifications?.length === 0 && (
          <p className="px-4 py-6 text-center text-ink-faint text-sm">{t('notifications.none')}</p>
        )}
        {notifications && notifications.length > 0 && (
          <ul className="grid grid-cols-1">
            {notifications.map((notification) => (
              <li key={notification.id} className="border-b last:border-0">
                <Entry
                  notification={notification}
                  onOpen={() => {
                    if (notification.readAt === null) read.mutate([notification.id]);
                    if (placeOf(notification)) onClose();
                  }}
                >
                  <NotificationText notification={notification} now={now} />
                </Entry>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

/** Where to go for what has no conversation. */
const places: Partial<Record<Notification['kind'], LinkProps>> = {
  access_request: { to: '/approvals' },
  access_decided: { to: '/requests' },
  layer_proposal: { to: '/soul', search: { tab: 'proposals' } },
};

const placeOf = ({ kind, conversationId }: Notification): LinkProps | undefined =>
  conversationId === null
    ? places[kind]
    : { to: '/chat/{-$conversationId}', params: { conversationId }, preload: false };

const entryStyle = 'flex w-full gap-3 px-4 py-3 text-start text-sm -outline-offset-2';

/** Leads to what it is about, where there is such a place; one that is unread can at least be marked as read. */
function Entry({
  notification,
  onOpen,
  children,
}: {
  notification: Notification;
  onOpen: () => void;
  children: ReactNode;
}) {
  const about = { 'data-testid': 'notification', 'data-read': notification.readAt !== null };
  const place = placeOf(notification);
  if (place) {
    return (
      <Link
        {...place}
        onClick={onOpen}
        className={classNames(entryStyle, 'transition-colors hover:bg-hover')}
        {...about}
      >
        {children}
      </Link>
    );
  }
  if (notification.readAt === null) {
    return (
      <button
        type="button"
        onClick={onOpen}
        className={classNames(entryStyle, 'transition-colors hover:bg-hover')}
        {...about}
      >
        {children}
      </button>
    );
  }
  return (
    <div className={entryStyle} {...about}>
      {children}
    </div>
  );
}

function NotificationText({ notification, now }: { notification: Notification; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const Icon = icons[notification.kind];
  const at = Date.parse(notification.createdAt);
  const bad = notification.kind === 'schedule_failed' || notification.kind === 'channel_trouble';
  return (
    <>
      <Icon
        className={classNames('mt-0.5 size-4 shrink-0', bad ? 'text-bad-ink' : 'text-ink-faint')}
        aria-hidden="true"
      />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span className={classNames('min-w-0 flex-1 break-words', notification.readAt === null && 'font-semibold')}>
            {notification.title}
          </span>
          <time dateTime={notification.createdAt} title={format.full(at)} className="shrink-0 text-ink-faint text-xs">
            {format.ago(at, now)}
          </time>
        </span>
        <span className="mt-0.5 line-clamp-3 text-ink-soft [overflow-wrap:anywhere]">{notification.text}</span>
      </span>
      {notification.readAt === null && (
        <span className="mt-1.5 size-2 shrink-0 rounded-full bg-accent">
          <span className="sr-only">{t('notifications.new')}</span>
        </span>
      )}
    </>
  );
}
