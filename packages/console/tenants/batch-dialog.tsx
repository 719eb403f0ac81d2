import type { BatchBody } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { CheckField, InputField } from '../design/form-fields.tsx';
import { ImageSelect } from '../pool/image-select.tsx';
import { showBatch, targetsOf } from './batch.ts';
import { type Selection, sizeOf } from './selection.ts';
import type { BatchAction } from './tenant-actions.ts';
import type { TenantView } from './tenant-view.ts';

/** Asks once for all: which tenants, how many, and what will become of them. */
export function BatchDialog({
  action,
  selection,
  view,
  total,
  onClose,
  onStarted,
}: {
  action: BatchAction;
  selection: Selection;
  view: TenantView;
  total: number;
  onClose: () => void;
  onStarted: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [image, setImage] = useState('');
  const [note, setNote] = useState('');
  const [backup, setBackup] = useState(true);
  const [everything, setEverything] = useState(false);
  const [typed, setTyped] = useState('');
  const count = sizeOf(selection, total);
  const sure = !everything || typed.trim() === String(count);

  const start = useMutation({
    mutationFn: async () => {
      const operation = operationOf(action, { image, note, backup, everything });
      return api.call('startBatch', { body: { operation, ...(await targetsOf(selection, view)) } });
    },
    onSuccess: (batch) => {
      showBatch(batch.id);
      void queryClient.invalidateQueries({ queryKey: ['batches'] });
      onStarted();
    },
  });

  return (
    <ConfirmDialog
      open
      danger={action === 'delete'}
      onClose={onClose}
      title={t(`batch.ask.${action}`, { count })}
      confirm={everything ? t('operations.deleteEverything') : t(`operations.action.${action}`)}
      pending={start.isPending}
      disabled={!sure}
      onConfirm={() => sure && start.mutate()}
    >
      <Targets selection={selection} />
      {action === 'delete' ? (
        <p className="font-medium text-ink">
          {everything
            ? t('operations.means.deleteEverything')
            : backup
              ? t('operations.means.deleteBackup')
              : t('operations.means.deleteNoBackup')}
        </p>
      ) : (
        <p>{t(`operations.means.${action}`)}</p>
      )}
      {(action === 'stop' || action === 'restart' || action === 'rebuild') && <p>{t('operations.means.turnEnds')}</p>}
      {action === 'rebuild' && (
        <ImageSelect label={t('newTenant.image')} empty={t('newTenant.imageOfTier')} value={image} onValue={setImage} />
      )}
      {action === 'backup' && (
        <InputField
          label={t('backups.note')}
          value={note}
          maxLength={200}
          onChange={(event) => setNote(event.target.value)}
        />
      )}
      {action === 'delete' && !everything && (
        <CheckField
          label={t('operations.backupFirst')}
          checked={backup}
          onChange={(event) => setBackup(event.target.checked)}
        />
      )}
      {action === 'delete' && (
        <CheckField
          label={t('operations.removeEverything')}
          checked={everything}
          onChange={(event) => setEverything(event.target.checked)}
        />
      )}
      {everything && (
        <InputField
          label={t('batch.typeCount', { count })}
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <ProblemNotice error={start.error} />
    </ConfirmDialog>
  );
}

function operationOf(
  kind: BatchAction,
  choices: { image: string; note: string; backup: boolean; everything: boolean },
): BatchBody['operation'] {
  if (kind === 'backup') return { kind, note: choices.note.trim(), pinned: false };
  if (kind === 'rebuild') return { kind, ...(choices.image ? { image: choices.image } : {}) };
  if (kind === 'delete') {
    return { kind, keepData: !choices.everything, skipBackup: choices.everything || !choices.backup };
  }
  return { kind };
}

/** As many names as one reads. */
const namesShown = 6;

function Targets({ selection: { ids, everything } }: { selection: Selection }) {
  const { t } = useTranslation();
  if (everything) return <p>{t('batch.allThatFit')}</p>;
  const names = [...ids.values()];
  const rest = names.length - namesShown;
  return (
    <p className="break-words rounded-md bg-sunken px-3 py-2 text-ink text-sm">
      {names.slice(0, namesShown).join(', ')}
      {rest > 0 && <span className="text-ink-faint"> {t('batch.andMore', { count: rest })}</span>}
    </p>
  );
}
