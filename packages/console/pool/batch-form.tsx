import { type TenantState, tenantState } from '@clawpool/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tenantCountQuery, tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { InputField, SelectField } from '../design/form-fields.tsx';
import { useSettled } from '../design/use-settled.ts';
import { BatchDialog } from '../tenants/batch-dialog.tsx';
import { nothing } from '../tenants/selection.ts';
import { type BatchAction, batchActions } from '../tenants/tenant-actions.ts';
import { batchFilterOf, isTag, type TenantView } from '../tenants/tenant-view.ts';

const states = tenantState.options.filter((state) => state !== 'deleted');

/** Which tenants, and what is to be done with them. Says how many fit before anything begins. */
export function BatchForm() {
  const { t } = useTranslation();
  const [action, setAction] = useState<BatchAction>('backup');
  const [view, setView] = useState<TenantView>({});
  const [tag, setTag] = useSettled(view.tag ?? '', (text) => {
    if (text === '' || isTag(text)) setView({ ...view, tag: text || undefined });
  });
  const [asking, setAsking] = useState(false);
  const { data: tiers = [] } = useQuery(tiersQuery);
  const filter = batchFilterOf(view) ?? {};
  const { data, error, isPlaceholderData } = useQuery({
    ...tenantCountQuery(filter),
    placeholderData: keepPreviousData,
  });
  const { data: all } = useQuery(tenantCountQuery({}));

  const tagWrong = tag.trim() !== '' && !isTag(tag.trim());
  // While the answer to what was just typed is on its way, the number on the page is of something else.
  const settled = tag.trim() === (view.tag ?? '') && !isPlaceholderData;
  const total = data?.total ?? 0;
  const choose = (parts: TenantView) => setView({ ...view, ...parts });

  return (
    <form
      aria-labelledby="new-batch"
      onSubmit={(event) => {
        event.preventDefault();
        if (settled && total > 0) setAsking(true);
      }}
      className="grid gap-4 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div>
        <h2 id="new-batch" className="font-semibold text-lg">
          {t('pool.newBatch')}
        </h2>
        <p className="text-ink-soft text-sm">{t('pool.newBatchText')}</p>
      </div>
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-5">
        <SelectField
          label={t('pool.batchAction')}
          value={action}
          onChange={(event) => setAction(batchActions.find((one) => one === event.target.value) ?? action)}
        >
          {batchActions.map((one) => (
            <option key={one} value={one}>
              {t(`operations.action.${one}`)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('pool.byState')}
          value={view.state ?? ''}
          onChange={(event) => choose({ state: (event.target.value || undefined) as TenantState | undefined })}
        >
          <option value="">{t('pool.any')}</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {t(`tenants.state.${state}`)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('pool.byTier')}
          value={view.tier ?? ''}
          onChange={(event) => choose({ tier: event.target.value || undefined })}
        >
          <option value="">{t('pool.any')}</option>
          {tiers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('pool.byGroup')}
          value={view.group ?? ''}
          onChange={(event) => choose({ group: event.target.value || undefined })}
        >
          <option value="">{t('pool.any')}</option>
          {(all?.groups ?? []).map((group) => (
            <option key={group} value={group}>
              {group}
            </option>
          ))}
        </SelectField>
        <InputField
          label={t('pool.byTag')}
          placeholder={t('pool.tagPlaceholder')}
          error={tagWrong ? t('pool.tagWrong') : undefined}
          value={tag}
          maxLength={151}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setTag(event.target.value)}
        />
      </div>
      <ProblemNotice error={error} />
      <div className="flex flex-wrap items-center justify-between gap-3 border-t pt-4">
        <p role="status" className="tabular text-sm" data-testid="batch-count" data-count={settled ? total : undefined}>
          {!data ? (
            <span className="text-ink-faint">{t('pool.counting')}</span>
          ) : Object.keys(filter).length === 0 ? (
            t('pool.allTenantsFit', { count: total })
          ) : (
            t('pool.tenantsFit', { count: total, total: all?.total ?? total })
          )}
        </p>
        <Button type="submit" kind="primary" disabled={!settled || total === 0 || tagWrong}>
          {t('pool.continue')}
        </Button>
      </div>
      {asking && (
        <BatchDialog
          action={action}
          selection={{ ...nothing, everything: true }}
          view={view}
          total={total}
          onClose={() => setAsking(false)}
          onStarted={() => setAsking(false)}
        />
      )}
    </form>
  );
}
