import type { ChannelAccount } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowLeftRight, Ellipsis, KeyRound, Pencil, Trash2, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Menu, MenuItem, MenuLine } from '../design/menu.tsx';
import { Notice } from '../design/notice.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { useOriginName } from '../sessions/session-badges.tsx';
import { Fact, Facts } from '../tenant/card.tsx';
import type { AccountAction } from './channel-accounts-page.tsx';
import { channelAccountsKey } from './queries.ts';

const healthStyles: Record<ChannelAccount['health'], { badge: string; dot: string }> = {
  receiving: { badge: 'bg-good-soft text-good-ink', dot: 'bg-good' },
  trouble: { badge: 'bg-bad-soft text-bad-ink', dot: 'bg-bad' },
  off: { badge: 'bg-hover text-ink-soft', dot: 'rounded-[2px] bg-control' },
};

/** One bot: what it is, how it does, and what can be done with it. */
export function AccountCard({
  account,
  mayChange,
  mayTest,
  onAction,
}: {
  account: ChannelAccount;
  mayChange: boolean;
  mayTest: boolean;
  onAction: (action: AccountAction) => void;
}) {
  const { t } = useTranslation();
  const originName = useOriginName();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: channelAccountsKey });
  const params = { accountId: account.id };
  const change = useMutation({
    mutationFn: (enabled: boolean) => api.call('changeChannelAccount', { params, body: { enabled } }),
    onSettled: refresh,
  });
  const test = useMutation({ mutationFn: () => api.call('testChannelAccount', { params }), onSettled: refresh });
  const style = healthStyles[account.health];
  return (
    <li
      data-testid="channel-account"
      data-name={account.name}
      data-health={account.health}
      className="grid grid-cols-1 min-w-0 gap-4 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold">{account.name}</h2>
          <p className="truncate text-ink-faint text-sm">
            {originName(account.channel)} · @{account.accountName}
          </p>
        </div>
        <span
          className={classNames(
            'inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 font-medium text-xs',
            style.badge,
          )}
        >
          <span aria-hidden="true" className={classNames('size-2 rounded-full', style.dot)} />
          {t(`channelAccounts.health.${account.health}`)}
        </span>
        {mayChange && (
          <Menu
            align="end"
            trigger={
              <Button
                kind="ghost"
                size="icon-sm"
                aria-label={t('channelAccounts.actionsFor', { name: account.name })}
                className="-my-1 -me-2"
              >
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            <MenuItem icon={<Pencil />} onSelect={() => onAction('rename')}>
              {t('channelAccounts.rename')}
            </MenuItem>
            <MenuItem icon={<ArrowLeftRight />} onSelect={() => onAction('mode')}>
              {t('channelAccounts.changeMode')}
            </MenuItem>
            <MenuItem icon={<KeyRound />} onSelect={() => onAction('secret')}>
              {t('channelAccounts.replaceSecret')}
            </MenuItem>
            <MenuLine />
            <MenuItem icon={<Trash2 />} danger onSelect={() => onAction('remove')}>
              {t('channelAccounts.remove')}
            </MenuItem>
          </Menu>
        )}
      </div>
      {account.health === 'trouble' && (
        <Notice tone="bad" title={t('channelAccounts.troubleTitle')}>
          {account.trouble && <p>{account.trouble}</p>}
          <p>{t(`channelAccounts.whatToDo.${account.mode}`)}</p>
        </Notice>
      )}
      <AccountFacts account={account} />
      <ProblemNotice error={change.error} title={t('channelAccounts.notChanged')} />
      <div aria-live="polite" className="empty:hidden">
        {test.error ? (
          <ProblemNotice error={test.error} title={t('channelAccounts.testFailed')} />
        ) : (
          test.data && (
            <Notice
              tone={test.data.ok ? 'info' : 'bad'}
              data-testid="test-result"
              data-ok={test.data.ok}
              title={
                test.data.ok
                  ? t('channelAccounts.testOk', { name: test.data.accountName ?? account.accountName })
                  : t('channelAccounts.testFailed')
              }
            >
              {test.data.ok ? null : test.data.message}
            </Notice>
          )
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2 border-t pt-4">
        {mayChange && (
          <span className="me-auto">
            <Switch
              label={t('channelAccounts.on')}
              checked={change.isPending ? change.variables : account.enabled}
              onChecked={(enabled) => change.mutate(enabled)}
            />
          </span>
        )}
        <Button size="sm" onClick={() => onAction('bindings')} className={mayChange ? undefined : 'me-auto'}>
          <Users aria-hidden="true" />
          {t('channelAccounts.people', { count: account.bindings })}
        </Button>
        {mayTest && (
          <Button size="sm" disabled={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? t('channelAccounts.testing') : t('channelAccounts.test')}
          </Button>
        )}
      </div>
    </li>
  );
}

function AccountFacts({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(5_000);
  const last = account.lastReceivedAt === null ? null : Date.parse(account.lastReceivedAt);
  return (
    <Facts>
      <Fact name={t('channelAccounts.mode')}>{t(`channelAccounts.modes.${account.mode}`)}</Fact>
      {account.webhookUrl && (
        <Fact name={t('channelAccounts.address')}>
          <span className="flex min-w-0 items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs" title={account.webhookUrl}>
              {account.webhookUrl}
            </code>
            <CopyButton text={account.webhookUrl} label={t('channelAccounts.copyAddress')} className="-my-1.5" />
          </span>
        </Fact>
      )}
      <Fact name={t('channelAccounts.lastReceived')}>
        {last === null ? (
          t('channelAccounts.nothingYet')
        ) : (
          <time dateTime={account.lastReceivedAt ?? undefined} title={format.full(last)}>
            {format.ago(last, now)}
          </time>
        )}
      </Fact>
      <Fact name={t('channelAccounts.lastDay')}>
        <span className="tabular">{account.receivedLastDay.toLocaleString(format.locale)}</span>
      </Fact>
    </Facts>
  );
}
