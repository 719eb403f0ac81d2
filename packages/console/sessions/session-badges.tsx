import type { AccessPath, Origin, Takeover, TurnState } from '@clawpool/contracts';
import { UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { channelNames, isChannel } from '../channels/channel-names.ts';
import { classNames } from '../design/class-names.ts';
import { badges, dots, lookOf } from './turn-look.ts';

const badgeStyle = 'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2.5 font-medium text-xs';

/** What a session's newest turn is doing; null: nobody has said anything yet. */
export function TurnBadge({ state }: { state: TurnState | null }) {
  const { t } = useTranslation();
  if (state === null)
    return <span className={classNames(badgeStyle, 'bg-hover text-ink-soft')}>{t('sessions.silent')}</span>;
  const look = lookOf(state);
  return (
    <span data-turn={state} className={classNames(badgeStyle, badges[look])}>
      <span aria-hidden="true" className={classNames('inline-block size-2 shrink-0 rounded-full', dots[look])} />
      {t(`sessions.turn.${state}`)}
    </span>
  );
}

/** A person answers instead of the agent. */
export function TakeoverBadge({ takeover, mine }: { takeover: Takeover; mine: boolean }) {
  const { t } = useTranslation();
  return (
    <span
      data-testid="taken-over"
      className={classNames(badgeStyle, 'min-w-0 max-w-full border border-accent-line bg-accent-soft text-accent-ink')}
    >
      <UserRound className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="truncate">
        {mine ? t('sessions.youAnswer') : t('sessions.answeredBy', { name: takeover.by })}
      </span>
    </span>
  );
}

/** How somebody came to the agent, in a word or two. */
export function Way({ path, origin }: { path: AccessPath; origin: Origin | null }) {
  const { t } = useTranslation();
  const originName = useOriginName();
  const names = [t(`sessions.path.${path}`), ...(origin === null ? [] : [originName(origin)])];
  // A twin and a schedule are a path and an origin of the same name.
  return <>{[...new Set(names)].join(' · ')}</>;
}

/** Names the way by which a message came in. */
export function useOriginName(): (origin: Origin) => string {
  const { t } = useTranslation();
  return (origin) => {
    if (isChannel(origin)) return channelNames[origin];
    return origin === 'portal' || origin === 'twin' ? t(`sessions.origin.${origin}`) : t(`said.origin.${origin}`);
  };
}
