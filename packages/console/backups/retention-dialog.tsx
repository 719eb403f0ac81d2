import type { Retention } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { retentionQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { NumberField } from '../design/number-field.tsx';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { checkpointsKey } from './use-checkpoint-changes.ts';

/** The contracts' own limits. */
const limits = {
  days: { min: 1, max: 3650, whole: true },
  backupsPerTenant: { min: 1, max: 10_000, whole: true },
  checkpointsPerTenant: { min: 1, max: 1_000, whole: true },
  backupEveryHours: { min: 0, max: 8760, whole: true },
} as const satisfies Record<keyof Retention, NumberLimits>;
const keys = Object.keys(limits) as (keyof Retention)[];

/** How long checkpoints and backups are kept; to be read by everybody who may see them. */
export function RetentionDialog({ mayChange, onClose }: { mayChange: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: retention, error } = useQuery(retentionQuery);
  const [changes, setChanges] = useState<Partial<Record<keyof Retention, string>>>({});
  const [insist, setInsist] = useState(false);
  const textOf = (key: keyof Retention) => changes[key] ?? retention?.[key].toString() ?? '';

  const save = useMutation({
    mutationFn: (body: Retention) => api.call('setRetention', { body }),
    onSuccess: (saved) => {
      queryClient.setQueryData(retentionQuery.queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: checkpointsKey });
      showToast({ tone: 'good', title: t('backups.retentionSaved') });
      onClose();
    },
  });
  const submit = () => {
    setInsist(true);
    const values = keys.map((key) => [key, numberOf(textOf(key), limits[key])] as const);
    if (values.some(([, value]) => value === null)) return;
    save.mutate(Object.fromEntries(values) as unknown as Retention);
  };

  const units = {
    days: { unit: t('backups.units.days') },
    backupsPerTenant: {},
    checkpointsPerTenant: {},
    backupEveryHours: { unit: t('backups.units.hours') },
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('backups.retention')}
      description={t('backups.retentionText')}
      onSubmit={mayChange ? submit : undefined}
      footer={
        mayChange ? (
          <>
            <Button onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" kind="primary" disabled={save.isPending || !retention}>
              {save.isPending ? t('form.saving') : t('common.save')}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>{t('common.close')}</Button>
        )
      }
    >
      {retention ? (
        <div className="grid gap-5">
          {keys.map((key) => (
            <NumberField
              key={key}
              label={t(`backups.retentionFields.${key}`)}
              hint={t(`backups.retentionHints.${key}`)}
              value={textOf(key)}
              onValue={(text) => setChanges({ ...changes, [key]: text })}
              limits={limits[key]}
              {...units[key]}
              insist={insist}
              readOnly={!mayChange}
            />
          ))}
          <ProblemNotice error={save.error} />
        </div>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-64 rounded-lg" />
      )}
    </Dialog>
  );
}
