import type { DeliveryFigures } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { classNames } from '../design/class-names.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';
import { mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { deliveryFiguresQuery } from './queries.ts';

/** What waits, what moves, and what could not be delivered. */
export function DeliveriesPage() {
  const { t } = useTranslation();
  usePageTitle(t('deliveries.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: figures, error } = useQuery(deliveryFiguresQuery);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('deliveries.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('deliveries.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid grid-cols-1 w-full max-w-300 gap-7 px-4 py-5 sm:px-5 lg:px-6">
          <section aria-labelledby="now" className="grid grid-cols-1 gap-3">
            <h2 id="now" className="font-semibold">
              {t('deliveries.now')}
            </h2>
            <ProblemNotice error={error} />
            {figures ? <Figures figures={figures} /> : !error && <Skeleton className="h-20 rounded-lg" />}
          </section>
          <DeadLetters mayChange={mayChangePool(me)} />
        </div>
      </div>
    </>
  );
}

/** Seconds of waiting from which on something is likely stuck: a wake takes a few, a busy provider asks for a minute. */
const longWait = 120;

function Figures({ figures }: { figures: DeliveryFigures }) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = (value: number) => value.toLocaleString(format.locale);
  const oldest = Math.round(figures.oldestWaitingSeconds);
  const facts: [string, string, boolean][] = [
    [t('deliveries.figure.inbox'), number(figures.inboxWaiting), false],
    [t('deliveries.figure.turnsWaiting'), number(figures.turnsWaiting), false],
    [t('deliveries.figure.turnsRunning'), number(figures.turnsRunning), false],
    [t('deliveries.figure.outbox'), number(figures.outboxWaiting), false],
    [t('deliveries.figure.webhooks'), number(figures.webhooksWaiting), false],
    [t('deliveries.figure.oldest'), oldest === 0 ? t('common.none') : format.duration(oldest), oldest > longWait],
    [t('deliveries.figure.dead'), number(figures.dead), figures.dead > 0],
  ];
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border bg-line gap-px sm:grid-cols-4 lg:grid-cols-7">
      {facts.map(([name, value, wrong]) => (
        <div
          key={name}
          className="flex flex-col-reverse justify-end gap-0.5 bg-surface px-4 py-3 last:max-lg:col-span-2"
        >
          <dt className="text-ink-faint text-xs">{name}</dt>
          <dd className={classNames('tabular font-semibold text-lg', wrong && 'text-bad-ink')}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
