import type { Agent, Me } from '@clawpool/contracts';
import { CornerDownLeft, Users } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Mark } from '../design/mark.tsx';
import { dayPartOf } from '../format/time.ts';
import type { TalkableAgent } from './chat.tsx';

const suggestions = ['who', 'may', 'contact', 'git'] as const;

/** A conversation that has not begun: a greeting, and something to begin with. */
export function Welcome({
  me,
  agent,
  name: agentName,
  agents,
  tenantId,
  onChoose,
  onAsk,
}: {
  me: Me;
  /** Null: it is not the person's own. */
  agent: Agent | null;
  name: string;
  /** Among whom there is a choice, where there is more than one. */
  agents: readonly TalkableAgent[];
  tenantId: string | null;
  onChoose: (tenantId: string) => void;
  onAsk: (text: string) => void;
}) {
  const { t } = useTranslation();
  const [now] = useState(Date.now);
  const name = me.name.trim().split(/\s+/)[0] ?? me.name;
  return (
    <div className="my-auto animate-appear py-8">
      <Mark className="-ms-1 mb-6 size-12 text-accent" />
      <h2 className="font-semibold text-2xl">{t(`chat.${dayPartOf(now)}`, { name })}</h2>
      <p className="mt-2 text-ink-soft text-lg">
        {agent
          ? t('chat.introduction', { agent: agent.name, position: agent.position, company: agent.company })
          : t('conversations.introduction', { agent: agentName, company: me.organization.name })}
      </p>
      {agents.length > 1 && tenantId !== null && (
        <div className="mt-6">
          <FilterButtons
            label={t('conversations.talkTo')}
            value={tenantId}
            onValue={onChoose}
            options={agents.map((candidate) => ({
              value: candidate.tenantId,
              label: candidate.name,
              ...(candidate.team ? { sign: <Users className="size-4" aria-hidden="true" /> } : {}),
            }))}
          />
        </div>
      )}
      <ul aria-label={t('chat.suggestions')} className="mt-8 grid gap-2.5 sm:grid-cols-2">
        {suggestions.map((suggestion) => {
          const text = t(`chat.suggestion.${suggestion}`);
          return (
            <li key={suggestion}>
              <button
                type="button"
                onClick={() => onAsk(text)}
                className="group flex min-h-12 w-full items-center justify-between gap-3 rounded-lg border border-line bg-surface px-4 py-3 text-start transition-colors hover:border-line-strong hover:bg-hover"
              >
                {text}
                <CornerDownLeft
                  className="size-4 shrink-0 text-ink-faint opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100"
                  aria-hidden="true"
                />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
