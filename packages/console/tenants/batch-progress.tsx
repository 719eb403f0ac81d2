import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Progress } from '../design/progress.tsx';
import { Waiting } from '../design/ripples.tsx';
import { showBatch, useShownBatch } from './batch.ts';
import { CancelBatch } from './cancel-batch.tsx';

const askEveryMs = 1_000;

/** How the batch that was started last is doing, until it is put away. It goes on without anybody looking. */
export function BatchProgress() {
  const batchId = useShownBatch();
  return batchId === null ? null : <Shown key={batchId} batchId={batchId} />;
}

function Shown({ batchId }: { batchId: string }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: batch, error } = useQuery({
    queryKey: ['batches', batchId],
    queryFn: ({ signal }) => api.call('batch', { params: { batchId } }, { signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'finished' ? false : askEveryMs),
  });
  const finished = batch?.state === 'finished';
  useEffect(() => {
    if (finished) void queryClient.invalidateQueries({ queryKey: ['tenants'] });
  }, [finished, queryClient]);
  if (!batch) return <ProblemNotice error={error} />;
  const done = batch.succeeded + batch.failed + batch.cancelled;
  const Sign = batch.failed > 0 ? CircleAlert : CircleCheck;
  return (
    <section
      aria-label={t('batch.progress')}
      data-testid="batch-progress"
      data-state={batch.state}
      className="mb-4 rounded-lg border bg-surface p-4 text-sm"
    >
      <div className="flex items-center gap-3">
        {finished ? (
          <Sign
            className={batch.failed > 0 ? 'size-5 shrink-0 text-bad-ink' : 'size-5 shrink-0 text-good-ink'}
            aria-hidden="true"
          />
        ) : (
          <Waiting className="shrink-0" />
        )}
        <div className="min-w-0 flex-1">
          <p className="font-medium" role="status">
            {t(`operations.action.${batch.kind}`)}:{' '}
            {finished
              ? t('batch.finished', { succeeded: batch.succeeded, failed: batch.failed })
              : t('batch.running', { done, total: batch.total })}
            {batch.cancelledAt !== null && (
              <span className="ms-2 font-normal text-ink-soft">
                {t(finished ? 'batch.cancelled' : 'batch.cancelling', { count: batch.cancelled })}
              </span>
            )}
          </p>
          <Progress
            label={t('batch.progress')}
            done={batch.succeeded}
            failed={batch.failed}
            total={batch.total}
            className="mt-2"
          />
        </div>
        <CancelBatch batch={batch} />
        <Button
          kind="ghost"
          size="icon-sm"
          aria-label={t('batch.putAway')}
          title={t('batch.putAway')}
          onClick={() => showBatch(null)}
        >
          <X aria-hidden="true" />
        </Button>
      </div>
      {batch.failures.length > 0 && (
        <details className="mt-3" open={finished && batch.failures.length <= 5}>
          <summary className="w-fit cursor-pointer rounded-sm font-medium text-bad-ink">
            {t('batch.failures', { count: batch.failed })}
          </summary>
          <ul className="mt-2 grid max-h-64 gap-2 overflow-y-auto">
            {batch.failures.map((operation) => (
              <li key={operation.id} className="rounded-md bg-bad-soft px-3 py-2">
                <Link
                  to="/tenants/$tenantId"
                  params={{ tenantId: operation.tenantId }}
                  className="font-medium underline underline-offset-4"
                >
                  {operation.tenantName}
                </Link>
                : {operation.reason ? t(`operations.reason.${operation.reason}`) : operation.message}{' '}
                <span className="text-ink-soft">{operation.hint}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
