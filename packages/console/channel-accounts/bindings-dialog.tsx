import type { ChannelAccount, ChannelBinding } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { bindingsQuery, channelAccountsKey } from './queries.ts';

/** Who has paired with a bot. Disconnecting asks once more, in place. */
export function BindingsDialog({
  account,
  mayChange,
  onClose,
}: {
  account: ChannelAccount;
  mayChange: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { data: bindings, error } = useQuery(bindingsQuery(account.id));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('channelAccounts.peopleTitle', { name: account.name })}
      description={t('channelAccounts.peopleText')}
      footer={<Button onClick={onClose}>{t('common.close')}</Button>}
    >
      <ProblemNotice error={error} />
      {bindings ? (
        bindings.length === 0 ? (
          <p className="py-4 text-ink-soft">{t('channelAccounts.nobody')}</p>
        ) : (
          <ul className="overflow-hidden rounded-lg border">
            {bindings.map((binding) => (
              <BindingRow key={binding.platformUserId} binding={binding} mayChange={mayChange} />
            ))}
          </ul>
        )
      ) : (
        !error && <Skeleton className="h-32 rounded-lg" />
      )}
    </Dialog>
  );
}

export function BindingRow({ binding, mayChange }: { binding: ChannelBinding; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const disconnect = useMutation({
    mutationFn: () =>
      api.call('removeChannelBinding', {
        params: { accountId: binding.accountId, platformUserId: binding.platformUserId },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: channelAccountsKey }),
  });
  const seen = binding.lastSeenAt ?? binding.pairedAt;
  return (
    <li data-testid="binding" className="grid grid-cols-1 gap-2 border-b px-4 py-3 text-sm last:border-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-40 flex-1">
          <p className="truncate font-medium">{binding.employee.name}</p>
          <p className="truncate text-ink-faint text-xs">
            {t('channelAccounts.as', { name: binding.displayName })}
            {' · '}
            <time dateTime={seen} title={format.full(Date.parse(seen))}>
              {t(binding.lastSeenAt ? 'channelAccounts.wrote' : 'channelAccounts.paired', {
                ago: format.ago(Date.parse(seen), now),
              })}
            </time>
            {binding.preferred && ` · ${t('channelAccounts.preferred')}`}
          </p>
        </div>
        {mayChange &&
          (asking ? (
            <span className="flex gap-2">
              <Button size="sm" autoFocus onClick={() => setAsking(false)}>
                {t('common.cancel')}
              </Button>
              <Button size="sm" kind="danger" disabled={disconnect.isPending} onClick={() => disconnect.mutate()}>
                {t('channelAccounts.reallyDisconnect')}
              </Button>
            </span>
          ) : (
            <Button
              size="sm"
              aria-label={t('channelAccounts.disconnectPerson', { name: binding.employee.name })}
              onClick={() => setAsking(true)}
            >
              {t('channelAccounts.disconnect')}
            </Button>
          ))}
      </div>
      {asking && <p className="text-ink-soft">{t('channelAccounts.disconnectText')}</p>}
      <ProblemNotice error={disconnect.error} />
    </li>
  );
}
