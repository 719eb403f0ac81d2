import type { ScimToken } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { tokensQuery } from './queries.ts';
import { ScimSettingsDialog } from './scim-settings-dialog.tsx';
import { TokenDialog } from './token-dialog.tsx';

type Overlay = { kind: 'token' | 'settings' } | { kind: 'revoke'; token: ScimToken };

/** Where an identity provider writes people to, and with which tokens. */
export function Scim({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(tokensQuery);
  const now = useNow(30_000);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const address = `${location.origin}/scim/v2`;
  if (!data) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-48 rounded-lg" />;
  const tokens = [...data.tokens].sort((a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null));
  return (
    <div data-testid="scim" className="overflow-hidden rounded-lg border bg-surface">
      <div className="grid grid-cols-1 gap-x-8 gap-y-4 p-4 sm:p-5 md:grid-cols-[1fr_auto]">
        <div className="min-w-0">
          <p className="mb-1.5 font-medium text-sm">{t('directory.scim.address')}</p>
          <div className="flex items-center gap-1 rounded-md border bg-sunken ps-3 pe-1">
            <code data-testid="scim-address" className="min-w-0 flex-1 select-all break-all py-2 font-mono text-xs">
              {address}
            </code>
            <CopyButton text={address} label={t('directory.scim.copyAddress')} />
          </div>
        </div>
        <dl className="flex gap-8 md:pt-1">
          <Figure label={t('directory.scim.people')} value={data.people} />
          <Figure label={t('directory.scim.groups')} value={data.groups} />
        </dl>
      </div>
      {tokens.length > 0 ? (
        <ul aria-label={t('directory.scim.tokens')} className="border-t">
          {tokens.map((token) => (
            <TokenRow
              key={token.id}
              token={token}
              now={now}
              onRevoke={mayChange ? () => setOverlay({ kind: 'revoke', token }) : null}
            />
          ))}
        </ul>
      ) : (
        <p className="border-t px-4 py-4 text-ink-soft text-sm sm:px-5">{t('directory.scim.noTokens')}</p>
      )}
      {mayChange && (
        <div className="flex flex-wrap gap-2 border-t bg-canvas px-4 py-3 sm:px-5">
          <Button size="sm" kind="primary" onClick={() => setOverlay({ kind: 'token' })}>
            <Plus aria-hidden="true" />
            {t('directory.scim.newToken')}
          </Button>
          <Button size="sm" onClick={() => setOverlay({ kind: 'settings' })}>
            <Settings2 aria-hidden="true" />
            {t('directory.scim.settings')}
          </Button>
        </div>
      )}
      {overlay?.kind === 'token' && <TokenDialog onClose={close} />}
      {overlay?.kind === 'settings' && <ScimSettingsDialog onClose={close} />}
      {overlay?.kind === 'revoke' && <RevokeDialog token={overlay.token} onClose={close} />}
    </div>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  const { locale } = useFormat();
  return (
    <div>
      <dt className="text-ink-faint text-xs">{label}</dt>
      <dd className="tabular mt-0.5 font-semibold text-xl">{value.toLocaleString(locale)}</dd>
    </div>
  );
}

function TokenRow({ token, now, onRevoke }: { token: ScimToken; now: number; onRevoke: (() => void) | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const over = token.revokedAt !== null;
  const ago = (at: string) => format.ago(Date.parse(at), now);
  return (
    <li
      data-testid="scim-token"
      data-name={token.name}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 text-sm last:border-0 sm:px-5"
    >
      <div className="min-w-60 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={classNames('font-medium', over && 'text-ink-faint line-through')}>{token.name}</span>
          <code className="font-mono text-ink-faint text-xs">{token.prefix}…</code>
        </p>
        <p className="text-ink-faint text-xs">
          {t('directory.scim.madeBy', { name: token.createdBy, ago: ago(token.createdAt) })}
          {' · '}
          {token.lastUsedAt === null
            ? t('directory.scim.neverUsed')
            : t('directory.scim.lastUsed', { ago: ago(token.lastUsedAt) })}
        </p>
      </div>
      {over ? (
        <span className="inline-flex h-6 items-center rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs">
          {t('directory.scim.revoked')}
        </span>
      ) : (
        onRevoke && (
          <Button size="sm" aria-label={t('directory.scim.revokeToken', { name: token.name })} onClick={onRevoke}>
            {t('directory.scim.revoke')}
          </Button>
        )
      )}
    </li>
  );
}

function RevokeDialog({ token, onClose }: { token: ScimToken; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.call('revokeScimToken', { params: { tokenId: token.id } }),
    onSettled: () => queries.invalidateQueries(tokensQuery),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('directory.scim.revokeTitle', { name: token.name })}
      confirm={t('directory.scim.revoke')}
      danger
      pending={revoke.isPending}
      onConfirm={() => revoke.mutate()}
    >
      <p>{t('directory.scim.revokeText')}</p>
      <ProblemNotice error={revoke.error} />
    </ConfirmDialog>
  );
}
