import type { Quotas as QuotasShape } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { quotasQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { NumberField } from '../design/number-field.tsx';
import { isNumber, type NumberLimits, numberOf } from '../design/number-limits.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { Meter } from '../design/progress.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';

type Key = keyof QuotasShape;

/** What all tenants use together, and the limit for it. */
const totals = [
  { key: 'tenants', used: 'tenants', unit: 'count' },
  { key: 'runningTenants', used: 'runningTenants', unit: 'count' },
  { key: 'totalCpus', used: 'cpus', unit: 'count' },
  { key: 'totalMemoryMegabytes', used: 'memoryMegabytes', unit: 'megabytes' },
  { key: 'totalDiskMegabytes', used: 'diskMegabytes', unit: 'megabytes' },
] as const;
/** What one tenant may have at most. */
const perTenant = [
  { key: 'cpusPerTenant', unit: 'count' },
  { key: 'memoryMegabytesPerTenant', unit: 'megabytes' },
  { key: 'diskMegabytesPerTenant', unit: 'megabytes' },
] as const;

/** The contracts' lower bounds; above, a number is as large as one can read. */
const limits: Record<Key, NumberLimits> = {
  tenants: { min: 0, max: 1_000_000, whole: true },
  runningTenants: { min: 0, max: 1_000_000, whole: true },
  totalCpus: { min: 0, max: 1_000_000, whole: false },
  totalMemoryMegabytes: { min: 0, max: 1_000_000_000, whole: true },
  totalDiskMegabytes: { min: 0, max: 1_000_000_000, whole: true },
  cpusPerTenant: { min: 0.1, max: 1_000, whole: false },
  memoryMegabytesPerTenant: { min: 512, max: 1_000_000_000, whole: true },
  diskMegabytesPerTenant: { min: 128, max: 1_000_000_000, whole: true },
};
const keys = [...totals, ...perTenant].map(({ key }) => key);

export function Quotas({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error } = useQuery(quotasQuery);
  const [editing, setEditing] = useState(false);
  if (!data) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  const words = (value: number, unit: 'count' | 'megabytes') =>
    unit === 'megabytes'
      ? format.bytes(value * 2 ** 20)
      : value.toLocaleString(format.locale, { maximumFractionDigits: 1 });
  const { quotas, used } = data;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft text-sm">{t('pool.quotasText')}</p>
        {mayChange && (
          <Button onClick={() => setEditing(true)}>
            <Pencil aria-hidden="true" />
            {t('pool.editQuotas')}
          </Button>
        )}
      </div>
      <dl className="overflow-hidden rounded-lg border bg-surface text-sm" data-testid="quotas">
        {totals.map(({ key, used: what, unit }) => {
          const limit = quotas[key];
          return (
            <div
              key={key}
              data-quota={key}
              className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 border-b px-4 py-3.5 sm:grid sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)_12rem] sm:px-5"
            >
              <dt className="font-medium">{t(`pool.quota.${key}`)}</dt>
              <dd className="tabular text-end sm:order-3">
                {limit === null
                  ? t('pool.unlimited', { used: words(used[what], unit) })
                  : t('pool.usedOf', { used: words(used[what], unit), total: words(limit, unit) })}
              </dd>
              <dd className="max-sm:hidden">{limit !== null && <Meter used={used[what]} total={limit} />}</dd>
            </div>
          );
        })}
        {perTenant.map(({ key, unit }) => (
          <div
            key={key}
            data-quota={key}
            className="flex items-center justify-between gap-6 border-b px-4 py-3.5 last:border-0 sm:px-5"
          >
            <dt className="font-medium">{t(`pool.quota.${key}`)}</dt>
            <dd className="tabular text-end">
              {quotas[key] === null ? (
                <span className="text-ink-faint">{t('pool.noLimit')}</span>
              ) : (
                t('pool.atMost', { limit: words(quotas[key], unit) })
              )}
            </dd>
          </div>
        ))}
      </dl>
      {editing && <QuotasDialog quotas={quotas} onClose={() => setEditing(false)} />}
    </div>
  );
}

function QuotasDialog({ quotas, onClose }: { quotas: QuotasShape; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [form, setForm] = useState(
    () => Object.fromEntries(keys.map((key) => [key, quotas[key]?.toString() ?? ''])) as Record<Key, string>,
  );
  const [insist, setInsist] = useState(false);
  const save = useMutation({
    mutationFn: (body: QuotasShape) => api.call('setQuotas', { body }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('pool.quotasSaved') });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries(quotasQuery),
  });
  const submit = () => {
    setInsist(true);
    if (!keys.every((key) => isNumber(form[key], limits[key], true))) return;
    // An empty field is no limit.
    save.mutate(
      Object.fromEntries(keys.map((key) => [key, numberOf(form[key], limits[key])])) as unknown as QuotasShape,
    );
  };
  const field = ({ key, unit }: { key: Key; unit: 'count' | 'megabytes' }) => (
    <NumberField
      key={key}
      label={t(`pool.quota.${key}`)}
      value={form[key]}
      onValue={(text) => setForm({ ...form, [key]: text })}
      limits={limits[key]}
      optional
      insist={insist}
      placeholder={t('pool.noLimit')}
      {...(unit === 'megabytes' ? { unit: 'MiB' } : {})}
    />
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('pool.editQuotas')}
      description={t('pool.editQuotasText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-5">
        <div className="grid gap-4 sm:grid-cols-2">{totals.map(field)}</div>
        <div className="grid gap-4 border-t pt-5 sm:grid-cols-2">{perTenant.map(field)}</div>
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
