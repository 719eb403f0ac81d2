import type { Checkpoint } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, Upload } from 'lucide-react';
import { type DragEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Dialog } from '../design/dialog.tsx';
import { Notice } from '../design/notice.tsx';
import { Progress } from '../design/progress.tsx';
import { useFormat } from '../format/use-format.ts';
import { importBackup, looksLikeBackup } from './backup-file.ts';
import { checkpointsKey } from './use-checkpoint-changes.ts';

/** Takes in an exported backup, chosen or dropped. To close the dialog while it is sent ends the sending. */
export function ImportDialog({
  onRestore,
  onClose,
}: {
  onRestore: (checkpoint: Checkpoint) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const abort = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    abort.current = controller;
    return () => controller.abort();
  }, []);

  const send = useMutation({
    mutationFn: async (chosen: File) => {
      if (!(await looksLikeBackup(chosen))) return 'no-backup' as const;
      return importBackup(chosen, { signal: abort.current.signal, onProgress: setSent });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: checkpointsKey }),
  });
  const choose = (chosen: File | undefined) => {
    if (!chosen || send.isPending) return;
    setFile(chosen);
    setSent(0);
    send.mutate(chosen);
  };
  const taken = send.data === 'no-backup' ? undefined : send.data;

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('backups.importTitle')}
      description={t('backups.importText')}
      footer={
        taken ? (
          <>
            <Button onClick={onClose}>{t('common.close')}</Button>
            <Button kind="primary" onClick={() => onRestore(taken)}>
              {t('backups.restoreIntoNew')}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>{send.isPending ? t('backups.importStop') : t('common.cancel')}</Button>
        )
      }
    >
      <div className="grid gap-4">
        {taken ? (
          <p className="flex items-start gap-2.5" role="status" data-testid="imported" data-checkpoint={taken.id}>
            <CircleCheck className="mt-0.5 size-5 shrink-0 text-good-ink" aria-hidden="true" />
            {t('backups.imported', {
              name: taken.tenantName,
              count: taken.files,
              size: format.bytes(taken.bytes),
            })}
          </p>
        ) : send.isPending && file ? (
          <div className="grid gap-2 rounded-lg border p-4">
            <p className="truncate font-medium">{file.name}</p>
            <Progress label={t('backups.sending')} done={sent} total={file.size} />
            <p className="tabular text-ink-soft text-sm">
              {sent < file.size
                ? t('backups.sent', { sent: format.bytes(sent), total: format.bytes(file.size) })
                : t('backups.checking')}
            </p>
          </div>
        ) : (
          <DropZone onFile={choose} />
        )}
        {send.data === 'no-backup' && (
          <Notice tone="bad" role="alert" title={t('backups.notABackup', { name: file?.name ?? '' })}>
            {t('backups.notABackupNext')}
          </Notice>
        )}
        <ProblemNotice error={send.error} title={t('backups.importFailed')} />
      </div>
    </Dialog>
  );
}

function DropZone({ onFile }: { onFile: (file: File | undefined) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [over, setOver] = useState(false);
  const hover = (event: DragEvent, next: boolean) => {
    event.preventDefault();
    setOver(next);
  };
  return (
    <label
      htmlFor={id}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={(event) => {
        hover(event, false);
        onFile(event.dataTransfer.files[0]);
      }}
      className={classNames(
        'grid cursor-pointer place-items-center gap-2 rounded-lg border-2 border-dashed px-6 py-10 text-center transition-colors',
        'has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2',
        over ? 'border-accent bg-accent-soft' : 'border-control hover:bg-hover',
      )}
    >
      <Upload className="size-6 text-ink-faint" aria-hidden="true" />
      <span className="font-medium">{t('backups.drop')}</span>
      <span className="text-ink-soft text-sm">{t('backups.dropHint')}</span>
      <input
        id={id}
        type="file"
        className="sr-only"
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          // The same file again is a choice too.
          event.target.value = '';
        }}
      />
    </label>
  );
}
