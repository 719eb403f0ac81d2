import type { ChannelAccount } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { RadioField } from '../design/radio-field.tsx';
import { channelAccountsKey } from './queries.ts';

interface Props {
  account: ChannelAccount;
  onClose: () => void;
}

type Change = Partial<Pick<ChannelAccount, 'name' | 'mode'> & { secret: string }>;

/** A dialog for one field of an account. `change` null: what is typed cannot be saved. */
function ChangeDialog({
  account,
  onClose,
  title,
  description,
  change,
  onInsist,
  children,
}: Props & {
  title: string;
  description?: string;
  change: Change | null;
  onInsist?: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Change) => api.call('changeChannelAccount', { params: { accountId: account.id }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: channelAccountsKey }),
    onSuccess: onClose,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      size="sm"
      onSubmit={() => {
        onInsist?.();
        if (change) save.mutate(change);
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        {children}
        <ProblemNotice error={save.error} title={t('channelAccounts.notChanged')} />
      </div>
    </Dialog>
  );
}

export function RenameDialog({ account, onClose }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState(account.name);
  const empty = name.trim() === '';
  return (
    <ChangeDialog
      account={account}
      onClose={onClose}
      title={t('channelAccounts.rename')}
      change={empty ? null : { name: name.trim() }}
    >
      <InputField
        label={t('channelAccounts.name')}
        hint={t('channelAccounts.nameHint')}
        error={empty ? t('channelAccounts.nameMissing') : undefined}
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </ChangeDialog>
  );
}

export function ModeDialog({ account, onClose }: Props) {
  const { t } = useTranslation();
  const [mode, setMode] = useState(account.mode);
  return (
    <ChangeDialog account={account} onClose={onClose} title={t('channelAccounts.changeMode')} change={{ mode }}>
      <RadioField
        label={t('channelAccounts.mode')}
        value={mode}
        onValue={setMode}
        options={(['polling', 'webhook'] as const).map((value) => ({
          value,
          label: t(`channelAccounts.modes.${value}`),
          hint: t(`channelAccounts.modeHints.${value}`),
        }))}
      />
    </ChangeDialog>
  );
}

export function SecretDialog({ account, onClose }: Props) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState('');
  const [insist, setInsist] = useState(false);
  const short = secret.trim().length < 8;
  return (
    <ChangeDialog
      account={account}
      onClose={onClose}
      title={t('channelAccounts.replaceSecret')}
      description={t('channelAccounts.replaceText')}
      change={short ? null : { secret: secret.trim() }}
      onInsist={() => setInsist(true)}
    >
      <InputField
        label={t('channelAccounts.token')}
        hint={t('channelAccounts.tokenHint')}
        error={insist && short ? t('channelAccounts.tokenMissing') : undefined}
        type="password"
        autoComplete="off"
        data-1p-ignore=""
        mono
        maxLength={500}
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
      />
    </ChangeDialog>
  );
}

export function RemoveDialog({ account, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('removeChannelAccount', { params: { accountId: account.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: channelAccountsKey }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('channelAccounts.removeTitle', { name: account.name })}
      confirm={t('channelAccounts.remove')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>
        {account.bindings === 0
          ? t('channelAccounts.removeTextNobody')
          : t('channelAccounts.removeText', { count: account.bindings })}
      </p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
