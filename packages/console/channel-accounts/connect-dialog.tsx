import type { ChannelAccount, ChannelName } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Fold, InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { RadioField } from '../design/radio-field.tsx';
import { showToast } from '../design/toast.tsx';
import { channelAccountsKey } from './queries.ts';

const modes = ['polling', 'webhook'] as const;

/** Connects a bot. The server asks the platform who it is before anything is stored. */
export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [mode, setMode] = useState<ChannelAccount['mode']>('polling');
  const [apiRoot, setApiRoot] = useState('');
  const [insist, setInsist] = useState(false);
  const rootWrong = apiRoot.trim() !== '' && !isWebAddress(apiRoot.trim());
  const connect = useMutation({
    mutationFn: (body: {
      channel: ChannelName;
      name: string;
      secret: string;
      mode: ChannelAccount['mode'];
      apiRoot?: string;
    }) => api.call('addChannelAccount', { body }),
    onSuccess: (account) => {
      void queries.invalidateQueries({ queryKey: channelAccountsKey });
      showToast({ tone: 'good', title: t('channelAccounts.connected', { name: `@${account.accountName}` }) });
      onClose();
    },
  });
  const submit = () => {
    setInsist(true);
    if (name.trim() === '' || secret.trim().length < 8 || rootWrong) return;
    const root = apiRoot.trim();
    connect.mutate({
      channel: 'telegram',
      name: name.trim(),
      secret: secret.trim(),
      mode,
      ...(root === '' ? {} : { apiRoot: root }),
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('channelAccounts.connectTitle')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={connect.isPending}>
            {connect.isPending ? t('channelAccounts.connecting') : t('channelAccounts.connect')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <Notice tone="info" title={t('channelAccounts.howTitle')}>
          {t('channelAccounts.how')}
        </Notice>
        <InputField
          label={t('channelAccounts.token')}
          hint={t('channelAccounts.tokenHint')}
          error={insist && secret.trim().length < 8 ? t('channelAccounts.tokenMissing') : undefined}
          // Not a password of this site: no browser is to keep it or to fill one in.
          type="password"
          autoComplete="off"
          data-1p-ignore=""
          mono
          maxLength={500}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <InputField
          label={t('channelAccounts.name')}
          hint={t('channelAccounts.nameHint')}
          error={insist && name.trim() === '' ? t('channelAccounts.nameMissing') : undefined}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <RadioField
          label={t('channelAccounts.mode')}
          value={mode}
          onValue={setMode}
          options={modes.map((value) => ({
            value,
            label: t(`channelAccounts.modes.${value}`),
            hint: t(`channelAccounts.modeHints.${value}`),
          }))}
        />
        <Fold title={t('channelAccounts.advanced')}>
          <InputField
            label={t('channelAccounts.apiRoot')}
            hint={t('channelAccounts.apiRootHint')}
            error={rootWrong ? t('channelAccounts.apiRootWrong') : undefined}
            mono
            inputMode="url"
            maxLength={500}
            value={apiRoot}
            onChange={(event) => setApiRoot(event.target.value)}
          />
        </Fold>
        <ProblemNotice error={connect.error} title={t('channelAccounts.notConnected')} />
      </div>
    </Dialog>
  );
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
