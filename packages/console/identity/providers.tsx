import type { IdentityProvider, IdentityProviderInput } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { signInOptionsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { Tag } from '../design/tag.tsx';
import { LoadingOrFailed } from './loading-or-failed.tsx';
import { ProviderDialog } from './provider-dialog.tsx';
import { ProviderTestResult } from './provider-test-result.tsx';
import { identityProvidersQuery } from './queries.ts';

type Overlay = { kind: 'new' } | { kind: 'edit' | 'remove'; provider: IdentityProvider };

/** Where people sign in besides here. */
export function Providers({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: providers, error, refetch } = useQuery(identityProvidersQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  if (!providers) return <LoadingOrFailed error={error} onRetry={() => void refetch()} />;
  const add = mayChange && (
    <Button kind="primary" onClick={() => setOverlay({ kind: 'new' })}>
      <Plus aria-hidden="true" />
      {t('identity.add')}
    </Button>
  );
  return (
    <div className="grid grid-cols-1 gap-5">
      {providers.length === 0 ? (
        <Placeholder title={t('identity.noProvidersTitle')} actions={add}>
          {t('identity.noProviders')}
        </Placeholder>
      ) : (
        <>
          <div className="flex flex-wrap items-start justify-between gap-3">
            <p className="max-w-2xl text-ink-soft text-sm">{t('identity.providersText')}</p>
            {add}
          </div>
          <ProblemNotice error={error} />
          <ul className="grid grid-cols-1 gap-4">
            {providers.map((provider) => (
              <ProviderCard
                key={provider.id}
                provider={provider}
                mayChange={mayChange}
                onEdit={() => setOverlay({ kind: 'edit', provider })}
                onRemove={() => setOverlay({ kind: 'remove', provider })}
              />
            ))}
          </ul>
        </>
      )}
      {overlay?.kind === 'new' && <ProviderDialog onClose={close} />}
      {overlay?.kind === 'edit' && <ProviderDialog provider={overlay.provider} onClose={close} />}
      {overlay?.kind === 'remove' && <RemoveDialog provider={overlay.provider} onClose={close} />}
    </div>
  );
}

function ProviderCard({
  provider,
  mayChange,
  onEdit,
  onRemove,
}: {
  provider: IdentityProvider;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const params = { providerId: provider.id };
  const change = useMutation({
    mutationFn: (enabled: boolean) =>
      api.call('putIdentityProvider', { params, body: { ...inputOf(provider), enabled } }),
    onSettled: async () => {
      await queries.invalidateQueries(identityProvidersQuery);
      await queries.invalidateQueries(signInOptionsQuery);
    },
  });
  const test = useMutation({ mutationFn: () => api.call('testIdentityProvider', { params }) });
  return (
    <li
      data-testid="identity-provider"
      data-name={provider.name}
      className="grid min-w-0 grid-cols-1 gap-3 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="break-words font-medium">{provider.name}</h2>
          <p className="break-all text-ink-soft text-sm">{provider.issuer}</p>
        </div>
        {mayChange && (
          <Menu
            align="end"
            trigger={
              <Button
                kind="ghost"
                size="icon-sm"
                aria-label={t('identity.actionsFor', { name: provider.name })}
                className="-my-1 -me-2"
              >
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            <MenuItem icon={<Pencil />} onSelect={onEdit}>
              {t('identity.edit')}
            </MenuItem>
            <MenuItem icon={<Trash2 />} danger onSelect={onRemove}>
              {t('identity.remove')}
            </MenuItem>
          </Menu>
        )}
      </div>
      <p className="text-ink-soft text-sm">
        {t('identity.people', { count: provider.people })} · <NewPeople provider={provider} />
      </p>
      {(provider.emailDomains.length > 0 || provider.trustEmail) && (
        <p className="flex flex-wrap gap-1.5">
          {provider.emailDomains.map((domain) => (
            <Tag key={domain} name={domain} />
          ))}
          {provider.trustEmail && <Tag name={t('identity.trusted')} />}
        </p>
      )}
      <div>
        <p className="mb-1 text-ink-faint text-xs">{t('identity.redirectUri')}</p>
        <div className="flex items-center gap-1 rounded-md border bg-sunken ps-3 pe-1">
          <code data-testid="redirect-uri" className="min-w-0 flex-1 select-all break-all py-2 font-mono text-xs">
            {provider.redirectUri}
          </code>
          <CopyButton text={provider.redirectUri} label={t('identity.copyRedirectUri')} />
        </div>
      </div>
      <ProblemNotice error={change.error ?? test.error} title={t('identity.notDone')} />
      {test.data && <ProviderTestResult result={test.data} />}
      {mayChange && (
        <div className="flex flex-wrap items-center gap-2 border-t pt-4">
          <span className="me-auto">
            <Switch
              label={t('identity.on')}
              checked={change.isPending ? change.variables : provider.enabled}
              onChecked={(enabled) => change.mutate(enabled)}
            />
          </span>
          <Button size="sm" disabled={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? t('identity.testing') : t('identity.test')}
          </Button>
        </div>
      )}
    </li>
  );
}

function NewPeople({ provider: { autoCreate, department, position } }: { provider: IdentityProvider }) {
  const { t } = useTranslation();
  if (!autoCreate) return t('identity.createsNobody');
  if (department === null) return <span className="text-bad-ink">{t('identity.createsNowhere')}</span>;
  return position === null
    ? t('identity.creates', { department })
    : t('identity.createsWith', { department, position });
}

/** All that can be said about it; its secret stays. */
function inputOf(provider: IdentityProvider): IdentityProviderInput {
  const {
    id: _,
    department: __,
    position: ___,
    redirectUri: ____,
    people: _____,
    createdAt: ______,
    ...input
  } = provider;
  return input;
}

function RemoveDialog({ provider, onClose }: { provider: IdentityProvider; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteIdentityProvider', { params: { providerId: provider.id } }),
    onSettled: async () => {
      await queries.invalidateQueries(identityProvidersQuery);
      await queries.invalidateQueries(signInOptionsQuery);
    },
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('identity.removeTitle')}
      confirm={t('identity.remove')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p className="break-words font-medium">{provider.name}</p>
      <p>{t('identity.removeText')}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
