import { ClientError } from '@clawpool/client';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { agentQuery, agentsQuery, meQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Chat } from './chat.tsx';

const routeApi = getRouteApi('/signed-in/house/chat/{-$conversationId}');

export function ChatPage() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const { conversationId = null } = routeApi.useParams();
  const { message = null } = routeApi.useSearch();
  const { data: agent, error, refetch } = useQuery({ ...agentQuery, enabled: me.employee !== null });
  const { data: agents = [] } = useQuery(agentsQuery);
  const problem = useProblem();
  usePageTitle(agent?.name ?? t('chat.title'));

  const alone = me.employee === null || (error instanceof ClientError && error.code === 'not_found');
  // Whoever has no agent of their own may still talk to their team's, or look at a conversation that a link leads to.
  if (agent || (alone && (agents.length > 0 || conversationId !== null))) {
    return (
      <Chat me={me} agent={agent ?? null} agents={agents} conversationId={conversationId} shownMessageId={message} />
    );
  }
  if (alone) {
    return (
      <Frame>
        <Placeholder title={t('chat.noAgentTitle')}>{t('chat.noAgent')}</Placeholder>
      </Frame>
    );
  }
  if (error) {
    return (
      <Frame>
        <Placeholder
          title={t('chat.agentFailed')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          {problem(factsOf(error)).title}
        </Placeholder>
      </Frame>
    );
  }
  return (
    <Frame>
      <p role="status" className="sr-only">
        {t('chat.loading')}
      </p>
      <div className="mx-auto mt-16 grid w-full max-w-3xl gap-4 px-4">
        <Skeleton className="h-8 w-64" />
        <Skeleton className="h-5 w-96 max-w-full" />
      </div>
    </Frame>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <PageBar>
        <h1 className="font-semibold">{t('chat.title')}</h1>
      </PageBar>
      <div className="flex-1 overflow-y-auto">{children}</div>
    </>
  );
}
