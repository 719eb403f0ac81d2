import type { Me, MonitoredSession } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/use-format.ts';
import { TakeoverBadge, TurnBadge, Way } from './session-badges.tsx';

/** One session in a line (on phones in three): who, with which agent, by which way, how it is doing. */
export function SessionRow({ session, me, now }: { session: MonitoredSession; me: Me; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { conversation, caller, turn, figures } = session;
  const at = Date.parse(conversation.updatedAt);
  return (
    <li data-testid="session-row" data-caller={caller.name} className="border-b last:border-0">
      <Link
        to="/sessions/$conversationId"
        params={{ conversationId: conversation.id }}
        className="-outline-offset-2 grid grid-cols-1 items-center gap-x-4 gap-y-1 px-4 py-3 text-sm transition-colors hover:bg-sunken lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_minmax(0,1.1fr)_minmax(0,1.1fr)_auto]"
      >
        <span className="min-w-0">
          <span className="block truncate font-medium">{caller.name}</span>
          {caller.department && <span className="block truncate text-ink-faint text-xs">{caller.department}</span>}
        </span>
        <span className="min-w-0">
          <span className="block truncate">{t('sessions.withAgent', { agent: conversation.tenantName })}</span>
          <span className="block truncate text-ink-faint text-xs">{conversation.title || t('chat.untitled')}</span>
        </span>
        <span className="min-w-0 truncate text-ink-soft max-lg:text-xs">
          <Way path={conversation.path} origin={turn?.origin ?? null} />
        </span>
        <Quality figures={figures} />
        <span className="flex min-w-0 flex-wrap items-center gap-2 lg:w-52 lg:flex-col lg:items-end lg:gap-1">
          {conversation.endedAt ? (
            <span className="inline-flex h-6 items-center rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs">
              {t('sessions.ended')}
            </span>
          ) : conversation.takeover ? (
            <TakeoverBadge takeover={conversation.takeover} mine={conversation.takeover.userId === me.userId} />
          ) : (
            <TurnBadge state={turn?.state ?? null} />
          )}
          <time dateTime={conversation.updatedAt} title={format.full(at)} className="tabular text-ink-faint text-xs">
            {format.ago(at, now)}
          </time>
        </span>
      </Link>
    </li>
  );
}

/** How it goes, in a few words; what went wrong stands out. */
function Quality({ figures }: { figures: MonitoredSession['figures'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const wrong = [
    ...(figures.failed > 0 ? [t('sessions.failedTurns', { count: figures.failed })] : []),
    ...(figures.refusedTools > 0 ? [t('sessions.refusals', { count: figures.refusedTools })] : []),
  ];
  return (
    <span className="tabular min-w-0 text-xs">
      <span className="text-ink-soft">
        {t('sessions.answeredTurns', { count: figures.answered, total: figures.turns })}
        {figures.answerMs !== null && ` · ${format.milliseconds(figures.answerMs)}`}
      </span>
      {wrong.length > 0 && <span className="block text-bad-ink">{wrong.join(' · ')}</span>}
    </span>
  );
}
