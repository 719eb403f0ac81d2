import type { Pairing } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, ExternalLink } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { myChannelsQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button, buttonStyle } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { Waiting } from '../design/ripples.tsx';
import { secondsUntil } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { channelNames } from './channel-names.ts';
import type { MyAccount } from './my-channels-page.tsx';
import { QrCode } from './qr-code.tsx';

/** How often the server is asked whether the bot has heard from the person. */
const lookEveryMs = 2_000;

/** Pairs the person's account on a platform with them. Says by itself when that has happened. */
export function PairingDialog({ account, onClose }: { account: MyAccount; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const begin = useMutation({
    mutationFn: () => api.call('startPairing', { params: { accountId: account.id } }),
  });
  const { mutate } = begin;
  const begun = useRef(false);
  useEffect(() => {
    // Once, though React runs effects twice while developing: each token ends the one before it.
    if (begun.current) return;
    begun.current = true;
    mutate();
  }, [mutate]);

  const { data } = useQuery({ ...myChannelsQuery, refetchInterval: lookEveryMs, staleTime: 0 });
  const binding = data?.bindings.find(({ accountId }) => accountId === account.id);
  const pairing = begin.data;
  const close = () => {
    // A token that nobody waits for any more should not wait for anybody. If that fails, it ends by itself.
    if (pairing && !binding) void api.call('cancelPairing', { params: { accountId: account.id } }).catch(() => {});
    void queryClient.invalidateQueries(myChannelsQuery);
    onClose();
  };

  return (
    <Dialog
      open
      onClose={close}
      title={t('myChannels.pairTitle', { channel: channelNames[account.channel] })}
      description={binding ? undefined : t('myChannels.pairLead')}
      footer={
        <Button kind={binding ? 'primary' : 'outline'} onClick={close}>
          {binding ? t('myChannels.done') : t('common.cancel')}
        </Button>
      }
    >
      <div role="status" data-testid="pairing" data-connected={binding !== undefined}>
        {binding && (
          <p className="flex items-start gap-3 py-4 text-lg">
            <CircleCheck className="mt-0.5 size-6 shrink-0 text-good-ink" aria-hidden="true" />
            <span className="min-w-0 break-words">
              <span className="font-semibold">{t('myChannels.connected')}</span>{' '}
              {t('myChannels.connectedAs', { name: binding.displayName })}
            </span>
          </p>
        )}
      </div>
      {!binding && begin.error && <ProblemNotice error={begin.error} />}
      {!binding &&
        !begin.error &&
        (pairing ? (
          <Steps account={account} pairing={pairing} onAgain={() => mutate()} />
        ) : (
          <Skeleton className="h-64 rounded-lg" />
        ))}
    </Dialog>
  );
}

function Steps({ account, pairing, onAgain }: { account: MyAccount; pairing: Pairing; onAgain: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const seconds = secondsUntil(Date.parse(pairing.expiresAt), useNow(500));
  if (seconds === 0) {
    return (
      <div className="grid justify-items-start gap-3 py-2" data-testid="pairing-over">
        <p>{t('myChannels.expired')}</p>
        <Button onClick={onAgain}>{t('myChannels.newCode')}</Button>
      </div>
    );
  }
  const platform = channelNames[account.channel];
  return (
    <div className="grid gap-6 sm:grid-cols-[auto_minmax(0,1fr)]">
      {pairing.link && (
        <QrCode text={pairing.link} label={t('myChannels.qr', { channel: platform })} className="mx-auto size-48" />
      )}
      <div className="grid min-w-0 content-start gap-4">
        <ol className="grid list-decimal gap-1.5 ps-5 text-ink-soft">
          <li>{pairing.link ? t('myChannels.stepScan') : t('myChannels.stepFind', { name: account.accountName })}</li>
          <li>{pairing.link ? t('myChannels.stepStart') : t('myChannels.stepSend')}</li>
        </ol>
        {pairing.link && (
          <a href={pairing.link} target="_blank" rel="noopener noreferrer" className={buttonStyle({ kind: 'outline' })}>
            <ExternalLink aria-hidden="true" />
            {t('myChannels.open', { channel: platform })}
          </a>
        )}
        <div>
          <p className="mb-1 text-ink-faint text-xs">
            {t('myChannels.orSend', { name: `@${account.accountName.replace(/^@/, '')}` })}
          </p>
          <p className="flex min-w-0 items-center gap-1 rounded-md border bg-sunken py-1 ps-3 pe-1">
            <code className="min-w-0 flex-1 break-all font-mono text-sm" data-testid="pairing-command">
              {pairing.command}
            </code>
            <CopyButton text={pairing.command} label={t('myChannels.copyCommand')} />
          </p>
        </div>
        <p className="flex items-center gap-2.5 text-ink-soft text-sm">
          <Waiting />
          <span>
            {t('myChannels.waiting')}{' '}
            <span className="tabular text-ink-faint">
              {t('myChannels.validFor', { time: format.duration(seconds) })}
            </span>
          </span>
        </p>
      </div>
    </div>
  );
}
