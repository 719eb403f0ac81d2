import type { Batch } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';

/** Calls a batch back, while there is something to call back; says what that means first. */
export function CancelBatch({ batch }: { batch: Pick<Batch, 'id' | 'state' | 'cancelledAt'> }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api.call('cancelBatch', { params: { batchId: batch.id } }),
    onSuccess: () => {
      setAsking(false);
      void queryClient.invalidateQueries({ queryKey: ['batches'] });
    },
  });
  if (batch.state !== 'running' || batch.cancelledAt !== null) return null;
  return (
    <>
      <Button size="sm" onClick={() => setAsking(true)}>
        {t('batch.cancel')}
      </Button>
      {asking && (
        <ConfirmDialog
          open
          onClose={() => setAsking(false)}
          title={t('batch.askCancel')}
          confirm={t('batch.cancel')}
          pending={cancel.isPending}
          onConfirm={() => cancel.mutate()}
        >
          <p>{t('batch.cancelMeans')}</p>
          <ProblemNotice error={cancel.error} />
        </ConfirmDialog>
      )}
    </>
  );
}
