import { type ApiKey, type ApiScope, apiScope } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, InputField, SelectField } from '../design/form-fields.tsx';
import { Tag } from '../design/tag.tsx';
import { type NamedTenant, TenantField, useNamingTenant } from '../routing/tenant-field.tsx';
import { curlExample, openaiExample } from './examples.ts';
import { apiKeysQuery } from './queries.ts';
import { Code, SecretDialog } from './secret.tsx';

/** Days until a key expires; `never` is a choice and not the default. */
const lifetimes = ['30', '90', '365', 'never'] as const;

/** Makes a key, then shows it, this once. */
export function KeyDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: (body: { name: string; tenants: string[]; scopes: ApiScope[]; expiresAt: string | null }) =>
      api.call('createApiKey', { body }),
    onSuccess: () => void queries.invalidateQueries(apiKeysQuery),
  });
  return make.data ? (
    <MadeKey apiKey={make.data.key} secret={make.data.secret} onClose={onClose} />
  ) : (
    <KeyForm pending={make.isPending} error={make.error} onMake={make.mutate} onClose={onClose} />
  );
}

function KeyForm({
  pending,
  error,
  onMake,
  onClose,
}: {
  pending: boolean;
  error: Error | null;
  onMake: (body: { name: string; tenants: string[]; scopes: ApiScope[]; expiresAt: string | null }) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [tenants, setTenants] = useState<readonly NamedTenant[]>([]);
  const [scopes, setScopes] = useState<ReadonlySet<ApiScope>>(new Set(['chat', 'read']));
  const [lifetime, setLifetime] = useState<(typeof lifetimes)[number]>('90');
  const [insist, setInsist] = useState(false);
  const naming = useNamingTenant();
  const withNamed = (named: NamedTenant | null) =>
    named && !tenants.some(({ id }) => id === named.id) ? [...tenants, named] : tenants;
  const add = () => {
    setTenants(withNamed(naming.tenant));
    naming.setText('');
  };
  const submit = async () => {
    setInsist(true);
    // What stands in the field is meant, whether it was added or not; a name that is nobody's has to be put right first.
    const named = await naming.resolve();
    const meant = withNamed(named);
    if (naming.text.trim() !== '' && named === null) return;
    if (name.trim() === '' || meant.length === 0 || scopes.size === 0) return;
    onMake({
      name: name.trim(),
      tenants: meant.map(({ id }) => id),
      scopes: apiScope.options.filter((scope) => scopes.has(scope)),
      expiresAt: lifetime === 'never' ? null : new Date(Date.now() + Number(lifetime) * 86_400_000).toISOString(),
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('integrations.newKey')}
      description={t('integrations.newKeyText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={pending}>
            {pending ? t('form.saving') : t('integrations.makeKey')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('integrations.name')}
          hint={t('integrations.nameHint')}
          error={insist && name.trim() === '' ? t('integrations.nameMissing') : undefined}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <div className="grid grid-cols-1 gap-2">
          <div className="flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <TenantField label={t('integrations.tenants')} hint={t('integrations.tenantsHint')} naming={naming} />
            </div>
            <Button className="mt-6.5" disabled={naming.tenant === null} onClick={add}>
              {t('integrations.add')}
            </Button>
          </div>
          {tenants.length > 0 && (
            <p className="flex flex-wrap gap-1.5">
              {tenants.map((tenant) => (
                <Tag
                  key={tenant.id}
                  name={tenant.name}
                  onRemove={() => setTenants(tenants.filter(({ id }) => id !== tenant.id))}
                />
              ))}
            </p>
          )}
          {insist && tenants.length === 0 && naming.text.trim() === '' && (
            <p role="alert" className="text-bad-ink text-sm">
              {t('integrations.tenantMissing')}
            </p>
          )}
        </div>
        <fieldset className="grid grid-cols-1 gap-2.5">
          <legend className="mb-1.5 font-medium text-sm">{t('integrations.may')}</legend>
          {apiScope.options.map((scope) => (
            <CheckField
              key={scope}
              label={t(`integrations.scopes.${scope}`)}
              hint={t(`integrations.scopeHints.${scope}`)}
              checked={scopes.has(scope)}
              onChange={(event) => {
                const next = new Set(scopes);
                if (event.target.checked) next.add(scope);
                else next.delete(scope);
                setScopes(next);
              }}
            />
          ))}
          {insist && scopes.size === 0 && (
            <p role="alert" className="text-bad-ink text-sm">
              {t('integrations.scopeMissing')}
            </p>
          )}
        </fieldset>
        <SelectField
          label={t('integrations.lifetime')}
          value={lifetime}
          onChange={(event) => setLifetime(lifetimes.find((one) => one === event.target.value) ?? lifetime)}
        >
          {lifetimes.map((days) => (
            <option key={days} value={days}>
              {days === 'never' ? t('integrations.neverExpires') : t('integrations.days', { count: Number(days) })}
            </option>
          ))}
        </SelectField>
        <ProblemNotice error={error} title={t('integrations.keyNotMade')} />
        <ProblemNotice error={naming.error} />
      </div>
    </Dialog>
  );
}

function MadeKey({ apiKey, secret, onClose }: { apiKey: ApiKey; secret: string; onClose: () => void }) {
  const { t } = useTranslation();
  const call = { baseUrl: window.location.origin, secret, model: apiKey.tenants[0]?.id ?? '' };
  return (
    <SecretDialog
      title={t('integrations.keyMade', { name: apiKey.name })}
      label={t('integrations.key')}
      secret={secret}
      size="lg"
      onClose={onClose}
    >
      <Code label={t('integrations.withCurl')} text={curlExample(call)} />
      <Code label={t('integrations.withOpenai')} text={openaiExample(call)} />
    </SecretDialog>
  );
}
