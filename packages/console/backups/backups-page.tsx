import type { Checkpoint } from '@clawpool/contracts';
import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Clock, Ellipsis, Recycle, Upload } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CheckpointFilter, checkpointsQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { CheckField } from '../design/form-fields.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useNow } from '../format/use-format.ts';
import { isOperator, mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { groupByTenant } from './checkpoint-groups.ts';
import { CollectDialog } from './collect-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { RestoreDialog } from './restore-dialog.tsx';
import { RetentionDialog } from './retention-dialog.tsx';
import { TenantBackups } from './tenant-backups.tsx';

type Filter = Pick<CheckpointFilter, 'backups' | 'orphans' | 'search'>;
const everything: Filter = { backups: false, orphans: false, search: '' };

type Overlay = { kind: 'import' | 'retention' | 'collect' } | { kind: 'restore'; checkpoint: Checkpoint };

export function BackupsPage() {
  const { t } = useTranslation();
  usePageTitle(t('backups.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = mayChangePool(me);
  const [filter, setFilter] = useState(everything);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('backups.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('backups.lead')}</p>
        </div>
        {mayChange && (
          <Button className="max-sm:size-10 max-sm:px-0" onClick={() => setOverlay({ kind: 'import' })}>
            <Upload aria-hidden="true" />
            <span className="max-sm:sr-only">{t('backups.import')}</span>
          </Button>
        )}
        <Menu
          align="end"
          trigger={
            <Button kind="ghost" size="icon" aria-label={t('backups.more')}>
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem icon={<Clock />} onSelect={() => setOverlay({ kind: 'retention' })}>
            {t('backups.retention')}
          </MenuItem>
          {isOperator(me) && (
            <MenuItem icon={<Recycle />} onSelect={() => setOverlay({ kind: 'collect' })}>
              {t('backups.collect')}
            </MenuItem>
          )}
        </Menu>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-5 sm:px-5 lg:px-6">
          <Filters filter={filter} onFilter={setFilter} />
          <Groups filter={filter} mayChange={mayChange} onShowAll={() => setFilter(everything)} />
        </div>
      </div>
      {overlay?.kind === 'import' && (
        <ImportDialog onClose={close} onRestore={(checkpoint) => setOverlay({ kind: 'restore', checkpoint })} />
      )}
      {overlay?.kind === 'retention' && <RetentionDialog mayChange={mayChange} onClose={close} />}
      {overlay?.kind === 'collect' && <CollectDialog onClose={close} />}
      {overlay?.kind === 'restore' && <RestoreDialog checkpoint={overlay.checkpoint} onClose={close} />}
    </>
  );
}

function Filters({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSettled(filter.search, (text) => onFilter({ ...filter, search: text }));
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-3">
      <FilterButtons
        label={t('backups.ofTenants')}
        value={filter.orphans ? 'orphans' : 'all'}
        onValue={(value) => onFilter({ ...filter, orphans: value === 'orphans' })}
        options={[
          { value: 'all', label: t('backups.allTenants') },
          { value: 'orphans', label: t('backups.orphans') },
        ]}
      />
      <CheckField
        label={t('backups.backupsOnly')}
        checked={filter.backups}
        onChange={(event) => onFilter({ ...filter, backups: event.target.checked })}
      />
      <SearchField
        label={t('backups.search')}
        value={search}
        onValue={setSearch}
        className="min-w-56 flex-1 sm:ms-auto sm:max-w-80"
      />
    </div>
  );
}

function Groups({ filter, mayChange, onShowAll }: { filter: Filter; mayChange: boolean; onShowAll: () => void }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    ...checkpointsQuery({ ...filter, newest: true, limit: 100 }),
    // What is shown stays until the answer to a new filter is there.
    placeholderData: keepPreviousData,
    // Checkpoints are taken after every turn; to see them come is worth a request now and then.
    refetchInterval: 30_000,
  });
  if (!data) {
    return error ? (
      <Placeholder
        title={t('backups.failedTitle')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <Loading />
    );
  }
  const groups = groupByTenant(data.pages.flatMap((page) => page.checkpoints));
  if (groups.length === 0) {
    const filtered = filter.backups || filter.orphans || filter.search !== '';
    return filtered ? (
      <Placeholder
        title={t('backups.noMatchTitle')}
        actions={<Button onClick={onShowAll}>{t('backups.showAll')}</Button>}
      >
        {t('backups.noMatch')}
      </Placeholder>
    ) : (
      <Placeholder title={t('backups.emptyTitle')}>{t('backups.empty')}</Placeholder>
    );
  }
  return (
    <>
      <ul aria-label={t('backups.title')} className="overflow-hidden rounded-lg border bg-surface">
        {groups.map((group) => (
          <TenantBackups key={group.tenantId} group={group} backups={filter.backups} now={now} mayChange={mayChange} />
        ))}
      </ul>
      <div className="mt-4 grid justify-items-center gap-3">
        {error && <ProblemNotice error={error} />}
        <p role="status" className="tabular text-ink-faint text-sm">
          {t('backups.total', { count: data.pages[0]?.total ?? 0 })}
        </p>
        {hasNextPage && (
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? t('backups.loadingMore') : t('backups.moreTenants')}
          </Button>
        )}
      </div>
    </>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('backups.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-5 py-4 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ms-auto h-4 w-24" />
        </div>
      ))}
    </div>
  );
}
