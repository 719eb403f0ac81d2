import type { ApiKey } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Tag } from '../design/tag.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { KeyDialog } from './key-dialog.tsx';
import { apiKeysQuery } from './queries.ts';

/** The organization's API keys; those that work first. */
export function ApiKeys({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: keys, error, refetch } = useQuery(apiKeysQuery);
  const now = useNow(30_000);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const make = mayChange && (
    <Button kind="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden="true" />
      {t('integrations.newKey')}
    </Button>
  );
  if (!keys) {
    return error ? (
      <Placeholder
        title={t('integrations.keysFailed')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <div>
        <p role="status" className="sr-only">
          {t('integrations.loading')}
        </p>
        <Skeleton className="h-40 rounded-lg" />
      </div>
    );
  }
  const sorted = [...keys].sort((a, b) => Number(isOver(a, now)) - Number(isOver(b, now)));
  return (
    <div className="grid grid-cols-1 gap-5">
      {keys.length === 0 ? (
        <Placeholder title={t('integrations.noKeysTitle')} actions={make}>
          {t('integrations.noKeys')}
        </Placeholder>
      ) : (
        <>
          <div className="flex flex-wrap items-start justify-between gap-3">
            <p className="max-w-2xl text-ink-soft text-sm">{t('integrations.keysText')}</p>
            {make}
          </div>
          {error && <ProblemNotice error={error} />}
          <ul className="overflow-hidden rounded-lg border bg-surface">
            {sorted.map((key) => (
              <KeyRow key={key.id} apiKey={key} now={now} onRevoke={mayChange ? () => setRevoking(key) : null} />
            ))}
          </ul>
        </>
      )}
      {making && <KeyDialog onClose={() => setMaking(false)} />}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

const isExpired = ({ expiresAt }: ApiKey, now: number) => expiresAt !== null && Date.parse(expiresAt) <= now;
const isOver = (key: ApiKey, now: number) => key.revokedAt !== null || isExpired(key, now);

function KeyRow({ apiKey, now, onRevoke }: { apiKey: ApiKey; now: number; onRevoke: (() => void) | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const over = isOver(apiKey, now);
  const ago = (at: string) => format.ago(Date.parse(at), now);
  const facts = [
    t('integrations.madeBy', { name: apiKey.createdBy, ago: ago(apiKey.createdAt) }),
    apiKey.lastUsedAt === null
      ? t('integrations.neverUsed')
      : t('integrations.lastUsed', { ago: ago(apiKey.lastUsedAt) }),
    apiKey.expiresAt === null
      ? t('integrations.neverExpires')
      : t('integrations.expires', { date: format.date(Date.parse(apiKey.expiresAt)) }),
  ];
  return (
    <li
      data-testid="api-key"
      data-name={apiKey.name}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 text-sm last:border-0"
    >
      <div className="grid grid-cols-1 min-w-60 flex-1 gap-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={classNames('font-medium', over && 'text-ink-faint line-through')}>{apiKey.name}</span>
          <code className="font-mono text-ink-faint text-xs">{apiKey.prefix}</code>
        </p>
        <p className="text-ink-faint text-xs">{facts.join(' · ')}</p>
        <p className="flex flex-wrap gap-1.5">
          {apiKey.tenants.map(({ id, name }) => (
            <Tag key={id} name={name} />
          ))}
          {apiKey.scopes.map((scope) => (
            <span key={scope} className="inline-flex h-6 items-center text-ink-faint text-xs">
              {t(`integrations.scopes.${scope}`)}
            </span>
          ))}
        </p>
      </div>
      {over ? (
        <span className="inline-flex h-6 items-center rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs">
          {t(apiKey.revokedAt === null ? 'integrations.expired' : 'integrations.revoked')}
        </span>
      ) : (
        onRevoke && (
          <Button size="sm" aria-label={t('integrations.revokeKey', { name: apiKey.name })} onClick={onRevoke}>
            {t('integrations.revoke')}
          </Button>
        )
      )}
    </li>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.call('revokeApiKey', { params: { keyId: apiKey.id } }),
    onSettled: () => queries.invalidateQueries(apiKeysQuery),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('integrations.revokeTitle', { name: apiKey.name })}
      confirm={t('integrations.revoke')}
      danger
      pending={revoke.isPending}
      onConfirm={() => revoke.mutate()}
    >
      <p>{t('integrations.revokeText')}</p>
      <ProblemNotice error={revoke.error} />
    </ConfirmDialog>
  );
}
