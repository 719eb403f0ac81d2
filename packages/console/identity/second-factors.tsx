import type { SecondFactorOf } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { ConfirmDialog } from '../design/dialog.tsx';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Notice } from '../design/notice.tsx';
import { Pages } from '../design/pages.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useFormat } from '../format/use-format.ts';
import { LoadingOrFailed } from './loading-or-failed.tsx';
import { type SecondFactorsView, secondFactorsKey, secondFactorsPage, secondFactorsQuery } from './queries.ts';

/** Who has a second factor, and who is missing one. */
export function SecondFactors() {
  const { t } = useTranslation();
  const [view, setView] = useState<SecondFactorsView>({ search: '', only: 'all', page: 1 });
  const [typed, setTyped] = useSettled(view.search, (search) => setView({ ...view, search, page: 1 }));
  const { data, error, refetch } = useQuery(secondFactorsQuery(view));
  const [resetting, setResetting] = useState<SecondFactorOf | null>(null);
  if (!data) return <LoadingOrFailed error={error} onRetry={() => void refetch()} />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="text-ink-soft text-sm">{t('identity.peopleText')}</p>
      {data.missing > 0 && <Notice tone="warn" title={t('identity.missingPeople', { count: data.missing })} />}
      <ProblemNotice error={error} />
      <div className="flex flex-wrap items-center gap-3">
        <SearchField label={t('identity.searchPeople')} value={typed} onValue={setTyped} className="w-full sm:w-72" />
        <FilterButtons
          label={t('identity.filter')}
          value={view.only}
          onValue={(only) => setView({ ...view, only, page: 1 })}
          options={(['all', 'with', 'missing'] as const).map((value) => ({
            value,
            label: t(`identity.filters.${value}`),
          }))}
        />
      </div>
      {data.people.length === 0 ? (
        <Placeholder title={t('identity.nobodyTitle')}>{t('identity.nobody')}</Placeholder>
      ) : (
        <>
          <ul className="divide-y overflow-hidden rounded-lg border bg-surface">
            {data.people.map((person) => (
              <PersonRow key={person.userId} person={person} onReset={() => setResetting(person)} />
            ))}
          </ul>
          <Pages
            page={view.page}
            pageSize={secondFactorsPage}
            total={data.total}
            onPage={(page) => setView({ ...view, page })}
          />
        </>
      )}
      {resetting && <ResetDialog person={resetting} onClose={() => setResetting(null)} />}
    </div>
  );
}

function PersonRow({ person, onReset }: { person: SecondFactorOf; onReset: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { enabledAt, required, mayReset, name, email } = person;
  const due = enabledAt === null && required;
  const state =
    enabledAt === null
      ? t(due ? 'identity.due' : 'identity.none')
      : t('identity.since', { date: format.date(Date.parse(enabledAt)) });
  const tone = due ? 'text-warn-ink' : 'text-ink-soft';
  const Icon = enabledAt === null ? ShieldOff : ShieldCheck;
  return (
    <li data-testid="second-factor" data-name={name} className="flex min-h-14 items-center gap-3 px-4 py-2">
      <Icon
        aria-hidden="true"
        className={enabledAt === null ? 'size-5 shrink-0 text-ink-faint' : 'size-5 shrink-0 text-good-ink'}
      />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium text-sm">{name}</p>
        <p className="truncate text-ink-faint text-xs">{email}</p>
        <p className={classNames('text-xs sm:hidden', tone)}>{state}</p>
      </div>
      <p className={classNames('hidden text-end text-sm sm:block', tone)}>{state}</p>
      {mayReset && (
        <Button size="sm" aria-label={t('identity.resetOf', { name })} onClick={onReset}>
          {t('identity.reset')}
        </Button>
      )}
    </li>
  );
}

function ResetDialog({ person, onClose }: { person: SecondFactorOf; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const reset = useMutation({
    mutationFn: () => api.call('resetSecondFactor', { params: { userId: person.userId } }),
    onSettled: () => queries.invalidateQueries({ queryKey: secondFactorsKey }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('identity.resetTitle')}
      confirm={t('identity.reset')}
      danger
      pending={reset.isPending}
      onConfirm={() => reset.mutate()}
    >
      <p>{t('identity.resetText', { name: person.name })}</p>
      <ProblemNotice error={reset.error} />
    </ConfirmDialog>
  );
}
