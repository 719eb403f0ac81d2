import type { Agent, Attachment, ConversationEvent, Me, TenantState } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown, FileUp } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { AgentBar } from './agent-bar.tsx';
import { Composer, type ComposerHandle } from './composer.tsx';
import { activeTurnOf, type KnownTurn } from './conversation-state.ts';
import { readDraft, writeDraft } from './drafts.ts';
import { EarlierMessages } from './earlier-messages.tsx';
import { EndedSession, TakenOver } from './session-notices.tsx';
import { Thread } from './thread.tsx';
import { TurnStatus } from './turn-status.tsx';
import { useBottom } from './use-bottom.ts';
import { useConversation } from './use-conversation.ts';
import { useFileDrop } from './use-file-drop.ts';
import { useFileTray } from './use-file-tray.ts';
import { useOutbox } from './use-outbox.ts';
import { useShownMessage } from './use-shown-message.ts';
import { Welcome } from './welcome.tsx';

export interface TalkableAgent {
  tenantId: string;
  name: string;
  team: boolean;
}

/** One conversation with an agent; `conversationId` is null while it has not begun. */
export function Chat({
  me,
  agent: own,
  agents,
  conversationId,
  shownMessageId,
}: {
  me: Me;
  /** The person's own agent; null: they have none. */
  agent: Agent | null;
  /** Those a new conversation can be with. */
  agents: readonly TalkableAgent[];
  conversationId: string | null;
  /** The message that a search has led to. */
  shownMessageId: string | null;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const composer = useRef<ComposerHandle>(null);
  const bottom = useBottom();
  const [chosen, setChosen] = useState<string | null>(null);

  const start = async (tenantId: string | null) =>
    (await api.call('startConversation', { body: tenantId === null ? {} : { tenantId } })).id;
  const onStarted = (id: string) => {
    // What was typed meanwhile goes along.
    writeDraft(me.userId, id, readDraft(me.userId, null));
    writeDraft(me.userId, null, '');
    void navigate({ to: '/chat/{-$conversationId}', params: { conversationId: id }, replace: true });
  };
  const outbox = useOutbox(me.userId, {
    start,
    deliver: (id, { text, attachments, clientMessageId }) =>
      api.call('sendMessage', {
        params: { conversationId: id },
        body: { text, attachments: attachments.map((attachment) => attachment.id), clientMessageId },
      }),
    onStarted,
    onAccepted: (id, message, turn) => conversation.accepted(id, message, turn),
  });
  const { announcement, announce } = useAnnouncements();
  const conversation = useConversation(conversationId, {
    onNews: outbox.arrived,
    onEvent: (event) => announce(event, name),
  });
  const { state, refusal } = conversation;
  const act = useTurnActions(conversationId);

  const firstChoice = own?.tenantId ?? agents[0]?.tenantId ?? null;
  const tenantId = state.conversation?.tenantId ?? (conversationId === null ? (chosen ?? firstChoice) : null);
  const agent = own !== null && (tenantId === null || tenantId === own.tenantId) ? own : null;
  const name =
    agent?.name ??
    state.conversation?.tenantName ??
    agents.find((candidate) => candidate.tenantId === tenantId)?.name ??
    t('chat.title');
  const newWith = tenantId === own?.tenantId ? null : tenantId;

  const tray = useFileTray(conversationId, { start: () => start(newWith), onStarted });
  const outgoing = outbox.outbox.filter((message) => message.conversationId === conversationId);
  const active = activeTurnOf(state);
  const ended = state.conversation !== null && state.conversation.endedAt !== null;
  const writable = !refusal && !ended;
  const dragging = useFileDrop(writable ? tray.add : null);
  const send = (text: string, attachments: readonly Attachment[]) => {
    outbox.send({ conversationId, tenantId: newWith, text, attachments });
    bottom.toBottom();
  };

  const { toBottom } = bottom;
  const { reset } = act;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation starts at its end, ready to write
  useEffect(() => {
    toBottom();
    reset();
    if (shownMessageId === null) composer.current?.focus();
  }, [conversationId, toBottom, reset]);
  useShownMessage(shownMessageId, state.messages, conversation.earlier, bottom.leave);

  const loading = conversationId !== null && state.conversation === null && state.messages.length === 0 && !refusal;
  const empty = !loading && !refusal && state.messages.length === 0 && outgoing.length === 0;
  return (
    <>
      <AgentBar
        name={name}
        agent={agent}
        state={stateOf(agent, active)}
        conversation={refusal ? null : state.conversation}
      />
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
            {empty && (
              <Welcome
                me={me}
                agent={agent}
                name={name}
                agents={conversationId === null ? agents : []}
                tenantId={tenantId}
                onChoose={setChosen}
                onAsk={(text) => send(text, [])}
              />
            )}
            {!refusal && (
              <EarlierMessages area={bottom.area} messages={state.messages} earlier={conversation.earlier} />
            )}
            <Thread
              state={state}
              attachmentsOf={conversationId}
              outgoing={outgoing}
              status={(open) => (
                <TurnStatus
                  open={open}
                  human={state.conversation?.takeover?.by ?? null}
                  onTryNow={() => act.mutate({ turn: open.turn, action: 'retryTurn' })}
                  onWithdraw={() => act.mutate({ turn: open.turn, action: 'stopTurn' })}
                />
              )}
              onSendAgain={outbox.again}
              onDiscard={outbox.discard}
              onEdit={(message) => {
                outbox.discard(message);
                tray.putBack(message.attachments);
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
        {dragging && <DropHere />}
      </div>
      {state.conversation?.takeover && !ended && <TakenOver takeover={state.conversation.takeover} />}
      {ended && <EndedSession />}
      {writable && (
        <Composer
          ref={composer}
          owner={me.userId}
          conversationId={conversationId}
          agentName={state.conversation?.takeover?.by ?? name}
          files={tray}
          // The first message or file creates the conversation; a second one must not create another.
          busy={
            tray.starting || outgoing.some((message) => message.conversationId === null && message.state === 'sending')
          }
          // A blocked message has its own buttons, where it says why it waits.
          answering={active !== null && active.state !== 'blocked'}
          stopping={act.isPending && act.variables.action === 'stopTurn'}
          onSend={(text) => send(text, tray.take())}
          onStop={() => active && act.mutate({ turn: active, action: 'stopTurn' })}
        />
      )}
    </>
  );
}

/** What is happening right now says more than what the list said a moment ago. Null: nothing is known. */
function stateOf(agent: Agent | null, active: KnownTurn | null): TenantState | null {
  if (active?.state === 'waking') return 'creating';
  if (active?.state === 'thinking') return 'running';
  return active?.state === 'blocked' ? 'failed' : (agent?.state ?? null);
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

/** What a screen reader hears without moving: what was said, and why nothing was yet. */
function useAnnouncements() {
  const { t } = useTranslation();
  const [announcement, setAnnouncement] = useState('');
  const announce = (event: ConversationEvent, name: string) => {
    if (event.type === 'message' && event.message.role !== 'person') {
      const { role, author, text } = event.message;
      if (role === 'note') setAnnouncement(text);
      else setAnnouncement(t('chat.answered', { agent: role === 'human' ? (author ?? name) : name, text }));
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

function DropHere() {
  const { t } = useTranslation();
  return (
    <div className="pointer-events-none absolute inset-3 z-10 grid place-items-center rounded-xl border-2 border-accent border-dashed bg-canvas/90">
      <p className="flex items-center gap-3 font-medium text-lg">
        <FileUp className="size-6 text-accent-ink" aria-hidden="true" />
        {t('files.drop')}
      </p>
    </div>
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
