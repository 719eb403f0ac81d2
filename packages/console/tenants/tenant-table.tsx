import type { Tenant } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { Fragment, memo, type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { type Column, useShownColumns } from './columns.ts';
import { type Selection, stateOfRows } from './selection.ts';
import {
  Amount,
  CopyText,
  CurrentOperation,
  Failure,
  GatewayHealth,
  Health,
  isBroken,
  Moment,
  Tags,
  TenantStateBadge,
} from './tenant-cells.tsx';
import { TenantMenu } from './tenant-menu.tsx';
import { type SortKey, sortedBy, type TenantView } from './tenant-view.ts';

/** Columns by which the server can sort. */
const sortOf: Partial<Record<Column, SortKey>> = {
  state: 'state',
  memory: 'memory',
  disk: 'disk',
  tier: 'tier',
  lastActive: 'lastActive',
  created: 'created',
};

export interface TenantRowsProps {
  tenants: readonly Tenant[];
  view: TenantView;
  onView: (parts: TenantView) => void;
  /** Null: the person may look only. */
  selection: Selection | null;
  onSelect: (rows: readonly Tenant[], chosen: boolean) => void;
}

/** Wider than most screens: it scrolls sideways between the name and the actions, which stay. */
export function TenantTable({ tenants, view, onView, selection, onSelect }: TenantRowsProps) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  const shown = useShownColumns();
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-lg border bg-surface"
    >
      <table className="w-full border-separate border-spacing-0 text-start text-sm">
        <caption className="sr-only">{t('tenants.title')}</caption>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="w-10 border-b bg-sunken ps-3">
                <AllRows tenants={tenants} selection={selection} onSelect={onSelect} />
              </th>
            )}
            <Heading sort="name" view={view} onView={onView} className="sticky start-0 z-10">
              {t('tenants.columns.name')}
            </Heading>
            {shown.map((column) => (
              <Heading key={column} sort={sortOf[column]} view={view} onView={onView}>
                {t(`tenants.columns.${column}`)}
              </Heading>
            ))}
            {selection && (
              <th
                scope="col"
                className="sticky end-0 z-10 whitespace-nowrap border-s border-b bg-sunken px-3 text-end font-medium text-ink-soft"
              >
                {t('tenants.columns.actions')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {tenants.map((tenant) => (
            <Row
              key={tenant.id}
              tenant={tenant}
              now={now}
              shown={shown}
              chosen={selection === null ? null : selection.everything || selection.ids.has(tenant.id)}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AllRows({
  tenants,
  selection,
  onSelect,
}: {
  tenants: readonly Tenant[];
  selection: Selection;
  onSelect: TenantRowsProps['onSelect'];
}) {
  const { t } = useTranslation();
  const box = useRef<HTMLInputElement>(null);
  const state = stateOfRows(selection, tenants);
  useEffect(() => {
    // The third look of a box has no attribute.
    if (box.current) box.current.indeterminate = state === 'some';
  }, [state]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={t('tenants.selectPage')}
      checked={state === 'all'}
      onChange={() => onSelect(tenants, state !== 'all')}
      className="block size-4 accent-(--accent)"
    />
  );
}

function Heading({
  sort,
  view,
  onView,
  className,
  children,
}: {
  sort: SortKey | undefined;
  view: TenantView;
  onView: (parts: TenantView) => void;
  className?: string;
  children: ReactNode;
}) {
  const sorted = sort !== undefined && (view.sort ?? 'name') === sort;
  const style = classNames(
    'h-10 whitespace-nowrap border-b bg-sunken px-1.5 text-start font-medium text-ink-soft',
    className,
  );
  if (sort === undefined) {
    return (
      <th scope="col" className={classNames(style, 'px-3')}>
        {children}
      </th>
    );
  }
  const Arrow = sorted && view.descending ? ArrowDown : ArrowUp;
  return (
    <th scope="col" aria-sort={sorted ? (view.descending ? 'descending' : 'ascending') : undefined} className={style}>
      <button
        type="button"
        onClick={() => onView(sortedBy(view, sort))}
        className={classNames(
          'group inline-flex h-8 items-center gap-1 rounded-sm px-1.5 hover:bg-hover hover:text-ink',
          sorted && 'text-ink',
        )}
      >
        {children}
        <Arrow
          aria-hidden="true"
          className={classNames(
            'size-3.5',
            !sorted && 'opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60',
          )}
        />
      </button>
    </th>
  );
}

/** Seen through nothing: cells that stay in place cover those that scroll. */
const chosenGround = 'bg-[color-mix(in_oklab,var(--accent-soft)_55%,var(--surface))]';

const Row = memo(function Row({
  tenant,
  now,
  shown,
  chosen,
  onSelect,
}: {
  tenant: Tenant;
  now: number;
  shown: readonly Column[];
  chosen: boolean | null;
  onSelect: TenantRowsProps['onSelect'];
}) {
  const { t } = useTranslation();
  const broken = isBroken(tenant);
  const ground = chosen ? chosenGround : 'bg-surface group-hover:bg-sunken';
  const cell = classNames(
    'h-15 px-3 py-2 align-middle transition-colors',
    !broken && 'border-b group-last:border-b-0',
    ground,
  );
  return (
    <Fragment>
      <tr
        data-testid="tenant-row"
        data-tenant={tenant.id}
        data-name={tenant.name}
        data-state={tenant.state}
        className="group"
      >
        {chosen !== null && (
          <td className={classNames(cell, 'pe-0')}>
            <input
              type="checkbox"
              aria-label={t('tenants.select', { name: tenant.name })}
              checked={chosen}
              onChange={(event) => onSelect([tenant], event.target.checked)}
              className="block size-4 accent-(--accent)"
            />
          </td>
        )}
        <th scope="row" className={classNames(cell, 'sticky start-0 z-[5] min-w-44 max-w-60 text-start font-normal')}>
          <Link
            to="/tenants/$tenantId"
            params={{ tenantId: tenant.id }}
            className="block truncate rounded-xs font-medium hover:text-accent-ink hover:underline"
            title={tenant.name}
          >
            {tenant.name}
          </Link>
          <span className="block truncate text-ink-faint text-xs">
            {tenant.owner ? `${tenant.owner.name}, ${tenant.owner.position}` : t('tenants.nobody')}
          </span>
        </th>
        {shown.map((column) => (
          <td key={column} className={cell}>
            <Cell column={column} tenant={tenant} now={now} />
          </td>
        ))}
        {chosen !== null && (
          <td className={classNames(cell, 'sticky end-0 z-[5] border-s px-2 text-end')}>
            <TenantMenu tenant={tenant} />
          </td>
        )}
      </tr>
      {broken && (
        <tr className="group">
          <td
            colSpan={shown.length + (chosen === null ? 1 : 2)}
            className={classNames('border-b px-3 pb-3 group-last:border-b-0', chosen ? chosenGround : 'bg-surface')}
          >
            <Failure tenant={tenant} className="sticky start-3 w-fit max-w-[min(56rem,calc(100vw-6rem))]" />
          </td>
          {chosen !== null && (
            <td
              className={classNames(
                'sticky end-0 border-s border-b group-last:border-b-0',
                chosen ? chosenGround : 'bg-surface',
              )}
            />
          )}
        </tr>
      )}
    </Fragment>
  );
});

function Cell({ column, tenant, now }: { column: Column; tenant: Tenant; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const none = <span className="text-ink-faint">{t('common.none')}</span>;
  switch (column) {
    case 'id':
      return (
        <CopyText
          text={tenant.id}
          label={t('tenants.copyId', { name: tenant.name })}
          className="max-w-24 text-ink-soft"
        />
      );
    case 'state':
      return (
        <div className="grid justify-items-start gap-1">
          <TenantStateBadge tenant={tenant} />
          {tenant.operation ? (
            <CurrentOperation tenant={tenant} />
          ) : (
            <Moment at={tenant.stateSince} now={now} className="ps-1 text-ink-faint text-xs" />
          )}
        </div>
      );
    case 'group':
      return tenant.group ?? none;
    case 'tags':
      return (
        <div className="max-w-48">
          <Tags tags={tenant.tags} most={2} />
        </div>
      );
    case 'cpus':
      return (
        <span className="tabular">
          {new Intl.NumberFormat(format.locale).format(tenant.cpus)}
          {tenant.cpuPercent !== null && (
            <span className="block whitespace-nowrap text-ink-faint text-xs">{Math.round(tenant.cpuPercent)} %</span>
          )}
        </span>
      );
    case 'memory':
      return <Amount used={tenant.memoryBytes} limit={tenant.memoryLimitBytes} className="min-w-32" />;
    case 'disk':
      return <Amount used={tenant.diskBytes} limit={tenant.diskLimitBytes} className="min-w-32" />;
    case 'address':
      return tenant.address ? (
        <CopyText text={tenant.address} label={t('tenants.copyAddress', { name: tenant.name })} className="max-w-40" />
      ) : (
        none
      );
    case 'port':
      return tenant.port === null ? none : <span className="tabular">{tenant.port}</span>;
    case 'image':
      return <span className="whitespace-nowrap">{tenant.image}</span>;
    case 'health':
      return <Health health={tenant.health} />;
    case 'gateway':
      return <GatewayHealth gateway={tenant.gateway} />;
    case 'tier':
      return tenant.tier;
    case 'host':
      return tenant.host ?? none;
    case 'lastActive':
      return tenant.lastActiveAt ? (
        <Moment at={tenant.lastActiveAt} now={now} />
      ) : (
        <span className="text-ink-faint">{t('tenants.never')}</span>
      );
    case 'created':
      return <Moment at={tenant.createdAt} now={now} />;
  }
}
