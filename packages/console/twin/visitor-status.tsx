import { CircleAlert, Square, UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { OpenTurn } from '../chat/thread.tsx';
import { StatusLine } from '../chat/turn-status.tsx';
import { Waiting } from '../design/ripples.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

/** Seconds after which waiting is no longer usual, and the line says so. */
const longWait = 20;

/** How a visitor's question is doing: as honest as for its owner, without what is the organization's own business. */
export function VisitorStatus({ open: { turn, first, writing }, name }: { open: OpenTurn; name: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1000);
  const seconds = Math.max(0, Math.floor((now - turn.since) / 1000));
  switch (turn.state) {
    case 'answered':
      return null;
    case 'failed':
      return (
        <StatusLine state={turn.state} sign={<CircleAlert className="size-4.5 text-bad-ink" aria-hidden="true" />}>
          {t('visitor.failed')}
        </StatusLine>
      );
    case 'stopped':
      return (
        <StatusLine state={turn.state} sign={<Square className="size-3.5 text-ink-faint" aria-hidden="true" />}>
          {t('visitor.stopped')}
        </StatusLine>
      );
    case 'handed_over':
      return (
        <StatusLine state={turn.state} sign={<UserRound className="size-4.5 text-info-ink" aria-hidden="true" />}>
          {t('visitor.handedOver')}
        </StatusLine>
      );
    case 'blocked':
      return (
        <StatusLine state={turn.state} sign={<Waiting />}>
          {t('visitor.blocked')}
        </StatusLine>
      );
    default:
      if (writing) {
        return (
          <p data-testid="turn-status" data-state={turn.state} className="sr-only">
            {t('turn.answering')}
          </p>
        );
      }
      return (
        <StatusLine state={turn.state} sign={<Waiting />}>
          {turn.state === 'queued' && !first
            ? t('visitor.queued')
            : turn.state === 'thinking'
              ? t(seconds >= longWait ? 'turn.thinkingLong' : 'turn.thinking')
              : t(seconds >= longWait ? 'visitor.wakingLong' : 'visitor.waking', { name })}
          {seconds > 0 && <span className="tabular ms-2 text-ink-faint text-sm">{format.duration(seconds)}</span>}
        </StatusLine>
      );
  }
}
