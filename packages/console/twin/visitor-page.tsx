import { ClientError } from '@clawpool/client';
import { type ConversationEvent, maxTwinMessageLength, type TwinPage } from '@clawpool/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ArrowDown } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { twinPageQuery } from '../api/portal-queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Composer, type ComposerHandle } from '../chat/composer.tsx';
import { Thread } from '../chat/thread.tsx';
import { useBottom } from '../chat/use-bottom.ts';
import { Button } from '../design/button.tsx';
import { Mark } from '../design/mark.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { Waiting } from '../design/ripples.tsx';
import { Preferences } from '../session/entrance.tsx';
import { ConnectionNotice } from '../shell/connection-notice.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { useVisit } from './use-visit.ts';
import { VisitorStatus } from './visitor-status.tsx';

const routeApi = getRouteApi('/t/$token');

/** What anybody with the link sees of a person's digital twin. Nobody signs in here. */
export function VisitorPage() {
  const { t } = useTranslation();
  const { token } = routeApi.useParams();
  const queryClient = useQueryClient();
  const problem = useProblem();
  const [ended, setEnded] = useState(false);
  const { data: twin, error, refetch } = useQuery({ ...twinPageQuery(token), enabled: !ended });
  const gone =
    ended || (error instanceof ClientError && (error.code === 'not_found' || error.code === 'invalid_request'));
  usePageTitle(twin && !gone ? t('visitor.title', { name: twin.name }) : t('visitor.plainTitle'));

  if (gone) {
    return (
      <Frame>
        <div className="grid flex-1 place-items-center" data-testid="twin-gone">
          <Placeholder heading="h1" title={t('visitor.goneTitle')}>
            {t('visitor.gone')}
          </Placeholder>
        </div>
      </Frame>
    );
  }
  if (twin) {
    return (
      <Visit
        // Another link is another twin.
        key={token}
        token={token}
        twin={twin}
        onGone={() => {
          setEnded(true);
          queryClient.removeQueries(twinPageQuery(token));
        }}
      />
    );
  }
  if (error) {
    return (
      <Frame>
        <div className="grid flex-1 place-items-center">
          <Placeholder
            heading="h1"
            title={t('visitor.failed')}
            actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
          >
            {problem(factsOf(error)).title}
          </Placeholder>
        </div>
      </Frame>
    );
  }
  return (
    <Frame>
      <div role="status" className="grid flex-1 place-items-center">
        <span className="sr-only">{t('visitor.opening')}</span>
        <Waiting className="size-8 animate-appear [animation-delay:400ms]" />
      </div>
    </Frame>
  );
}

function Visit({ token, twin, onGone }: { token: string; twin: TwinPage; onGone: () => void }) {
  const { t } = useTranslation();
  const composer = useRef<ComposerHandle>(null);
  const bottom = useBottom();
  const [announcement, setAnnouncement] = useState('');
  const visit = useVisit(token, {
    onGone,
    onEvent: (event: ConversationEvent) => {
      if (event.type !== 'message' || event.message.role === 'person') return;
      setAnnouncement(t('chat.answered', { agent: twin.name, text: event.message.text }));
    },
  });
  const { state, outgoing } = visit;
  const ended = state.conversation !== null && state.conversation.endedAt !== null;
  useEffect(() => composer.current?.focus(), []);
  return (
    <Frame name={twin.name} position={twin.position} company={twin.company}>
      <div aria-live="polite" className="sr-only">
        {announcement}
      </div>
      <ConnectionNotice />
      <div className="relative min-h-0 flex-1">
        <section
          ref={bottom.area}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
          tabIndex={0}
          aria-label={t('chat.messages')}
          className="h-full overflow-y-auto -outline-offset-2"
        >
          <div
            ref={bottom.content}
            className="mx-auto flex min-h-full w-full max-w-3xl flex-col px-4 pt-6 pb-8 sm:px-6"
          >
            <div className="mb-8 grid gap-3" data-testid="twin-greeting">
              <p className="whitespace-pre-wrap text-lg [overflow-wrap:anywhere]">
                {twin.greeting || t('visitor.greeting', { name: twin.name })}
              </p>
              <p className="text-ink-soft text-sm">
                {t('visitor.disclaimer', { name: twin.name, company: twin.company })}
              </p>
            </div>
            {visit.loading && (
              <p role="status" className="flex items-center gap-2.5 text-ink-soft">
                <Waiting />
                {t('chat.loading')}
              </p>
            )}
            <Thread
              state={state}
              attachmentsOf={null}
              outgoing={outgoing}
              status={(open) => <VisitorStatus open={open} name={twin.name} />}
              onSendAgain={visit.again}
              onDiscard={visit.discard}
              onEdit={(message) => {
                visit.discard(message);
                composer.current?.write(message.text);
              }}
            />
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
      {ended && (
        <p role="status" className="mx-auto w-full max-w-3xl shrink-0 px-5 pb-2 text-ink-soft text-sm sm:px-8">
          {t('visitor.ended')}
        </p>
      )}
      <Composer
        ref={composer}
        owner={`twin.${token}`}
        conversationId={null}
        agentName={twin.name}
        maxLength={maxTwinMessageLength}
        busy={false}
        onSend={(text) => {
          visit.send(text);
          bottom.toBottom();
        }}
      />
    </Frame>
  );
}

function Frame({
  name,
  position,
  company,
  children,
}: {
  name?: string;
  position?: string;
  company?: string;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <header className="flex min-h-16 shrink-0 items-center gap-3 border-b bg-canvas px-4 sm:px-6">
        <Mark className="size-7 shrink-0 text-accent" />
        <div className="min-w-0 flex-1 leading-tight">
          {name && <h1 className="truncate font-semibold">{t('visitor.title', { name })}</h1>}
          {position && (
            <p className="flex min-w-0 items-center gap-1.5 text-ink-faint text-xs leading-5">
              <span className="inline-flex h-4.5 shrink-0 items-center rounded-full bg-accent-soft px-1.5 font-medium text-accent-ink">
                {t('visitor.badge')}
              </span>
              <span className="truncate">
                {position}, {company}
              </span>
            </p>
          )}
        </div>
        <Preferences />
      </header>
      <main className="relative flex min-h-0 flex-1 flex-col">{children}</main>
    </div>
  );
}
