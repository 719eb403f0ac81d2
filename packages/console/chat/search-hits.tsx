import type { SearchHit } from '@clawpool/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

/** Where a text was said in the person's conversations; each leads to the message. */
export function SearchHits({ text }: { text: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const { data: hits, error } = useQuery({
    queryKey: ['conversation-search', text],
    queryFn: async ({ signal }) => (await api.call('searchConversations', { query: { text } }, { signal })).hits,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  if (error) return <ProblemNotice error={error} />;
  if (!hits) return <LoadingList />;
  return (
    <>
      <p role="status" className="px-2.5 pt-2 pb-1 text-ink-faint text-xs">
        {hits.length === 0 ? t('conversations.noHits') : t('conversations.hits', { count: hits.length })}
      </p>
      <ul className="grid grid-cols-1 gap-0.5">
        {hits.map((hit) => (
          <li key={hit.messageId}>
            <Link
              to="/chat/{-$conversationId}"
              params={{ conversationId: hit.conversation.id }}
              search={{ message: hit.messageId }}
              preload={false}
              data-testid="search-hit"
              className="block rounded-md px-2.5 py-2 text-sm transition-colors hover:bg-hover aria-[current=page]:bg-pressed"
            >
              <span className="flex items-baseline gap-2">
                <span className="min-w-0 flex-1 truncate font-medium">
                  {hit.conversation.title || t('chat.untitled')}
                </span>
                <time dateTime={hit.at} className="shrink-0 text-ink-faint text-xs">
                  {format.ago(Date.parse(hit.at), now)}
                </time>
              </span>
              <span className="mt-0.5 line-clamp-2 text-ink-soft [overflow-wrap:anywhere]">
                <Excerpt hit={hit} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function Excerpt({ hit: { excerpt, start, end } }: { hit: SearchHit }) {
  return (
    <>
      {excerpt.slice(0, start)}
      <mark className="rounded-xs bg-(--selection) px-0.5 text-ink">{excerpt.slice(start, end)}</mark>
      {excerpt.slice(end)}
    </>
  );
}

export function LoadingList() {
  return (
    <div className="grid gap-4 px-2.5 pt-3">
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-3/5" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}
