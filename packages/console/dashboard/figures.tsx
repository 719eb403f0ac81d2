import type { Dashboard } from '@clawpool/contracts';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/use-format.ts';

/** What counts, as of now. */
export function Figures({ figures }: { figures: Dashboard['figures'] }) {
  const { t } = useTranslation();
  const { locale, milliseconds } = useFormat();
  const number = (value: number) => value.toLocaleString(locale);
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  return (
    <dl className="tabular grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-3 lg:grid-cols-6">
      <Figure name={t('dashboard.figure.employees')} value={number(figures.employees)} />
      <Figure
        name={t('dashboard.figure.agents')}
        value={number(figures.agents)}
        note={t('dashboard.figure.running', { count: figures.running })}
      />
      <Figure name={t('dashboard.figure.peopleToday')} value={number(figures.peopleToday)} />
      <Figure
        name={t('dashboard.figure.messagesToday')}
        value={number(figures.messagesToday)}
        note={t('dashboard.figure.yesterday', { count: figures.messagesYesterday })}
      />
      <Figure name={t('dashboard.figure.tokensToday')} value={compact.format(figures.tokensToday)} />
      <Figure
        name={t('dashboard.figure.firstWord')}
        value={figures.firstWordMs === null ? t('common.none') : milliseconds(figures.firstWordMs)}
        note={t('dashboard.figure.lastWeek')}
      />
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col bg-surface px-4 py-3">
      <dt className="truncate text-ink-faint text-xs">{name}</dt>
      <dd className="mt-1">
        <span className="font-semibold text-xl leading-7">{value}</span>
        {note && <span className="block truncate text-ink-faint text-xs">{note}</span>}
      </dd>
    </div>
  );
}
