import type { Batch } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { batchesQuery, batchQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Progress } from '../design/progress.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { CancelBatch } from '../tenants/cancel-batch.tsx';
import { BatchForm } from './batch-form.tsx';

/** Operations for many tenants: a new one, and how those before are doing. */
export function Batches({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: batches, error } = useQuery(batchesQuery);
  return (
    <div className="grid gap-6">
      {mayChange && <BatchForm />}
      <section aria-labelledby="batches" className="grid gap-3">
        <h2 id="batches" className="font-semibold text-lg">
          {t('pool.batches')}
        </h2>
        <ProblemNotice error={error} />
        {!batches ? (
          !error && <Skeleton className="h-40 rounded-lg" />
        ) : batches.length === 0 ? (
          <Placeholder title={t('pool.noBatchesTitle')} heading="h2">
            {t('pool.noBatches')}
          </Placeholder>
        ) : (
          <ul aria-label={t('pool.batches')} className="overflow-hidden rounded-lg border bg-surface">
            {batches.map((batch) => (
              <BatchRow key={batch.id} batch={batch} mayChange={mayChange} />
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function BatchRow({ batch, mayChange }: { batch: Batch; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(10_000);
  const id = useId();
  const [open, setOpen] = useState(false);
  const created = Date.parse(batch.createdAt);
  const done = batch.succeeded + batch.failed + batch.cancelled;
  return (
    <li data-testid="batch" data-batch={batch.id} data-state={batch.state} className="border-b last:border-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        // There is more to know only where something failed.
        disabled={batch.failed === 0}
        onClick={() => setOpen(!open)}
        className="-outline-offset-2 grid w-full grid-cols-[1rem_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-2 px-4 py-3.5 text-start text-sm enabled:hover:bg-sunken md:grid-cols-[1rem_minmax(0,11rem)_minmax(0,1fr)_11rem]"
      >
        <ChevronRight
          className={classNames(
            'size-4 text-ink-faint transition-transform',
            open && 'rotate-90',
            batch.failed === 0 && 'invisible',
          )}
          aria-hidden="true"
        />
        <span className="min-w-0">
          <span className="block font-medium">{t(`operations.action.${batch.kind}`)}</span>
          <span className="block truncate text-ink-faint text-xs">{batch.requestedBy}</span>
        </span>
        <span className="grid gap-1.5 max-md:order-4 max-md:col-span-2 max-md:col-start-2">
          <span className="tabular text-ink-soft">
            {batch.state === 'running'
              ? t('pool.batchRunning', { done, total: batch.total })
              : t('pool.batchFinished', { count: batch.succeeded })}
            {batch.failed > 0 && (
              <span className="ms-2 font-medium text-bad-ink">{t('pool.batchFailed', { count: batch.failed })}</span>
            )}
            {batch.cancelledAt !== null && (
              <span className="ms-2">
                {t(batch.state === 'running' ? 'batch.cancelling' : 'batch.cancelled', { count: batch.cancelled })}
              </span>
            )}
          </span>
          <Progress
            label={t(`operations.action.${batch.kind}`)}
            done={batch.succeeded}
            failed={batch.failed}
            total={batch.total}
          />
        </span>
        <time
          dateTime={batch.createdAt}
          title={format.full(created)}
          className="tabular text-end text-ink-faint text-xs md:text-sm"
        >
          {format.ago(created, now)}
        </time>
      </button>
      {mayChange && batch.state === 'running' && batch.cancelledAt === null && (
        <div className="flex justify-end px-4 pb-3">
          <CancelBatch batch={batch} />
        </div>
      )}
      <div id={id} hidden={!open}>
        {open && <Failures batch={batch} />}
      </div>
    </li>
  );
}

function Failures({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(batchQuery(batch.id, batch.state));
  if (!data) {
    return (
      <div className="border-t p-4">{error ? <ProblemNotice error={error} /> : <Skeleton className="h-4 w-64" />}</div>
    );
  }
  return (
    <div className="border-t bg-sunken px-4 py-3 sm:ps-11">
      <ul className="grid gap-2 text-sm">
        {data.failures.map(({ id, tenantId, tenantName, reason, message, hint }) => (
          <li key={id}>
            <Link to="/tenants/$tenantId" params={{ tenantId }} className="font-medium underline underline-offset-4">
              {tenantName}
            </Link>
            : {reason ? t(`operations.reason.${reason}`) : message} <span className="text-ink-soft">{hint}</span>
          </li>
        ))}
      </ul>
      {data.failed > data.failures.length && (
        <p className="mt-2 text-ink-faint text-xs">
          {t('pool.moreFailures', { count: data.failed - data.failures.length })}
        </p>
      )}
    </div>
  );
}
