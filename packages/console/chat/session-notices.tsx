import type { Takeover } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { buttonStyle } from '../design/button.tsx';
import { useFormat } from '../format/use-format.ts';

const frame = 'mx-auto w-full max-w-3xl shrink-0 px-3 pb-2 sm:px-6';

/** Above the composer while a person answers instead of the agent. */
export function TakenOver({ takeover }: { takeover: Takeover }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className={frame}>
      <p
        role="status"
        data-testid="taken-over"
        className="flex items-start gap-2.5 rounded-lg bg-info-soft px-3.5 py-2.5 text-info-ink text-sm"
      >
        <UserRound className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
        <span>
          <span className="font-semibold">{t('conversations.takenOverNow', { name: takeover.by })}</span>{' '}
          {t('conversations.takenOverUntil', { time: format.time(Date.parse(takeover.until)) })}
        </span>
      </p>
    </div>
  );
}

/** In the composer's place when the session is over. */
export function EndedSession() {
  const { t } = useTranslation();
  return (
    <div className={frame}>
      <div
        data-testid="ended-session"
        className="mb-3 flex flex-wrap items-center justify-between gap-3 rounded-lg border bg-sunken px-4 py-3 text-sm"
      >
        <p className="text-ink-soft">{t('conversations.ended')}</p>
        <Link
          to="/chat/{-$conversationId}"
          params={{ conversationId: undefined }}
          className={buttonStyle({ size: 'sm' })}
        >
          {t('chat.newConversation')}
        </Link>
      </div>
    </div>
  );
}
