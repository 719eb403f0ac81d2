import type { Tenant, TenantState } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Columns3 } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../api/pool-queries.ts';
import { Button } from '../design/button.tsx';
import { SearchField, Select } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Menu, MenuCheck, MenuItem, MenuLine } from '../design/menu.tsx';
import { StateDot } from '../design/state-badge.tsx';
import { useSettled } from '../design/use-settled.ts';
import { columns, showColumns, showUsualColumns, useShownColumns } from './columns.ts';
import { knownTags, type TenantPage } from './tenant-list.ts';
import { isTag, type SortKey, type TenantView } from './tenant-view.ts';

/** The order in which the counts stand: what runs, what is on its way, what sleeps, what is broken. */
const stateOrder: readonly TenantState[] = [
  'running',
  'queued',
  'pending',
  'creating',
  'migrating',
  'restoring',
  'paused',
  'hibernated',
  'stopped',
  'deleting',
  'failed',
  'requires_attention',
];
/** Always offered; the others while there are any. */
const always: readonly TenantState[] = ['running', 'hibernated', 'stopped', 'failed'];

export function TenantFilters({
  page,
  view,
  table,
  onView,
}: {
  page: TenantPage | undefined;
  view: TenantView;
  /** Whether rows are shown as a table; cards have no columns, and no headings to sort by. */
  table: boolean;
  onView: (parts: TenantView) => void;
}) {
  const { t } = useTranslation();
  const { data: tiers } = useQuery(tiersQuery);
  const [search, setSearch] = useSettled(view.search ?? '', (text) => onView({ search: text || undefined }));
  const counts = page?.counts ?? {};
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const states = stateOrder.filter(
    (state) => always.includes(state) || state === view.state || (counts[state] ?? 0) > 0,
  );
  const more = (
    <>
      <Select
        label={t('tenants.columns.tier')}
        className="max-w-40 max-sm:max-w-none max-sm:flex-1"
        value={view.tier ?? ''}
        onChange={(event) => onView({ tier: event.target.value || undefined })}
      >
        <option value="">{t('tenants.everyTier')}</option>
        {namesWith(
          tiers?.map(({ name }) => name),
          view.tier,
        ).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
      <Select
        label={t('tenants.columns.group')}
        className="max-w-40 max-sm:max-w-none max-sm:flex-1"
        value={view.group ?? ''}
        onChange={(event) => onView({ group: event.target.value || undefined })}
      >
        <option value="">{t('tenants.everyGroup')}</option>
        {namesWith(page?.groups, view.group).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
      <TagFilter tenants={page?.tenants ?? []} view={view} onView={onView} />
      <Select
        label={t('tenants.which')}
        className="max-sm:flex-1"
        value={view.deleted ? 'deleted' : 'present'}
        onChange={(event) => onView({ deleted: event.target.value === 'deleted' || undefined, state: undefined })}
      >
        <option value="present">{t('tenants.present')}</option>
        <option value="deleted">{t('tenants.deleted')}</option>
      </Select>
    </>
  );
  const searchField = (
    <SearchField
      label={t('tenants.search')}
      value={search}
      onValue={setSearch}
      className="min-w-44 flex-1 max-sm:basis-full sm:max-w-96"
    />
  );

  if (table) {
    return (
      <div className="mb-4 grid gap-3">
        {!view.deleted && (
          <FilterButtons
            label={t('tenants.byState')}
            value={view.state ?? 'all'}
            onValue={(state) => onView({ state: state === 'all' ? undefined : state })}
            options={[
              { value: 'all', label: t('tenants.all'), count: all },
              ...states.map((state) => ({
                value: state,
                label: t(`tenants.state.${state}`),
                count: counts[state] ?? 0,
                sign: <StateDot state={state} />,
              })),
            ]}
          />
        )}
        <div className="flex flex-wrap items-center gap-2">
          {searchField}
          {more}
          <ColumnChooser />
        </div>
      </div>
    );
  }
  const used = [view.tier, view.group, view.tag, view.deleted].filter(Boolean).length;
  return (
    <div className="mb-4 grid gap-2">
      <div className="flex flex-wrap gap-2">
        {searchField}
        {!view.deleted && (
          <Select
            label={t('tenants.byState')}
            className="min-w-0 flex-1"
            value={view.state ?? 'all'}
            onChange={(event) => onView({ state: states.find((state) => state === event.target.value) })}
          >
            <option value="all">
              {t('tenants.all')} ({all})
            </option>
            {states.map((state) => (
              <option key={state} value={state}>
                {t(`tenants.state.${state}`)} ({counts[state] ?? 0})
              </option>
            ))}
          </Select>
        )}
        <SortSelect view={view} onView={onView} />
      </div>
      <details open={used > 0}>
        <summary className="w-fit cursor-pointer rounded-sm py-1 text-ink-soft text-sm">
          {t('tenants.moreFilters')}
          {used > 0 && ` (${used})`}
        </summary>
        <div className="flex flex-wrap gap-2 pt-2">{more}</div>
      </details>
    </div>
  );
}

/** What is known, and what the address names although it is not known (yet). */
function namesWith(known: readonly string[] | undefined, chosen: string | undefined): string[] {
  const names = [...(known ?? [])];
  return chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
}

/** `key:value`; told to the list once it is one. */
function TagFilter({
  tenants,
  view,
  onView,
}: {
  tenants: readonly Tenant[];
  view: TenantView;
  onView: (parts: TenantView) => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const [tag, setTag] = useSettled(view.tag ?? '', (text) => {
    if (text === '' || isTag(text)) onView({ tag: text || undefined });
  });
  return (
    <>
      <SearchField
        label={t('tenants.byTag')}
        placeholder={t('tenants.tag')}
        list={id}
        value={tag}
        onValue={setTag}
        className="w-36 max-sm:min-w-36 max-sm:flex-1"
      />
      <datalist id={id}>
        {knownTags(tenants).map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
    </>
  );
}

function ColumnChooser() {
  const { t } = useTranslation();
  const shown = useShownColumns();
  return (
    <div className="ms-auto">
      <Menu
        align="end"
        trigger={
          <Button size="icon" aria-label={t('tenants.chooseColumns')} title={t('tenants.chooseColumns')}>
            <Columns3 aria-hidden="true" />
          </Button>
        }
      >
        {columns.map((column) => (
          <MenuCheck
            key={column}
            checked={shown.includes(column)}
            onChecked={(checked) =>
              showColumns(columns.filter((other) => (other === column ? checked : shown.includes(other))))
            }
          >
            {t(`tenants.columns.${column}`)}
          </MenuCheck>
        ))}
        <MenuLine />
        <MenuItem onSelect={showUsualColumns}>{t('tenants.usualColumns')}</MenuItem>
      </Menu>
    </div>
  );
}

const sortKeys = [
  'name',
  'owner',
  'tier',
  'state',
  'memory',
  'disk',
  'lastActive',
  'created',
] as const satisfies SortKey[];

function SortSelect({ view, onView }: { view: TenantView; onView: (parts: TenantView) => void }) {
  const { t } = useTranslation();
  const options = sortKeys.flatMap((sort) =>
    [false, true].map((descending) => ({
      value: `${sort} ${descending}`,
      label: t('tenants.sortedBy', {
        column: t(`tenants.columns.${sort}`),
        direction: descending ? t('tenants.descending') : t('tenants.ascending'),
      }),
      view: { sort: sort === 'name' ? undefined : sort, descending: descending || undefined },
    })),
  );
  return (
    <Select
      className="min-w-0 flex-1 sm:max-w-72"
      label={t('tenants.sortBy')}
      value={`${view.sort ?? 'name'} ${view.descending ?? false}`}
      onChange={(event) => onView(options.find(({ value }) => value === event.target.value)?.view ?? {})}
    >
      {options.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Select>
  );
}
