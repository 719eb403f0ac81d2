import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { checkpointsQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';

/** One checkpoint out of a tenant's, or of all with a search over names and notes. */
export function CheckpointPicker({
  tenantId,
  value,
  onValue,
}: {
  tenantId?: string;
  value: string;
  onValue: (checkpointId: string) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [search, setSearch] = useState('');
  const settled = useDeferredValue(search.trim());
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    checkpointsQuery({ ...(tenantId ? { tenantId } : {}), backups: false, orphans: false, search: settled, limit: 50 }),
  );
  const checkpoints = data?.pages.flatMap((page) => page.checkpoints) ?? [];
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 font-medium text-sm">{t('checkpoints.choose')}</legend>
      {!tenantId && <SearchField label={t('checkpoints.search')} value={search} onValue={setSearch} />}
      <ProblemNotice error={error} />
      <div className="max-h-64 overflow-y-auto rounded-md border">
        {isPending && !error && (
          <div className="grid gap-3 p-3">
            <Skeleton className="h-4 w-3/4" />
            <Skeleton className="h-4 w-2/3" />
          </div>
        )}
        {data && checkpoints.length === 0 && (
          <p className="p-3 text-ink-faint text-sm">{settled ? t('checkpoints.noMatch') : t('backups.none')}</p>
        )}
        {checkpoints.map((checkpoint) => (
          <label
            key={checkpoint.id}
            className="flex cursor-pointer items-start gap-3 border-b px-3 py-2 text-sm last:border-0 hover:bg-hover has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name={id}
              value={checkpoint.id}
              checked={checkpoint.id === value}
              onChange={() => onValue(checkpoint.id)}
              className="mt-1 size-4 shrink-0 accent-(--accent)"
            />
            <span className="min-w-0">
              <span className="block">
                {!tenantId && <span className="font-medium">{checkpoint.tenantName} · </span>}
                {format.full(Date.parse(checkpoint.createdAt))}
              </span>
              <span className="block truncate text-ink-faint text-xs">
                {t(`checkpoints.cause.${checkpoint.cause}`)} · {format.bytes(checkpoint.bytes)}
                {checkpoint.note && ` · ${checkpoint.note}`}
              </span>
            </span>
          </label>
        ))}
        {hasNextPage && (
          <div className="p-2">
            <Button size="sm" kind="ghost" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t('backups.loadMore')}
            </Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}
