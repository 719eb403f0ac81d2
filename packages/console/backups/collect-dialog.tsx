import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { useFormat } from '../format/use-format.ts';
import { checkpointsKey } from './use-checkpoint-changes.ts';

/** What is done every night, now: retention, then the removal of what no checkpoint refers to. Says what it came to. */
export function CollectDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const collect = useMutation({
    mutationFn: () => api.call('collectBlobs'),
    onSettled: () => queryClient.invalidateQueries({ queryKey: checkpointsKey }),
  });
  const { data } = collect;
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('backups.collect')}
      onSubmit={data ? undefined : () => collect.mutate()}
      footer={
        data ? (
          <Button onClick={onClose}>{t('common.close')}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" kind="primary" disabled={collect.isPending}>
              {collect.isPending ? t('backups.collecting') : t('backups.collectNow')}
            </Button>
          </>
        )
      }
    >
      <div className="grid gap-3 text-ink-soft">
        {data ? (
          <p role="status" data-testid="collected" className="text-ink">
            {data.checkpoints + data.blobs === 0
              ? t('backups.collectedNothing')
              : t('backups.collected', {
                  checkpoints: data.checkpoints,
                  blobs: data.blobs,
                  size: format.bytes(data.bytes),
                })}
          </p>
        ) : (
          <p>{t('backups.collectText')}</p>
        )}
        <ProblemNotice error={collect.error} />
      </div>
    </Dialog>
  );
}
