import type { Agent, Me } from '@clawpool/contracts';
import { CornerDownLeft } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Mark } from '../design/mark.tsx';
import { dayPartOf } from '../format/time.ts';

const suggestions = ['who', 'may', 'contact', 'git'] as const;

/** A conversation that has not begun: a greeting, and something to begin with. */
export function Welcome({ me, agent, onAsk }: { me: Me; agent: Agent; onAsk: (text: string) => void }) {
  const { t } = useTranslation();
  const [now] = useState(Date.now);
  const name = me.name.trim().split(/\s+/)[0] ?? me.name;
  return (
    <div className="my-auto animate-appear py-8">
      <Mark className="-ms-1 mb-6 size-12 text-accent" />
      <h2 className="font-semibold text-2xl">{t(`chat.${dayPartOf(now)}`, { name })}</h2>
      <p className="mt-2 text-ink-soft text-lg">
        {t('chat.introduction', { agent: agent.name, position: agent.position, company: agent.company })}
      </p>
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
