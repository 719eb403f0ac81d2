import type { Agent, ConversationEvent, Me, TenantState } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { AgentBar } from './agent-bar.tsx';
import { Composer, type ComposerHandle } from './composer.tsx';
import { activeTurnOf, type ConversationState, type KnownTurn } from './conversation-state.ts';
import { readDraft, writeDraft } from './drafts.ts';
import { Thread } from './thread.tsx';
import { useBottom } from './use-bottom.ts';
import { useConversation } from './use-conversation.ts';
import { useOutbox } from './use-outbox.ts';
import { Welcome } from './welcome.tsx';

/** One conversation with the person's agent; `conversationId` is null while it has not begun. */
export function Chat({ me, agent, conversationId }: { me: Me; agent: Agent; conversationId: string | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const composer = useRef<ComposerHandle>(null);
  const bottom = useBottom();
  const { announcement, announce } = useAnnouncements(agent);

  const outbox = useOutbox(me.userId, {
    onStarted: (id) => {
      // What was typed meanwhile goes along.
      writeDraft(me.userId, id, readDraft(me.userId, null));
      writeDraft(me.userId, null, '');
      void navigate({ to: '/chat/{-$conversationId}', params: { conversationId: id }, replace: true });
    },
    onAccepted: (id, message, turn) => conversation.accepted(id, message, turn),
  });
  const conversation = useConversation(conversationId, { onNews: outbox.arrived, onEvent: announce });
  const { state, refusal } = conversation;
  const act = useTurnActions(conversationId);

  const outgoing = outbox.outbox.filter((message) => message.conversationId === conversationId);
  const active = activeTurnOf(state);
  const send = (text: string) => {
    outbox.send(conversationId, text);
    bottom.toBottom();
  };

  const { toBottom } = bottom;
  const { reset } = act;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation starts at its end, ready to write
  useEffect(() => {
    toBottom();
    reset();
    composer.current?.focus();
  }, [conversationId, toBottom, reset]);

  const loading = conversationId !== null && state.conversation === null && state.messages.length === 0 && !refusal;
  const empty = !loading && !refusal && state.messages.length === 0 && outgoing.length === 0;
  return (
    <>
      <AgentBar agent={agent} state={stateOf(agent, active)} />
      <div aria-live="polite" className="sr-only">
        {announcement}
      </div>
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
            {loading && <LoadingThread />}
            {refusal && <RefusedThread />}
            {empty && <Welcome me={me} agent={agent} onAsk={send} />}
            <Thread
              state={state}
              outgoing={outgoing}
              onTryNow={(turn) => act.mutate({ turn, action: 'retryTurn' })}
              onWithdraw={(turn) => act.mutate({ turn, action: 'stopTurn' })}
              onSendAgain={outbox.again}
              onDiscard={outbox.discard}
              onEdit={(message) => {
                outbox.discard(message);
                composer.current?.write(message.text);
              }}
            />
            {act.error && <ActionProblem error={act.error} stop={act.variables.action === 'stopTurn'} />}
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
      {!refusal && (
        <Composer
          ref={composer}
          userId={me.userId}
          conversationId={conversationId}
          agentName={agent.name}
          // The first message creates the conversation; a second one must not create another.
          busy={outgoing.some((message) => message.conversationId === null && message.state === 'sending')}
          // A blocked message has its own buttons, where it says why it waits.
          answering={active !== null && active.state !== 'blocked'}
          stopping={act.isPending && act.variables.action === 'stopTurn'}
          onSend={send}
          onStop={() => active && act.mutate({ turn: active, action: 'stopTurn' })}
        />
      )}
    </>
  );
}

/** What is happening right now says more than what the list said a moment ago. */
function stateOf(agent: Agent, active: ConversationState['turns'][number] | null): TenantState {
  if (active?.state === 'waking') return 'creating';
  if (active?.state === 'thinking') return 'running';
  return active?.state === 'blocked' ? 'failed' : agent.state;
}

/** What became of it comes with the event stream. The answer to the POST may be older than that: it is not looked at. */
function useTurnActions(conversationId: string | null) {
  return useMutation({
    mutationFn: async ({ turn, action }: { turn: KnownTurn; action: 'retryTurn' | 'stopTurn' }) => {
      if (conversationId === null) return;
      await api.call(action, { params: { conversationId, turnId: turn.id } });
    },
  });
}

/** What a screen reader hears without moving: the finished answer, and why there is none yet. */
function useAnnouncements(agent: Agent) {
  const { t } = useTranslation();
  const [announcement, setAnnouncement] = useState('');
  const announce = (event: ConversationEvent) => {
    if (event.type === 'message' && event.message.role === 'agent') {
      setAnnouncement(t('chat.answered', { agent: agent.name, text: event.message.text }));
    } else if (event.type === 'turn') {
      const { state } = event.turn;
      if (state === 'waking' || state === 'blocked' || state === 'failed') setAnnouncement(t(`turn.${state}`));
    }
  };
  return { announcement, announce };
}

function ActionProblem({ error, stop }: { error: Error; stop: boolean }) {
  const { t } = useTranslation();
  const { title, detail } = useProblem()(factsOf(error));
  return (
    <Notice tone="bad" role="alert" title={stop ? t('chat.stopFailed') : t('chat.retryFailed')} className="mt-4">
      {title} {detail}
    </Notice>
  );
}

function LoadingThread() {
  const { t } = useTranslation();
  return (
    <div className="grid gap-6">
      <p role="status" className="sr-only">
        {t('chat.loading')}
      </p>
      <Skeleton className="ms-auto h-11 w-52 rounded-xl" />
      <div className="grid gap-2.5">
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-11/12" />
        <Skeleton className="h-4 w-2/3" />
      </div>
    </div>
  );
}

function RefusedThread() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Placeholder
      title={t('chat.gone')}
      actions={
        <Button
          onClick={() => void navigate({ to: '/chat/{-$conversationId}', params: { conversationId: undefined } })}
        >
          {t('chat.newConversation')}
        </Button>
      }
    />
  );
}
