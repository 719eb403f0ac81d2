import { type Checkpoint, type Operation, tenantName } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, InputField } from '../design/form-fields.tsx';
import { RadioField } from '../design/radio-field.tsx';
import { useFormat } from '../format/use-format.ts';
import { tellTheEndOf } from '../tenants/use-operate.ts';
import { nameForCopy } from './checkpoint-groups.ts';
import { checkpointsKey } from './use-checkpoint-changes.ts';

/** A checkpoint's files, back into the tenant they are of or into a new one; whose page shows how it goes. */
export function RestoreDialog({ checkpoint, onClose }: { checkpoint: Checkpoint; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [target, setTarget] = useState<'same' | 'new'>(checkpoint.orphan ? 'new' : 'same');
  const [name, setName] = useState(() => nameForCopy(checkpoint));
  const [start, setStart] = useState(true);
  const [insist, setInsist] = useState(false);
  const nameFits = tenantName.safeParse(name).success;

  const restore = useMutation({
    mutationFn: async (): Promise<Operation> => {
      const from = { checkpointId: checkpoint.id };
      if (target === 'same') {
        const params = { tenantId: checkpoint.tenantId };
        return api.call('operateTenant', { params, body: { kind: 'restore', from } });
      }
      return (await api.call('createTenant', { body: { name, restoreFrom: from, start } })).operation;
    },
    onSuccess: (operation) => {
      void tellTheEndOf(operation, () => queryClient.invalidateQueries({ queryKey: checkpointsKey }));
      onClose();
      void navigate({ to: '/tenants/$tenantId', params: { tenantId: operation.tenantId } });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['tenants'] }),
  });

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('backups.restoreTitle', { name: checkpoint.tenantName })}
      description={t('backups.restoreOf', {
        when: format.full(Date.parse(checkpoint.createdAt)),
        size: format.bytes(checkpoint.bytes),
      })}
      onSubmit={() => {
        setInsist(true);
        if (target === 'same' || nameFits) restore.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={restore.isPending}>
            {t('backups.restore')}
          </Button>
        </>
      }
    >
      <div className="grid gap-5">
        <RadioField
          label={t('backups.target')}
          value={target}
          onValue={setTarget}
          options={[
            {
              value: 'same',
              label: t('backups.targetSame', { name: checkpoint.tenantName }),
              hint: t(checkpoint.orphan ? 'backups.targetGone' : 'backups.targetSameText'),
              disabled: checkpoint.orphan,
            },
            { value: 'new', label: t('backups.targetNew'), hint: t('backups.targetNewText') },
          ]}
        />
        {target === 'new' && (
          <>
            <InputField
              label={t('backups.newName')}
              hint={t('backups.newNameHint')}
              error={insist && !nameFits ? t('backups.newNameWrong') : undefined}
              value={name}
              maxLength={32}
              spellCheck={false}
              autoCapitalize="none"
              onChange={(event) => setName(event.target.value)}
            />
            <CheckField
              label={t('backups.startIt')}
              hint={t('backups.startItHint')}
              checked={start}
              onChange={(event) => setStart(event.target.checked)}
            />
          </>
        )}
        <ProblemNotice error={restore.error} />
      </div>
    </Dialog>
  );
}
