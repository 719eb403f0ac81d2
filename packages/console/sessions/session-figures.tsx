import type { MonitoredSession } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { Fold } from '../design/form-fields.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { Fact, Facts } from '../tenant/card.tsx';

/** How a session goes, all from what is stored. Beside the transcript where there is room, else folded above it. */
export function SessionFigures({ session, className }: { session: MonitoredSession; className?: string }) {
  const { t } = useTranslation();
  const beside = useMediaQuery('(min-width: 80rem)');
  return (
    <aside aria-label={t('sessions.figures')} className={classNames('bg-canvas', className)}>
      {beside ? (
        <div className="px-5 py-5">
          <h2 className="mb-3 font-semibold">{t('sessions.figures')}</h2>
          <Figures session={session} />
        </div>
      ) : (
        <div className="max-h-[45dvh] overflow-y-auto border-b px-4 sm:px-6">
          <Fold title={t('sessions.figures')}>
            <Figures session={session} />
          </Fold>
        </div>
      )}
    </aside>
  );
}

function Figures({ session: { conversation, caller, figures } }: { session: MonitoredSession }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const number = (value: number) => value.toLocaleString(format.locale);
  const time = (ms: number | null) => (ms === null ? t('common.none') : format.milliseconds(ms));
  const moment = (at: string) => (
    <time dateTime={at} title={format.full(Date.parse(at))}>
      {format.ago(Date.parse(at), now)}
    </time>
  );
  return (
    <div className="tabular grid grid-cols-1 gap-5">
      <Facts>
        <Fact name={t('sessions.figure.turns')}>{number(figures.turns)}</Fact>
        <Fact name={t('sessions.figure.answered')}>{number(figures.answered)}</Fact>
        <Fact name={t('sessions.figure.failed')}>
          <span className={figures.failed > 0 ? 'text-bad-ink' : undefined}>{number(figures.failed)}</span>
        </Fact>
        <Fact name={t('sessions.figure.stopped')}>{number(figures.stopped)}</Fact>
        <Fact name={t('sessions.figure.refusedTools')}>
          <span className={figures.refusedTools > 0 ? 'text-bad-ink' : undefined}>{number(figures.refusedTools)}</span>
        </Fact>
        <Fact name={t('sessions.figure.humanMessages')}>{number(figures.humanMessages)}</Fact>
      </Facts>
      <Facts>
        <Fact name={t('sessions.figure.firstToken')}>{time(figures.firstTokenMs)}</Fact>
        <Fact name={t('sessions.figure.answer')}>{time(figures.answerMs)}</Fact>
        <Fact name={t('sessions.figure.tokens')}>
          {t('sessions.tokens', { input: figures.inputTokens, output: figures.outputTokens })}
        </Fact>
      </Facts>
      <Facts>
        <Fact name={t('sessions.agent')}>
          <Link
            to="/tenants/$tenantId"
            params={{ tenantId: conversation.tenantId }}
            className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
          >
            {conversation.tenantName}
          </Link>
        </Fact>
        {caller.department && <Fact name={t('sessions.department')}>{caller.department}</Fact>}
        <Fact name={t('sessions.began')}>{moment(conversation.createdAt)}</Fact>
        <Fact name={t('sessions.lastSaid')}>{moment(conversation.updatedAt)}</Fact>
        {conversation.endedAt && <Fact name={t('sessions.endedAt')}>{moment(conversation.endedAt)}</Fact>}
      </Facts>
      <p className="text-ink-faint text-xs">{t('sessions.recorded')}</p>
    </div>
  );
}
