import type { Tenant } from '@clawpool/contracts';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { Fragment, memo } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useNow } from '../format/use-format.ts';
import { Failure, Memory, Moment, TenantStateBadge } from './tenant-cells.tsx';
import type { SortKey, TenantView } from './tenant-list.ts';

const columns = ['name', 'owner', 'tier', 'runtime', 'state', 'memory', 'lastActive'] as const;

export function TenantTable({
  tenants,
  view,
  onSort,
}: {
  tenants: readonly Tenant[];
  view: TenantView;
  onSort: (sort: Pick<TenantView, 'sort' | 'descending'>) => void;
}) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <div className="overflow-x-auto rounded-lg border bg-surface">
      <table className="w-full text-start text-sm">
        <caption className="sr-only">{t('tenants.title')}</caption>
        <thead>
          <tr className="border-b bg-sunken">
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                aria-sort={view.sort === column ? (view.descending ? 'descending' : 'ascending') : undefined}
                className="h-10 px-2 text-start font-medium text-ink-soft first:ps-3 last:pe-3"
              >
                {column === 'runtime' ? (
                  <span className="px-2">{t('tenants.columns.runtime')}</span>
                ) : (
                  <SortButton column={column} view={view} onSort={onSort} />
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tenants.map((tenant) => (
            <TenantRow key={tenant.id} tenant={tenant} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SortButton({
  column,
  view,
  onSort,
}: {
  column: SortKey;
  view: TenantView;
  onSort: (sort: Pick<TenantView, 'sort' | 'descending'>) => void;
}) {
  const { t } = useTranslation();
  const sorted = view.sort === column;
  const Arrow = sorted && view.descending ? ArrowDown : ArrowUp;
  return (
    <button
      type="button"
      onClick={() => onSort({ sort: column, descending: sorted && !view.descending })}
      className={classNames(
        'group inline-flex h-8 items-center gap-1 whitespace-nowrap rounded-sm px-2 hover:bg-hover hover:text-ink',
        sorted && 'text-ink',
      )}
    >
      {t(`tenants.columns.${column}`)}
      <Arrow
        aria-hidden="true"
        className={classNames('size-3.5', !sorted && 'opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60')}
      />
    </button>
  );
}

const TenantRow = memo(function TenantRow({ tenant, now }: { tenant: Tenant; now: number }) {
  const { t } = useTranslation();
  const { owner } = tenant;
  const failed = tenant.state === 'failed' && (tenant.reason !== null || tenant.hint !== null);
  const cell = 'px-4 py-3 align-top first:ps-5 last:pe-5';
  return (
    <Fragment>
      <tr
        data-testid="tenant-row"
        data-tenant={tenant.id}
        data-state={tenant.state}
        className={classNames('transition-colors hover:bg-sunken', !failed && 'border-b last:border-0')}
      >
        <th scope="row" className={classNames(cell, 'text-start font-medium')}>
          <span className="break-words">{tenant.name}</span>
        </th>
        <td className={cell}>
          <span className="block">{owner.name}</span>
          <span className="block text-ink-faint text-xs">
            {owner.position}, {owner.department}
          </span>
        </td>
        <td className={cell}>{tenant.tier}</td>
        <td className={cell}>
          <span className="block whitespace-nowrap">{tenant.driver}</span>
          <span className="block whitespace-nowrap text-ink-faint text-xs">{tenant.image}</span>
        </td>
        <td className={cell}>
          <TenantStateBadge tenant={tenant} />
          <Moment at={tenant.stateSince} now={now} className="mt-1 block text-ink-faint text-xs" />
        </td>
        <td className={classNames(cell, 'w-40')}>
          <Memory tenant={tenant} />
          <span className="mt-1 block text-ink-faint text-xs">{t('tenants.cpus', { count: tenant.cpus })}</span>
        </td>
        <td className={cell}>
          {tenant.lastActiveAt ? (
            <Moment at={tenant.lastActiveAt} now={now} />
          ) : (
            <span className="text-ink-faint">{t('tenants.never')}</span>
          )}
        </td>
      </tr>
      {failed && (
        <tr className="border-b last:border-0">
          <td colSpan={columns.length} className="px-5 pb-3">
            <Failure tenant={tenant} />
          </td>
        </tr>
      )}
    </Fragment>
  );
});
