import { type Agent, type Conversation, type TenantState, toolNames } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical, Info, Radio, SquarePen } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { myChannelsQuery } from '../api/portal-queries.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Explanation } from '../design/explanation.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { StateDot } from '../design/state-badge.tsx';
import { PageBar } from '../shell/shell.tsx';
import { ConversationMenu } from './conversation-menu.tsx';

/**
 * Whom the person talks to, and how that one is doing. `agent` is null where it is not the person's own: a team's, or an employee's in a
 * playground.
 */
export function AgentBar({
  name,
  agent,
  state,
  conversation,
}: {
  name: string;
  agent: Agent | null;
  state: TenantState | null;
  conversation: Conversation | null;
}) {
  const { t } = useTranslation();
  const wide = useMediaQuery('(min-width: 64rem)');
  const { data: channels } = useQuery(myChannelsQuery);
  const forChannels = conversation?.current === true && (channels?.bindings.length ?? 0) > 0;
  return (
    <PageBar>
      <div className="min-w-0 flex-1 leading-tight">
        <h1 className="truncate font-semibold">{name}</h1>
        <p className="flex min-w-0 items-center gap-1.5 text-ink-faint text-xs leading-5">
          {agent && (
            <>
              <span className="hidden shrink-0 sm:inline">{agent.position}</span>
              <span className="hidden sm:inline" aria-hidden="true">
                ·
              </span>
            </>
          )}
          {state && (
            <>
              <StateDot state={state} />
              <span data-testid="agent-state" data-state={state} className="truncate">
                {t(`agent.state.${state}`)}
              </span>
            </>
          )}
          {!agent && <span className="truncate">{t(`conversations.${whose(conversation)}`)}</span>}
          {forChannels && (
            <span className="hidden min-w-0 items-center gap-1 md:inline-flex" title={t('conversations.current')}>
              <span aria-hidden="true">·</span>
              <Radio className="size-3.5 shrink-0" aria-hidden="true" />
              <span className="truncate">{t('conversations.currentShort')}</span>
            </span>
          )}
        </p>
      </div>
      {agent && <Model agent={agent} />}
      {agent && <AboutAgent agent={agent} />}
      {conversation && <ConversationMenu conversation={conversation} className="shrink-0" />}
      {!wide && (
        <Link
          to="/chat/{-$conversationId}"
          params={{ conversationId: undefined }}
          aria-label={t('chat.newConversation')}
          className={buttonStyle({ kind: 'ghost', size: 'icon' })}
        >
          <SquarePen aria-hidden="true" />
        </Link>
      )}
    </PageBar>
  );
}

function whose(conversation: Conversation | null): 'playground' | 'assistant' | 'teamAgent' {
  if (conversation?.path === 'pgnd') return 'playground';
  return conversation?.path === 'admin' ? 'assistant' : 'teamAgent';
}

function Model({ agent }: { agent: Agent }) {
  return agent.demoModel ? (
    <DemoModel model={agent.model} />
  ) : (
    <span className="hidden max-w-56 truncate text-ink-faint text-xs lg:block" title={agent.model}>
      {agent.model}
    </span>
  );
}

function DemoModel({ model }: { model: string }) {
  const { t } = useTranslation();
  return (
    <Explanation
      title={t('agent.demoTitle')}
      trigger={
        <button
          type="button"
          data-testid="demo-model"
          className="hidden h-8 shrink-0 items-center justify-center gap-1.5 rounded-full border border-warn-line bg-warn-soft px-3 font-medium text-warn-ink text-xs sm:inline-flex"
        >
          <FlaskConical className="size-3.5" aria-hidden="true" />
          {t('agent.demo')}
        </button>
      }
    >
      <p>{t('agent.demoText')}</p>
      <p className="mt-2">{t('agent.demoNext')}</p>
      <p className="mt-3 break-all text-ink-faint text-xs">{model}</p>
    </Explanation>
  );
}

function AboutAgent({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const may = toolNames.filter((tool) => agent.tools.includes(tool));
  const mayNot = toolNames.filter((tool) => !agent.tools.includes(tool));
  return (
    <Explanation
      title={agent.name}
      trigger={
        <Button kind="ghost" size="icon" aria-label={t('agent.about')} className="shrink-0">
          <Info aria-hidden="true" />
        </Button>
      }
    >
      <p>
        {agent.position}, {agent.company}
      </p>
      <dl className="mt-3 grid gap-3">
        <Fact name={t('agent.model')}>
          <span className="break-all">{agent.model}</span>
          {/* On a narrow screen there is no room for the badge that says it. */}
          {agent.demoModel && <span className="mt-1 block sm:hidden">{t('agent.demoText')}</span>}
        </Fact>
        <Fact name={t('agent.may')}>
          {may.length === 0 ? (
            t('agent.nothing')
          ) : (
            <ToolList tools={may.map((tool) => t(`tools.${tool}`))} mark="bg-good" />
          )}
        </Fact>
        {mayNot.length > 0 && (
          <Fact name={t('agent.mayNot')}>
            <ToolList tools={mayNot.map((tool) => t(`tools.${tool}`))} mark="bg-line-strong" />
          </Fact>
        )}
      </dl>
    </Explanation>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-medium text-ink-faint text-xs">{name}</dt>
      <dd className="mt-0.5 text-ink">{children}</dd>
    </div>
  );
}

function ToolList({ tools, mark }: { tools: string[]; mark: string }) {
  return (
    <ul>
      {tools.map((tool) => (
        <li key={tool} className="flex items-center gap-2 py-0.5">
          <span aria-hidden="true" className={classNames('size-1.5 rounded-full', mark)} />
          {tool}
        </li>
      ))}
    </ul>
  );
}
