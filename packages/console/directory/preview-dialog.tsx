import type { DirectoryPlan, DirectoryPlannedPerson, DirectoryVendor } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, Fold } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Waiting } from '../design/ripples.tsx';
import { organizationChanged } from '../organization/queries.ts';
import { Conflicts } from './conflicts.tsx';
import { directoryKey, previewQuery } from './queries.ts';

/** What a run would do now; from here it is done. */
export function PreviewDialog({ vendor, onClose }: { vendor: DirectoryVendor; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: plan, error, refetch, isFetching } = useQuery(previewQuery(vendor));
  const [agreed, setAgreed] = useState(false);
  const start = useMutation({
    mutationFn: (agreedSuspensions: number | null) =>
      api.call('startDirectoryRun', { params: { vendor }, body: { agreedSuspensions } }),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [...directoryKey, 'sources'] }),
        queries.invalidateQueries(organizationChanged),
      ]),
    onSuccess: onClose,
  });
  const something = plan !== undefined && hasWork(plan);
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={t('directory.preview.title', { name: t(`directory.vendor.${vendor}`) })}
      description={t('directory.preview.text')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.close')}</Button>
          {error && <Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
          {something && (
            <Button
              kind="primary"
              disabled={start.isPending || isFetching || (plan.asks && !agreed)}
              onClick={() => start.mutate(plan.asks ? plan.suspended.count : null)}
            >
              {t('directory.preview.apply')}
            </Button>
          )}
        </>
      }
    >
      {plan ? (
        <div className="grid grid-cols-1 gap-5">
          <Plan plan={plan} />
          {plan.asks && (
            <Notice tone="warn" title={t('directory.preview.asks', { count: plan.suspended.count })}>
              <p className="mb-3">{t('directory.preview.asksText')}</p>
              <CheckField
                label={t('directory.preview.agree', { count: plan.suspended.count })}
                checked={agreed}
                onChange={(event) => setAgreed(event.target.checked)}
              />
            </Notice>
          )}
          <ProblemNotice error={start.error} title={t('directory.notDone')} />
        </div>
      ) : error && !isFetching ? (
        <ProblemNotice error={error} />
      ) : (
        <div role="status" className="grid place-items-center gap-4 py-12 text-ink-soft text-sm">
          <Waiting className="size-8" />
          {t('directory.preview.reading')}
        </div>
      )}
    </Dialog>
  );
}

const hasWork = ({ created, changed, suspended, departments }: DirectoryPlan) =>
  created.count + changed.count + suspended.count > 0 ||
  departments.created.count + departments.changed.count + departments.released.count > 0;

function Plan({ plan }: { plan: DirectoryPlan }) {
  const { t } = useTranslation();
  const { created, changed, suspended, unchanged, departments, conflicts } = plan;
  return (
    <>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-4">
        <Figure name="created" value={created.count} label={t('directory.preview.figure.created')} />
        <Figure name="changed" value={changed.count} label={t('directory.preview.figure.changed')} />
        <Figure name="suspended" value={suspended.count} label={t('directory.preview.figure.suspended')} />
        <Figure name="unchanged" value={unchanged} label={t('directory.preview.figure.unchanged')} />
      </dl>
      {!hasWork(plan) && <p className="text-ink-soft text-sm">{t('directory.preview.nothing')}</p>}
      <div>
        <People title={t('directory.preview.created', { count: created.count })} {...created} open />
        <People title={t('directory.preview.changed', { count: changed.count })} {...changed} />
        <People title={t('directory.preview.suspended', { count: suspended.count })} {...suspended} open={plan.asks} />
        <Departments
          title={t('directory.preview.newDepartments', { count: departments.created.count })}
          {...departments.created}
        />
        <Departments
          title={t('directory.preview.changedDepartments', { count: departments.changed.count })}
          {...departments.changed}
        />
        <Departments
          title={t('directory.preview.releasedDepartments', { count: departments.released.count })}
          hint={t('directory.preview.releasedHint')}
          {...departments.released}
        />
        {conflicts.count > 0 && <Conflicts conflicts={conflicts.people} count={conflicts.count} open />}
      </div>
    </>
  );
}

function Figure({ name, label, value }: { name: string; label: string; value: number }) {
  return (
    <div data-testid={`planned-${name}`} className="bg-surface px-4 py-3">
      <dt className="text-ink-faint text-xs">{label}</dt>
      <dd className="tabular mt-0.5 font-semibold text-xl">{value}</dd>
    </div>
  );
}

function People({
  title,
  count,
  people,
  open = false,
}: {
  title: string;
  count: number;
  people: readonly DirectoryPlannedPerson[];
  open?: boolean;
}) {
  if (count === 0) return null;
  return (
    <Fold title={title} open={open}>
      <ul className="grid gap-2.5 text-sm">
        {people.map((person) => (
          <li key={person.email} className="min-w-0">
            <p className="flex flex-wrap gap-x-2">
              <span className="font-medium">{person.name}</span>
              <span className="break-all text-ink-faint">{person.email}</span>
              <span className="text-ink-faint">{person.department}</span>
            </p>
            {person.changes.map((change) => (
              <Change key={change.field} {...change} />
            ))}
          </li>
        ))}
      </ul>
      <More count={count - people.length} />
    </Fold>
  );
}

function Change({ field, from, to }: { field: string; from: string; to: string }) {
  const { t } = useTranslation();
  const name = t(`directory.field.${field as 'name'}`);
  const words = (value: string) => {
    if (field === 'active') return t(value === 'true' ? 'directory.field.in' : 'directory.field.out');
    if (field === 'source' && (value === 'local' || value === 'feishu' || value === 'dingtalk'))
      return t(`directory.vendor.${value}`);
    return value || t('common.none');
  };
  return (
    <p className="flex flex-wrap items-center gap-x-1.5 text-ink-soft text-xs">
      <span className="text-ink-faint">{name}</span>
      {words(from)}
      <ArrowRight className="size-3 text-ink-faint" aria-hidden="true" />
      <span className="text-ink">{words(to)}</span>
    </p>
  );
}

function Departments({
  title,
  hint,
  count,
  names,
}: {
  title: string;
  hint?: string;
  count: number;
  names: readonly string[];
}) {
  if (count === 0) return null;
  return (
    <Fold title={title}>
      {hint && <p className="text-ink-soft text-sm">{hint}</p>}
      <ul className="grid gap-1 text-sm">
        {names.map((name) => (
          <li key={name} className="break-words">
            {name}
          </li>
        ))}
      </ul>
      <More count={count - names.length} />
    </Fold>
  );
}

function More({ count }: { count: number }) {
  const { t } = useTranslation();
  return count > 0 ? <p className="text-ink-faint text-sm">{t('directory.preview.more', { count })}</p> : null;
}
