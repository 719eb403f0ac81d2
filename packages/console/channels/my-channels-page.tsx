import type { CallResult } from '@clawpool/client';
import type { ChannelBinding } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, MessageCircle } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { myChannelsQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { channelNames } from './channel-names.ts';
import { PairingDialog } from './pairing-dialog.tsx';

export type MyAccount = CallResult<'myChannels'>['accounts'][number];

/** Where a person can talk to their agent besides here. */
export function MyChannelsPage() {
  const { t } = useTranslation();
  usePageTitle(t('myChannels.title'));
  const { data, error, refetch } = useQuery(myChannelsQuery);
  const [pairing, setPairing] = useState<MyAccount | null>(null);
  const [leaving, setLeaving] = useState<ChannelBinding | null>(null);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('myChannels.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('myChannels.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-3xl gap-5 px-4 py-5 sm:px-6">
          {!data && error && (
            <Placeholder
              title={t('myChannels.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          )}
          {!data && !error && (
            <>
              <p role="status" className="sr-only">
                {t('myChannels.loading')}
              </p>
              <Skeleton className="h-28 rounded-lg" />
            </>
          )}
          {data?.accounts.length === 0 && (
            <Placeholder title={t('myChannels.noneTitle')}>{t('myChannels.none')}</Placeholder>
          )}
          {data && data.accounts.length > 0 && (
            <>
              <p className="text-ink-soft">{t('myChannels.shared')}</p>
              <ul aria-label={t('myChannels.title')} className="grid gap-3">
                {data.accounts.map((account) => (
                  <ChannelCard
                    key={account.id}
                    account={account}
                    binding={data.bindings.find(({ accountId }) => accountId === account.id) ?? null}
                    onConnect={() => setPairing(account)}
                    onDisconnect={setLeaving}
                  />
                ))}
              </ul>
            </>
          )}
        </div>
      </div>
      {pairing && <PairingDialog account={pairing} onClose={() => setPairing(null)} />}
      {leaving && <DisconnectDialog binding={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
}

function ChannelCard({
  account,
  binding,
  onConnect,
  onDisconnect,
}: {
  account: MyAccount;
  binding: ChannelBinding | null;
  onConnect: () => void;
  onDisconnect: (binding: ChannelBinding) => void;
}) {
  const { t } = useTranslation();
  return (
    <li
      data-testid="channel"
      data-connected={binding !== null}
      className="grid gap-3 rounded-lg border bg-surface p-4 sm:px-5"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <span className="grid size-10 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-ink">
          <MessageCircle className="size-5" aria-hidden="true" />
        </span>
        <div className="min-w-40 flex-1 leading-snug">
          <h2 className="break-words font-semibold">
            {channelNames[account.channel]} · {account.name}
          </h2>
          <p className="break-words text-ink-faint text-sm">@{account.accountName.replace(/^@/, '')}</p>
        </div>
        {binding ? (
          <Button
            size="sm"
            aria-label={t('myChannels.disconnectFrom', { name: account.name })}
            onClick={() => onDisconnect(binding)}
          >
            {t('myChannels.disconnect')}
          </Button>
        ) : (
          <Button
            kind="primary"
            size="sm"
            aria-label={t('myChannels.connectWith', { name: account.name })}
            onClick={onConnect}
          >
            {t('myChannels.connect')}
          </Button>
        )}
      </div>
      {binding && <Connected binding={binding} />}
    </li>
  );
}

function Connected({ binding }: { binding: ChannelBinding }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const problem = useProblem();
  const queryClient = useQueryClient();
  const prefer = useMutation({
    mutationFn: (preferred: boolean) =>
      api.call('changeMyChannel', { params: { accountId: binding.accountId }, body: { preferred } }),
    onError: (error) => {
      const { title, detail } = problem(factsOf(error));
      showToast({ tone: 'bad', title: t('myChannels.changeFailed'), detail: `${title} ${detail ?? ''}` });
    },
    onSettled: () => queryClient.invalidateQueries(myChannelsQuery),
  });
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t pt-3 text-sm">
      <p className="flex min-w-0 items-start gap-2">
        <CircleCheck className="mt-0.5 size-4 shrink-0 text-good-ink" aria-hidden="true" />
        <span className="min-w-0 break-words">
          {t('myChannels.connectedAs', { name: binding.displayName })}
          <span className="block text-ink-faint text-xs">
            {binding.lastSeenAt
              ? t('myChannels.lastSeen', { when: format.ago(Date.parse(binding.lastSeenAt), now) })
              : t('myChannels.pairedAt', { when: format.ago(Date.parse(binding.pairedAt), now) })}
          </span>
        </span>
      </p>
      <Switch
        label={t('myChannels.preferred')}
        checked={prefer.isPending ? prefer.variables : binding.preferred}
        onChecked={(preferred) => prefer.mutate(preferred)}
      />
    </div>
  );
}

function DisconnectDialog({ binding, onClose }: { binding: ChannelBinding; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const leave = useMutation({
    mutationFn: () => api.call('unpairMyChannel', { params: { accountId: binding.accountId } }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('myChannels.disconnected') });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries(myChannelsQuery),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('myChannels.disconnectTitle', { channel: channelNames[binding.channel] })}
      confirm={t('myChannels.disconnect')}
      danger
      pending={leave.isPending}
      onConfirm={() => leave.mutate()}
    >
      <p>{t('myChannels.disconnectText', { channel: channelNames[binding.channel] })}</p>
      <ProblemNotice error={leave.error} />
    </ConfirmDialog>
  );
}
