import type { Tenant } from '@clawpool/contracts';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { CheckField, InputField } from '../design/form-fields.tsx';
import { BackupFirst } from './backup-first.tsx';
import { CloneDialog, MigrateDialog, RebuildDialog, ResizeDialog, RestoreDialog } from './operation-forms.tsx';
import type { Action, ImmediateAction } from './tenant-actions.ts';
import { useOperate } from './use-operate.ts';

interface Props {
  tenant: Tenant;
  onClose: () => void;
}

/** What has to be known or thought about before an operation: one dialog for each that is not done at once. */
export function OperationDialog({ action, ...props }: Props & { action: Exclude<Action, ImmediateAction> }) {
  switch (action) {
    case 'stop':
    case 'restart':
    case 'reset':
      return <ConfirmOperation kind={action} {...props} />;
    case 'backup':
      return <BackupDialog {...props} />;
    case 'restore':
      return <RestoreDialog {...props} />;
    case 'clone':
      return <CloneDialog {...props} />;
    case 'resize':
      return <ResizeDialog {...props} />;
    case 'rebuild':
      return <RebuildDialog {...props} />;
    case 'migrate':
      return <MigrateDialog {...props} />;
    case 'delete':
      return <DeleteDialog {...props} />;
  }
}

function ConfirmOperation({ kind, tenant, onClose }: Props & { kind: 'stop' | 'restart' | 'reset' }) {
  const { t } = useTranslation();
  const operate = useOperate();
  const [backup, setBackup] = useState(true);
  const request = kind === 'reset' ? { kind, ...(backup ? {} : { skipBackup: true }) } : { kind };
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t(`operations.ask.${kind}`, { name: tenant.name })}
      confirm={t(`operations.action.${kind}`)}
      pending={operate.isPending}
      onConfirm={() => operate.mutate({ tenant, request }, { onSuccess: onClose })}
    >
      <p>{t(`operations.means.${kind}`)}</p>
      {tenant.state === 'running' && kind !== 'reset' && <p>{t('operations.means.turnEnds')}</p>}
      {kind === 'reset' && <BackupFirst value={backup} onValue={setBackup} />}
      <ProblemNotice error={operate.error} />
    </ConfirmDialog>
  );
}

function BackupDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const [note, setNote] = useState('');
  const [pinned, setPinned] = useState(false);
  return (
    <Dialog
      open
      size="sm"
      onClose={onClose}
      title={t('operations.ask.backup', { name: tenant.name })}
      description={t('operations.means.backup')}
      onSubmit={() =>
        operate.mutate({ tenant, request: { kind: 'backup', note: note.trim(), pinned } }, { onSuccess: onClose })
      }
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={operate.isPending}>
            {t('operations.action.backup')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <InputField
          label={t('backups.note')}
          hint={t('backups.noteHint')}
          value={note}
          maxLength={200}
          onChange={(event) => setNote(event.target.value)}
        />
        <CheckField
          label={t('checkpoints.pin')}
          hint={t('checkpoints.pinHint')}
          checked={pinned}
          onChange={(event) => setPinned(event.target.checked)}
        />
        <ProblemNotice error={operate.error} />
      </div>
    </Dialog>
  );
}

/** Says exactly what is left afterwards; removing the backups too asks for the name. */
function DeleteDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const [backup, setBackup] = useState(true);
  const [everything, setEverything] = useState(false);
  const [typed, setTyped] = useState('');
  const sure = !everything || typed.trim() === tenant.name;
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title={t('operations.ask.delete', { name: tenant.name })}
      confirm={everything ? t('operations.deleteEverything') : t('operations.action.delete')}
      pending={operate.isPending}
      disabled={!sure}
      onConfirm={() =>
        sure &&
        operate.mutate(
          { tenant, request: { kind: 'delete', keepData: !everything, skipBackup: everything || !backup } },
          { onSuccess: onClose },
        )
      }
    >
      {tenant.owner && <p>{t('operations.means.deleteOwner', { owner: tenant.owner.name })}</p>}
      {tenant.state === 'running' && <p>{t('operations.means.turnEnds')}</p>}
      <p className="font-medium text-ink">
        {everything
          ? t('operations.means.deleteEverything')
          : backup
            ? t('operations.means.deleteBackup')
            : t('operations.means.deleteNoBackup')}
      </p>
      {!everything && (
        <CheckField
          label={t('operations.backupFirst')}
          checked={backup}
          onChange={(event) => setBackup(event.target.checked)}
        />
      )}
      <CheckField
        label={t('operations.removeEverything')}
        checked={everything}
        onChange={(event) => setEverything(event.target.checked)}
      />
      {everything && (
        <InputField
          label={t('operations.typeName', { name: tenant.name })}
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <ProblemNotice error={operate.error} />
    </ConfirmDialog>
  );
}
