import type { LoadTest } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { loadTestsQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { BarChart } from '../charts/bar-chart.tsx';
import { distributionOf } from '../charts/distribution.ts';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Progress } from '../design/progress.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

const stateStyles: Record<LoadTest['state'], string> = {
  creating: 'bg-info-soft text-info-ink',
  starting: 'bg-info-soft text-info-ink',
  finished: 'bg-good-soft text-good-ink',
  cleaning: 'bg-hover text-ink-soft',
  cleaned: 'bg-hover text-ink-soft',
};

export function LoadTestState({ test: { state } }: { test: LoadTest }) {
  const { t } = useTranslation();
  return (
    <span
      className={classNames(
        'inline-flex h-6 items-center whitespace-nowrap rounded-full px-2.5 font-medium text-xs',
        stateStyles[state],
      )}
    >
      {t(`loadTest.state.${state}`)}
    </span>
  );
}

/** A test as it goes on and as it ended: how many run, how long each took, what failed, and what is left of it. */
export function LoadTestResult({ test }: { test: LoadTest }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(test.finishedAt === null ? 1_000 : 30_000);
  const [cleaning, setCleaning] = useState(false);
  const started = Date.parse(test.startedAt);
  const milliseconds = (ms: number | null | undefined) => (ms == null ? t('common.none') : format.milliseconds(ms));
  return (
    <section
      aria-labelledby={`load-test-${test.id}`}
      data-testid="load-test"
      data-load-test={test.id}
      data-state={test.state}
      data-running={test.running}
      data-remaining={test.remaining}
      className="grid gap-5 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id={`load-test-${test.id}`} className="flex flex-wrap items-center gap-2.5 font-semibold text-lg">
            {t('loadTest.heading', { count: test.count, tier: test.tier })}
            <LoadTestState test={test} />
          </h2>
          <p className="tabular text-ink-faint text-sm">
            <time dateTime={test.startedAt} title={format.full(started)}>
              {format.ago(started, now)}
            </time>
            {test.finishedAt === null && `, ${format.duration(Math.max(0, Math.floor((now - started) / 1000)))}`}
          </p>
        </div>
        {test.remaining > 0 && (
          <Button
            className="text-bad-ink"
            disabled={test.state === 'creating' || test.state === 'cleaning'}
            onClick={() => setCleaning(true)}
          >
            <Trash2 aria-hidden="true" />
            {t('loadTest.cleanUp', { count: test.remaining })}
          </Button>
        )}
      </div>
      <div>
        <Progress
          label={t('loadTest.running')}
          done={test.running}
          failed={test.failed}
          total={test.count}
          className="h-2.5"
        />
        <p role="status" className="tabular mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
          <span>{t('loadTest.acceptedOf', { count: test.accepted, total: test.count })}</span>
          <span className="text-good-ink">{t('loadTest.runningOf', { count: test.running, total: test.count })}</span>
          <span className={test.failed > 0 ? 'font-medium text-bad-ink' : 'text-ink-faint'}>
            {t('loadTest.failedOf', { count: test.failed })}
          </span>
        </p>
      </div>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure name={t('loadTest.success')}>
          {test.finishedAt === null
            ? t('common.none')
            : `${((test.running / test.count) * 100).toLocaleString(format.locale, { maximumFractionDigits: 1 })} %`}
        </Figure>
        <Figure name={t('loadTest.requestMedian')}>{milliseconds(test.requestMs?.p50)}</Figure>
        <Figure name={t('loadTest.runningMedian')}>{milliseconds(test.runningMs?.p50)}</Figure>
        <Figure name={t('loadTest.allRunning')}>{milliseconds(test.allRunningMs)}</Figure>
      </dl>
      <Percentiles test={test} />
      <Charts times={test.times} />
      {test.failures.length > 0 && <Failures test={test} />}
      {cleaning && <CleanUpDialog test={test} onClose={() => setCleaning(false)} />}
    </section>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="rounded-md bg-sunken px-3.5 py-3">
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd className="tabular mt-0.5 font-semibold text-lg">{children}</dd>
    </div>
  );
}

function Percentiles({ test }: { test: LoadTest }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = [
    { name: t('loadTest.requestTime'), values: test.requestMs },
    { name: t('loadTest.runningTime'), values: test.runningMs },
  ];
  return (
    <div className="overflow-hidden rounded-md border">
      <table className="tabular w-full text-sm" data-testid="percentiles">
        <caption className="sr-only">{t('loadTest.percentiles')}</caption>
        <thead>
          <tr className="border-b bg-sunken text-ink-soft">
            <th scope="col" className="px-2.5 py-2 text-start font-medium sm:px-3.5">
              {t('loadTest.measured')}
            </th>
            {['p50', 'p99', t('loadTest.max')].map((column) => (
              <th key={column} scope="col" className="px-2.5 py-2 text-end font-medium sm:px-3.5">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values }) => (
            <tr key={name} className="border-b last:border-0">
              <th scope="row" className="px-2.5 py-2 text-start font-normal sm:px-3.5">
                {name}
              </th>
              {(['p50', 'p99', 'max'] as const).map((key) => (
                <td key={key} className="whitespace-nowrap px-2.5 py-2 text-end sm:px-3.5">
                  {values ? format.milliseconds(values[key]) : t('common.none')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Charts({ times: { requestMs, runningMs } }: { times: LoadTest['times'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const charts = [
    { title: t('loadTest.requestTime'), values: requestMs, tone: 'info' },
    { title: t('loadTest.runningTime'), values: runningMs, tone: 'good' },
  ] as const;
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {charts
        .filter(({ values }) => values.length > 0)
        .map(({ title, values, tone }) => {
          const bins = distributionOf(values);
          return (
            <BarChart
              key={title}
              title={title}
              tone={tone}
              summary={t('loadTest.spread', {
                count: values.length,
                lowest: format.milliseconds(Math.min(...values)),
                highest: format.milliseconds(Math.max(...values)),
              })}
              columns={[t('loadTest.time'), t('loadTest.tenants')]}
              bars={bins.map(({ from, count }) => ({ label: format.milliseconds(from), value: count }))}
            />
          );
        })}
    </div>
  );
}

function Failures({ test }: { test: LoadTest }) {
  const { t } = useTranslation();
  return (
    <div>
      <h3 className="mb-2 font-semibold">{t('loadTest.failures', { count: test.failures.length })}</h3>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        tabIndex={0}
        aria-label={t('loadTest.failures', { count: test.failures.length })}
        className="max-h-72 overflow-y-auto rounded-md border text-sm"
      >
        {test.failures.map(({ tenant, reason, message }, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a refused request has no tenant to name it by
            key={index}
            className="grid gap-x-4 border-b px-3.5 py-2.5 last:border-0 sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)]"
          >
            <span className="break-all font-medium">{tenant}</span>
            <span className="min-w-0 break-words">
              {t(`operations.reason.${reason}`)} <span className="text-ink-soft">{message}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function CleanUpDialog({ test, onClose }: { test: LoadTest; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const cleanUp = useMutation({
    mutationFn: () => api.call('cleanUpLoadTest', { params: { loadTestId: test.id } }),
    onSuccess: onClose,
    onSettled: () => queryClient.invalidateQueries(loadTestsQuery),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('loadTest.cleanUpTitle', { count: test.remaining })}
      confirm={t('loadTest.cleanUpNow')}
      danger
      pending={cleanUp.isPending}
      onConfirm={() => cleanUp.mutate()}
    >
      <p>{t('loadTest.cleanUpText')}</p>
      <ProblemNotice error={cleanUp.error} />
    </ConfirmDialog>
  );
}
