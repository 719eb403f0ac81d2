import type { Conversation } from '@clawpool/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CalendarClock, FlaskConical, Radio, SquarePen, UserRound, Users } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { myChannelsQuery } from '../api/portal-queries.ts';
import { agentsQuery, conversationsQuery } from '../api/queries.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { SearchField } from '../design/field.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { useSettled } from '../design/use-settled.ts';
import { type DayGroup, dayGroupOf } from '../format/time.ts';
import { useNow } from '../format/use-format.ts';
import { ConversationMenu } from './conversation-menu.tsx';
import { LoadingList, SearchHits } from './search-hits.tsx';

/** The person's conversations, newest first, by day, and what was said in them. Lives in the sidebar while Chat is open. */
export function ConversationList() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState('');
  const [search, setSearch] = useSettled(wanted, setWanted);
  return (
    <nav aria-label={t('chat.conversations')} className="flex min-h-0 flex-1 flex-col">
      <div className="grid gap-2 px-3 pt-1 pb-2">
        <Link
          to="/chat/{-$conversationId}"
          params={{ conversationId: undefined }}
          activeOptions={{ exact: true }}
          className={classNames(buttonStyle(), 'w-full justify-start gap-3 px-2.5 [&_svg]:text-accent-ink')}
        >
          <SquarePen aria-hidden="true" />
          {t('chat.newConversation')}
        </Link>
        <SearchField label={t('conversations.search')} value={search} onValue={setSearch} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-3">
        {wanted === '' ? <AllConversations /> : <SearchHits text={wanted} />}
      </div>
    </nav>
  );
}

function AllConversations() {
  const { t } = useTranslation();
  const { data, isPending, isError, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery(conversationsQuery);
  const { data: channels } = useQuery(myChannelsQuery);
  const { data: agents } = useQuery(agentsQuery);
  const now = useNow(60_000);
  const conversations = data?.pages.flatMap((page) => page.conversations);
  const paired = (channels?.bindings.length ?? 0) > 0;
  const teams = new Set(agents?.flatMap(({ tenantId, team }) => (team ? [tenantId] : [])));
  return (
    <>
      {isPending && <LoadingList />}
      {isError && !conversations && (
        <div role="alert" className="px-2.5 pt-2 text-ink-soft text-sm">
          <p className="mb-2">{t('chat.conversationsFailed')}</p>
          <Button size="sm" onClick={() => void refetch()}>
            {t('common.tryAgain')}
          </Button>
        </div>
      )}
      {conversations?.length === 0 && <p className="px-2.5 pt-2 text-ink-faint text-sm">{t('chat.noConversations')}</p>}
      {conversations &&
        groupsOf(conversations, now).map(({ group, members }) => (
          <section key={group} aria-label={t(`time.${group}`)}>
            <h2 className="px-2.5 pt-4 pb-1.5 font-medium text-ink-faint text-xs">{t(`time.${group}`)}</h2>
            <ul className="grid grid-cols-1 gap-0.5">
              {members.map((conversation) => (
                <ConversationEntry
                  key={conversation.id}
                  conversation={conversation}
                  team={teams.has(conversation.tenantId)}
                  forChannels={paired && conversation.current}
                />
              ))}
            </ul>
          </section>
        ))}
      {hasNextPage && (
        <Button
          kind="ghost"
          size="sm"
          className="mt-2 w-full"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? t('conversations.loadingOlder') : t('conversations.older')}
        </Button>
      )}
    </>
  );
}

/** `forChannels`: what is written in paired channels arrives here. */
function ConversationEntry({
  conversation,
  team,
  forChannels,
}: {
  conversation: Conversation;
  team: boolean;
  forChannels: boolean;
}) {
  const { t } = useTranslation();
  const wide = useMediaQuery('(min-width: 64rem)');
  const signs = [
    conversation.takeover && {
      Icon: UserRound,
      text: t('conversations.takenOver', { name: conversation.takeover.by }),
    },
    conversation.path === 'cron' && { Icon: CalendarClock, text: t('conversations.ofSchedule') },
    conversation.path === 'pgnd' && { Icon: FlaskConical, text: t('conversations.playground') },
    team && { Icon: Users, text: t('conversations.withTeam', { name: conversation.tenantName }) },
    forChannels && { Icon: Radio, text: t('conversations.current') },
  ].filter((sign) => sign !== null && sign !== false);
  return (
    <li className="group relative">
      <Link
        to="/chat/{-$conversationId}"
        params={{ conversationId: conversation.id }}
        preload={false}
        activeOptions={{ includeSearch: false }}
        title={conversation.title}
        data-testid="conversation"
        className="flex min-w-0 items-center gap-1.5 rounded-md py-1.5 ps-2.5 pe-9 text-ink-soft text-sm leading-6 transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed aria-[current=page]:text-ink"
      >
        <span className="min-w-0 flex-1 truncate">{conversation.title || t('chat.untitled')}</span>
        {signs.map(({ Icon, text }) => (
          <span key={text} title={text} className="shrink-0 text-ink-faint">
            <Icon className="size-3.5" aria-hidden="true" />
            <span className="sr-only">{text}</span>
          </span>
        ))}
      </Link>
      {/* In the drawer of a narrow screen a dialog could not be reached; there the conversation's own bar has the menu. */}
      {wide && (
        <div className="absolute end-0.5 top-0.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100">
          <ConversationMenu conversation={conversation} size="icon-sm" />
        </div>
      )}
    </li>
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
