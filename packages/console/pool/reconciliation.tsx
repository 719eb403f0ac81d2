import type { Drift } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

/** Where the database and the hosts differed lately, in plain words, and what was done about it. */
export function Reconciliation({
  drifts,
  reconciledAt,
  mayReconcile,
}: {
  drifts: readonly Drift[];
  reconciledAt: string | null;
  mayReconcile: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(5_000);
  const queryClient = useQueryClient();
  const reconcile = useMutation({
    mutationFn: () => api.call('reconcilePool'),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['pool'] }),
  });
  const found = reconcile.data?.drifts.length;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <p className="max-w-2xl text-ink-soft text-sm">{t('pool.reconciliationText')}</p>
          <p className="mt-1 text-sm" role="status" data-testid="reconciled" data-found={found}>
            {found === undefined ? (
              <span className="text-ink-faint">
                {reconciledAt
                  ? t('pool.reconciledAt', { ago: format.ago(Date.parse(reconciledAt), now) })
                  : t('pool.reconciledNever')}
              </span>
            ) : (
              <span className="inline-flex items-center gap-1.5">
                <CircleCheck className="size-4 shrink-0 text-good-ink" aria-hidden="true" />
                {found === 0 ? t('pool.foundNothing') : t('pool.found', { count: found })}
              </span>
            )}
          </p>
        </div>
        {mayReconcile && (
          <Button disabled={reconcile.isPending} onClick={() => reconcile.mutate()}>
            <RefreshCw className={classNames(reconcile.isPending && 'animate-spin')} aria-hidden="true" />
            {reconcile.isPending ? t('pool.reconciling') : t('pool.reconcileNow')}
          </Button>
        )}
      </div>
      <ProblemNotice error={reconcile.error} />
      {drifts.length === 0 ? (
        <Placeholder title={t('pool.noDriftTitle')}>{t('pool.noDrift')}</Placeholder>
      ) : (
        <ul aria-label={t('pool.tabs.reconciliation')} className="overflow-hidden rounded-lg border bg-surface">
          {drifts.map((drift) => (
            <DriftRow key={drift.id} drift={drift} now={now} />
          ))}
        </ul>
      )}
    </div>
  );
}

function DriftRow({ drift: { kind, action, tenantId, host, detail, at }, now }: { drift: Drift; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moment = Date.parse(at);
  const left = action === 'noted' || action === 'failed';
  return (
    <li
      data-testid="drift"
      data-kind={kind}
      className="grid gap-x-5 gap-y-1 border-b px-4 py-3 text-sm last:border-0 sm:px-5 md:grid-cols-[9rem_minmax(0,1fr)]"
    >
      <time dateTime={at} title={format.full(moment)} className="tabular text-ink-faint">
        {format.ago(moment, now)}
      </time>
      <div className="min-w-0">
        <p>
          {t(`pool.drift.${kind}`)}{' '}
          <span className={left ? 'font-medium text-warn-ink' : 'text-ink-soft'}>
            {t(`pool.driftAction.${action}`)}
          </span>
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-ink-faint text-xs">
          {tenantId !== null && (
            <span>
              {t('pool.driftTenant')}{' '}
              <Link
                to="/tenants/$tenantId"
                params={{ tenantId }}
                className="underline underline-offset-2 hover:text-ink"
              >
                {tenantId}
              </Link>
            </span>
          )}
          {host !== null && <span>{t('pool.driftHost', { host })}</span>}
        </p>
        {detail && <p className="mt-1 break-words font-mono text-ink-soft text-xs leading-5">{detail}</p>}
      </div>
    </li>
  );
}
