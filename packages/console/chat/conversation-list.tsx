import type { Conversation } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { SquarePen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { conversationsQuery } from '../api/queries.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { type DayGroup, dayGroupOf } from '../format/time.ts';
import { useNow } from '../format/use-format.ts';

/** The person's conversations, newest first, by day. Lives in the sidebar while Chat is open. */
export function ConversationList() {
  const { t } = useTranslation();
  const { data: conversations, isPending, isError, refetch } = useQuery(conversationsQuery);
  const now = useNow(60_000);
  return (
    <nav aria-label={t('chat.conversations')} className="flex min-h-0 flex-1 flex-col">
      <div className="px-3 pt-1 pb-3">
        <Link
          to="/chat/{-$conversationId}"
          params={{ conversationId: undefined }}
          activeOptions={{ exact: true }}
          className={classNames(buttonStyle(), 'w-full justify-start gap-3 px-2.5 [&_svg]:text-accent-ink')}
        >
          <SquarePen aria-hidden="true" />
          {t('chat.newConversation')}
        </Link>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-3">
        {isPending && (
          <div className="grid gap-4 px-2.5 pt-3">
            <Skeleton className="h-4 w-4/5" />
            <Skeleton className="h-4 w-3/5" />
            <Skeleton className="h-4 w-2/3" />
          </div>
        )}
        {isError && !conversations && (
          <div role="alert" className="px-2.5 pt-2 text-ink-soft text-sm">
            <p className="mb-2">{t('chat.conversationsFailed')}</p>
            <Button size="sm" onClick={() => void refetch()}>
              {t('common.tryAgain')}
            </Button>
          </div>
        )}
        {conversations?.length === 0 && (
          <p className="px-2.5 pt-2 text-ink-faint text-sm">{t('chat.noConversations')}</p>
        )}
        {conversations &&
          groupsOf(conversations, now).map(({ group, members }) => (
            <section key={group} aria-label={t(`time.${group}`)}>
              <h2 className="px-2.5 pt-4 pb-1.5 font-medium text-ink-faint text-xs">{t(`time.${group}`)}</h2>
              <ul className="grid grid-cols-1 gap-0.5">
                {members.map((conversation) => (
                  <li key={conversation.id}>
                    <Link
                      to="/chat/{-$conversationId}"
                      params={{ conversationId: conversation.id }}
                      preload={false}
                      title={conversation.title}
                      className="block truncate rounded-md px-2.5 py-1.5 text-ink-soft text-sm leading-6 transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed aria-[current=page]:text-ink"
                    >
                      {conversation.title || t('chat.untitled')}
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          ))}
      </div>
    </nav>
  );
}

/** Keeps the order that the server gave. */
function groupsOf(conversations: readonly Conversation[], now: number) {
  const groups = new Map<DayGroup, Conversation[]>();
  for (const conversation of conversations) {
    const group = dayGroupOf(Date.parse(conversation.updatedAt), now);
    groups.set(group, [...(groups.get(group) ?? []), conversation]);
  }
  return [...groups].map(([group, members]) => ({ group, members }));
}
