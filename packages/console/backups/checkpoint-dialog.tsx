import type { Checkpoint } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Waiting } from '../design/ripples.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import type { CheckpointAction } from './checkpoint-row.tsx';
import { RestoreDialog } from './restore-dialog.tsx';
import { checkpointsKey } from './use-checkpoint-changes.ts';

/** The dialog that an action of a checkpoint's menu opens. */
export function CheckpointDialog({
  action,
  checkpoint,
  onClose,
}: {
  action: CheckpointAction;
  checkpoint: Checkpoint;
  onClose: () => void;
}) {
  if (action === 'restore') return <RestoreDialog checkpoint={checkpoint} onClose={onClose} />;
  if (action === 'note') return <NoteDialog checkpoint={checkpoint} onClose={onClose} />;
  if (action === 'verify') return <VerifyDialog checkpoint={checkpoint} onClose={onClose} />;
  return <DeleteDialog checkpoint={checkpoint} onClose={onClose} />;
}

interface DialogProps {
  checkpoint: Checkpoint;
  onClose: () => void;
}

function NoteDialog({ checkpoint, onClose }: DialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [note, setNote] = useState(checkpoint.note);
  const save = useMutation({
    mutationFn: () =>
      api.call('changeCheckpoint', { params: { checkpointId: checkpoint.id }, body: { note: note.trim() } }),
    onSuccess: onClose,
    onSettled: () => queryClient.invalidateQueries({ queryKey: checkpointsKey }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('backups.editNote')}
      onSubmit={() => save.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <InputField
          label={t('backups.note')}
          hint={t('backups.noteHint')}
          value={note}
          maxLength={200}
          onChange={(event) => setNote(event.target.value)}
        />
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}

function DeleteDialog({ checkpoint, onClose }: DialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteCheckpoint', { params: { checkpointId: checkpoint.id } }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('backups.deleted') });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: checkpointsKey }),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('backups.deleteTitle')}
      confirm={t('backups.delete')}
      danger
      pending={remove.isPending}
      disabled={checkpoint.pinned}
      onConfirm={() => remove.mutate()}
    >
      {checkpoint.pinned ? (
        <Notice tone="info" title={t('backups.deletePinned')}>
          {t('backups.deletePinnedNext')}
        </Notice>
      ) : (
        <p>
          {t('backups.deleteText', {
            name: checkpoint.tenantName,
            when: format.full(Date.parse(checkpoint.createdAt)),
          })}
        </p>
      )}
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}

/** Begins at once: to have opened it is to have asked. */
function VerifyDialog({ checkpoint, onClose }: DialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error } = useQuery({
    queryKey: ['verification', checkpoint.id],
    queryFn: ({ signal }) => api.call('verifyCheckpoint', { params: { checkpointId: checkpoint.id } }, { signal }),
    // A verification is of the moment in which it is asked for, and asked for once.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('backups.verifyTitle')}
      description={`${checkpoint.tenantName}, ${format.full(Date.parse(checkpoint.createdAt))}`}
      footer={<Button onClick={onClose}>{t('common.close')}</Button>}
    >
      <div role="status" data-testid="verification" data-ok={data?.ok}>
        {data?.ok && (
          <p className="flex items-start gap-2.5">
            <CircleCheck className="mt-0.5 size-5 shrink-0 text-good-ink" aria-hidden="true" />
            {t('backups.verified', { count: data.files, size: format.bytes(data.bytes) })}
          </p>
        )}
        {data && !data.ok && (
          <Notice tone="bad" title={t('backups.damaged', { count: data.problems.length })}>
            <p>{t('backups.damagedNext')}</p>
            <ul className="mt-2 grid max-h-64 gap-1 overflow-y-auto">
              {data.problems.map(({ path, hash, problem }) => (
                <li key={`${path} ${hash}`} className="break-all">
                  <span className="font-medium">{t(`backups.problem.${problem}`)}</span>{' '}
                  <code className="font-mono text-xs">{path || hash}</code>
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {!data && !error && (
          <p className="flex items-center gap-2.5 text-ink-soft">
            <Waiting />
            {t('backups.verifying')}
          </p>
        )}
      </div>
      <ProblemNotice error={error} />
    </Dialog>
  );
}
