import type { ChannelAccount } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { isAdmin, mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { AccountCard } from './account-card.tsx';
import { BindingsDialog } from './bindings-dialog.tsx';
import { ModeDialog, RemoveDialog, RenameDialog, SecretDialog } from './change-dialogs.tsx';
import { ConnectDialog } from './connect-dialog.tsx';
import { channelAccountsQuery } from './queries.ts';

export type AccountAction = 'bindings' | 'rename' | 'mode' | 'secret' | 'remove';

const dialogs = {
  rename: RenameDialog,
  mode: ModeDialog,
  secret: SecretDialog,
  remove: RemoveDialog,
} as const;

/** The organization's bots: how they do, who has paired, and what to do when one is in trouble. */
export function ChannelAccountsPage() {
  const { t } = useTranslation();
  usePageTitle(t('channelAccounts.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: accounts, error, refetch } = useQuery(channelAccountsQuery);
  const [connecting, setConnecting] = useState(false);
  const [asked, setAsked] = useState<{ account: ChannelAccount; action: AccountAction } | null>(null);
  const admin = isAdmin(me);
  const close = () => setAsked(null);
  const Changing = asked && asked.action !== 'bindings' ? dialogs[asked.action] : null;
  const connect = (inBar: boolean) =>
    admin && (
      <Button
        kind="primary"
        onClick={() => setConnecting(true)}
        className={inBar ? 'max-sm:size-10 max-sm:px-0' : undefined}
      >
        <Plus aria-hidden="true" />
        <span className={inBar ? 'max-sm:sr-only' : undefined}>{t('channelAccounts.connect')}</span>
      </Button>
    );
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('channelAccounts.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('channelAccounts.lead')}</p>
        </div>
        {accounts && accounts.length > 0 && connect(true)}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-5 sm:px-5 lg:px-6">
          {accounts ? (
            <>
              {error && (
                <div className="mb-4">
                  <ProblemNotice error={error} />
                </div>
              )}
              {accounts.length === 0 ? (
                <Placeholder title={t('channelAccounts.emptyTitle')} actions={connect(false)}>
                  {t('channelAccounts.empty')}
                </Placeholder>
              ) : (
                <ul className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
                  {accounts.map((account) => (
                    <AccountCard
                      key={account.id}
                      account={account}
                      mayChange={admin}
                      mayTest={mayChangePool(me)}
                      onAction={(action) => setAsked({ account, action })}
                    />
                  ))}
                </ul>
              )}
            </>
          ) : error ? (
            <Placeholder
              title={t('channelAccounts.failedTitle')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
              <p role="status" className="sr-only">
                {t('channelAccounts.loading')}
              </p>
              <Skeleton className="h-56 rounded-lg" />
              <Skeleton className="h-56 rounded-lg" />
            </div>
          )}
        </div>
      </div>
      {connecting && <ConnectDialog onClose={() => setConnecting(false)} />}
      {asked?.action === 'bindings' && <BindingsDialog account={asked.account} mayChange={admin} onClose={close} />}
      {asked && Changing && <Changing account={asked.account} onClose={close} />}
    </>
  );
}
