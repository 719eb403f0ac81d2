import type { Me, MonitoredSession } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowDown, ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import type { ConversationState } from '../chat/conversation-state.ts';
import { EarlierMessages } from '../chat/earlier-messages.tsx';
import { useBottom } from '../chat/use-bottom.ts';
import type { Earlier } from '../chat/use-earlier.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useNow } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { sessionQuery } from './queries.ts';
import { TakeoverBadge, TurnBadge, Way } from './session-badges.tsx';
import { SessionControls } from './session-controls.tsx';
import { SessionFigures } from './session-figures.tsx';
import { lastView } from './session-view.ts';
import { standOf } from './stand.ts';
import { TranscriptView } from './transcript-view.tsx';
import { useTranscript } from './use-transcript.ts';

const routeApi = getRouteApi('/signed-in/house/sessions/$conversationId');

/** One session, live: what is said, how it goes, and whoever may can answer instead of the agent. */
export function SessionPage() {
  const { conversationId } = routeApi.useParams();
  // Another session is another page: nothing typed or asked in one may reach the other.
  return <Session key={conversationId} conversationId={conversationId} />;
}

function Session({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: session, error, refetch } = useQuery(sessionQuery(conversationId));
  const { state, earlier, refusal } = useTranscript(conversationId);
  usePageTitle(session ? t('sessions.of', { name: session.caller.name }) : t('sessions.title'));

  const failure = refusal ?? (session ? null : error);
  if (failure) {
    return (
      <>
        <PageBar>
          <BackLink />
        </PageBar>
        <div className="flex-1 overflow-y-auto" role="alert">
          <Placeholder
            heading="h1"
            title={t('sessions.oneFailed')}
            actions={!refusal && <Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
          >
            <ProblemNotice error={failure} />
          </Placeholder>
        </div>
      </>
    );
  }
  if (!session || !state.conversation) return <Loading />;

  // What the stream has told is newer than what was asked.
  const turn = state.turns.at(-1) ?? session.turn;
  return (
    <Watched me={me} session={{ ...session, conversation: state.conversation, turn }} state={state} earlier={earlier} />
  );
}

function Watched({
  me,
  session,
  state,
  earlier,
}: {
  me: Me;
  session: MonitoredSession;
  state: ConversationState;
  earlier: Earlier;
}) {
  const { t } = useTranslation();
  const bottom = useBottom();
  const now = useNow(1_000);
  const { conversation, caller } = session;
  const stand = standOf(me, conversation, caller, now);
  return (
    <>
      <Bar session={session} mine={stand.type === 'mine'} taken={stand.type === 'taken'} />
      <div className="flex min-h-0 flex-1 flex-col xl:flex-row">
        <SessionFigures session={session} className="xl:order-2 xl:w-80 xl:shrink-0 xl:overflow-y-auto xl:border-s" />
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <div className="relative min-h-0 flex-1">
            <section
              ref={bottom.area}
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
              tabIndex={0}
              aria-label={t('sessions.transcript')}
              className="h-full overflow-y-auto -outline-offset-2"
            >
              <div ref={bottom.content} className="mx-auto w-full max-w-3xl px-4 pt-6 pb-8 sm:px-6">
                <EarlierMessages area={bottom.area} messages={state.messages} earlier={earlier} />
                {state.messages.length === 0 ? (
                  <p className="py-10 text-center text-ink-faint">{t('sessions.nothingSaid')}</p>
                ) : (
                  <TranscriptView
                    conversationId={conversation.id}
                    state={state}
                    caller={caller.name}
                    agent={conversation.tenantName}
                  />
                )}
              </div>
            </section>
            {!bottom.atBottom && (
              <Button
                size="sm"
                onClick={bottom.toBottom}
                className="-translate-x-1/2 absolute bottom-3 left-1/2 animate-appear rounded-full shadow-floating"
              >
                <ArrowDown aria-hidden="true" />
                {t('chat.jump')}
              </Button>
            )}
          </div>
          <SessionControls
            conversationId={conversation.id}
            stand={stand}
            caller={caller.name}
            takesFiles={conversation.path !== 'twin'}
            now={now}
            onSent={bottom.toBottom}
          />
        </div>
      </div>
    </>
  );
}

function Bar({ session, mine, taken }: { session: MonitoredSession; mine: boolean; taken: boolean }) {
  const { t } = useTranslation();
  const { conversation, caller, turn } = session;
  return (
    <PageBar>
      <BackLink />
      <div className="min-w-0 flex-1 leading-tight">
        <h1 className="truncate font-semibold">
          {t('sessions.callerWith', { caller: caller.name, agent: conversation.tenantName })}
        </h1>
        <p className="truncate text-ink-faint text-xs leading-5">
          <Way path={conversation.path} origin={turn?.origin ?? null} />
          {caller.department && ` · ${caller.department}`}
        </p>
      </div>
      <span data-testid="session-state" className="min-w-0 max-w-[45%] shrink-0 max-sm:hidden">
        {conversation.endedAt ? (
          <span className="inline-flex h-6 items-center rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs">
            {t('sessions.ended')}
          </span>
        ) : conversation.takeover && (mine || taken) ? (
          <TakeoverBadge takeover={conversation.takeover} mine={mine} />
        ) : (
          <TurnBadge state={turn?.state ?? null} />
        )}
      </span>
    </PageBar>
  );
}

function BackLink() {
  const { t } = useTranslation();
  return (
    <Link
      to="/sessions"
      search={lastView()}
      aria-label={t('sessions.back')}
      title={t('sessions.back')}
      className={classNames(buttonStyle({ kind: 'ghost', size: 'icon' }), 'shrink-0')}
    >
      <ArrowLeft aria-hidden="true" />
    </Link>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <PageBar>
        <BackLink />
        <Skeleton className="h-5 w-56" />
      </PageBar>
      <div className="mx-auto grid grid-cols-1 w-full max-w-3xl gap-6 px-4 pt-6 sm:px-6">
        <p role="status" className="sr-only">
          {t('sessions.loadingOne')}
        </p>
        <Skeleton className="ms-auto h-11 w-52 rounded-xl" />
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-2/3" />
      </div>
    </>
  );
}
