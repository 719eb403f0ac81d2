import type { Checkpoint } from '@clawpool/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { checkpointsQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useNow } from '../format/use-format.ts';
import { CheckpointDialog } from './checkpoint-dialog.tsx';
import { type CheckpointAction, CheckpointRow } from './checkpoint-row.tsx';

/** The checkpoints of one tenant, newest first, with everything that can be done with each. */
export function CheckpointHistory({
  tenantId,
  backups = false,
  mayChange,
}: {
  tenantId: string;
  /** Only what is kept as a backup. */
  backups?: boolean;
  mayChange: boolean;
}) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  const [open, setOpen] = useState<{ action: CheckpointAction; checkpoint: Checkpoint } | null>(null);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    checkpointsQuery({ tenantId, backups, orphans: false, search: '', limit: 20 }),
  );
  const checkpoints = data?.pages.flatMap((page) => page.checkpoints);
  if (!checkpoints) {
    return error ? (
      <ProblemNotice error={error} />
    ) : (
      <div className="p-4">
        <p role="status" className="sr-only">
          {t('backups.loading')}
        </p>
        <Skeleton className="h-4 w-2/3" />
      </div>
    );
  }
  if (checkpoints.length === 0) return <p className="px-4 py-5 text-ink-soft text-sm">{t('backups.none')}</p>;
  return (
    <>
      <ul aria-label={t('backups.history')}>
        {checkpoints.map((checkpoint) => (
          <CheckpointRow
            key={checkpoint.id}
            checkpoint={checkpoint}
            now={now}
            mayChange={mayChange}
            onAction={(action, chosen) => setOpen({ action, checkpoint: chosen })}
          />
        ))}
      </ul>
      {hasNextPage && (
        <div className="p-3 text-center">
          <Button size="sm" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? t('backups.loadingMore') : t('backups.loadMore')}
          </Button>
        </div>
      )}
      {open && <CheckpointDialog {...open} onClose={() => setOpen(null)} />}
    </>
  );
}
