import type { ImportPreview, ImportRow } from '@clawpool/contracts';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../../design/class-names.ts';
import { FilterButtons } from '../../design/filter-buttons.tsx';
import { Notice } from '../../design/notice.tsx';
import { Pages } from '../../design/pages.tsx';

const rowsPerPage = 100;
const actions = ['refused', 'create', 'change', 'unchanged'] as const satisfies readonly ImportRow['action'][];
const styles: Record<ImportRow['action'], string> = {
  create: 'bg-good-soft text-good-ink',
  change: 'bg-info-soft text-info-ink',
  unchanged: 'bg-hover text-ink-soft',
  refused: 'bg-bad-soft text-bad-ink',
};

/** What each line of a file would do. While one is refused, those are shown first. */
export function ImportPreviewTable({ preview }: { preview: ImportPreview }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<ImportRow['action'] | 'all'>(preview.refused > 0 ? 'refused' : 'all');
  const [page, setPage] = useState(1);
  const counts: Record<ImportRow['action'], number> = {
    create: preview.created,
    change: preview.changed,
    unchanged: preview.unchanged,
    refused: preview.refused,
  };
  const rows = preview.rows.filter(({ action }) => shown === 'all' || action === shown);
  return (
    <div data-testid="import-preview" className="grid grid-cols-1 gap-4">
      {preview.refused > 0 && (
        <Notice tone="bad" role="alert" title={t('imports.refusedTitle', { count: preview.refused })}>
          {t('imports.refusedText')}
        </Notice>
      )}
      {preview.refused === 0 && preview.created + preview.changed === 0 && (
        <Notice tone="info" title={t('imports.nothing')} />
      )}
      {preview.newDepartments.length > 0 && (
        <Notice tone="info" title={t('imports.newDepartments', { count: preview.newDepartments.length })}>
          {preview.newDepartments.join(', ')}
        </Notice>
      )}
      <FilterButtons
        label={t('imports.byAction')}
        value={shown}
        onValue={(value) => {
          setShown(value);
          setPage(1);
        }}
        options={[
          { value: 'all' as const, label: t('imports.all'), count: preview.rows.length },
          ...actions
            .filter((action) => counts[action] > 0)
            .map((value) => ({ value, label: t(`imports.action.${value}`), count: counts[value] })),
        ]}
      />
      <div>
        <ul aria-label={t('imports.lines')} className="overflow-hidden rounded-lg border">
          {rows.slice((page - 1) * rowsPerPage, page * rowsPerPage).map((row) => (
            <Line key={row.line} row={row} />
          ))}
        </ul>
        {rows.length > rowsPerPage && <Pages page={page} pageSize={rowsPerPage} total={rows.length} onPage={setPage} />}
      </div>
    </div>
  );
}

const fields = ['name', 'number', 'department', 'position', 'roles', 'contact_for'] as const;

function Line({ row }: { row: ImportRow }) {
  const { t } = useTranslation();
  const fieldName = (field: string) => {
    const known = fields.find((one) => one === field);
    return known ? t(`imports.field.${known}`) : field;
  };
  return (
    <li
      data-testid="import-row"
      data-action={row.action}
      className="grid grid-cols-[3rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 border-b px-3 py-2.5 text-sm last:border-0 sm:grid-cols-[3rem_6.5rem_minmax(0,1fr)_minmax(0,1.4fr)]"
    >
      <span className="tabular text-ink-faint">
        <span className="sr-only">{t('imports.line')} </span>
        {row.line}
      </span>
      <span>
        <span className={classNames('inline-flex h-6 items-center rounded-full px-2.5 text-xs', styles[row.action])}>
          {t(`imports.action.${row.action}`)}
        </span>
      </span>
      <span className="min-w-0 max-sm:col-start-2">
        <span className="block truncate font-medium">{row.name || t('common.none')}</span>
        <span className="block truncate text-ink-faint text-xs">{row.email}</span>
      </span>
      <span className="min-w-0 break-words text-ink-soft max-sm:col-start-2">
        {row.problem !== null && <span className="block text-bad-ink">{row.problem}</span>}
        {row.changes.map(({ field, from, to }) => (
          <span key={field} className="block">
            {t(from === '' ? 'imports.given' : 'imports.change', {
              field: fieldName(field),
              from,
              to: to || t('common.none'),
            })}
          </span>
        ))}
      </span>
    </li>
  );
}
