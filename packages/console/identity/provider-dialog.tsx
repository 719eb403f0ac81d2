import { grantableRole, type IdentityProvider } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ChangeEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { signInOptionsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, Fold, InputField, SelectField, TextAreaField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { departmentsQuery, positionsQuery } from '../organization/queries.ts';
import { formOf, inputOf, type ProviderForm, problemsOf } from './provider-form.ts';
import { identityProvidersQuery } from './queries.ts';

/** Adds a provider, or changes one. */
export function ProviderDialog({ provider, onClose }: { provider?: IdentityProvider; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState(() => formOf(provider));
  const [insist, setInsist] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const body = inputOf(form, provider?.enabled ?? true);
      return provider
        ? api.call('putIdentityProvider', { params: { providerId: provider.id }, body })
        : api.call('createIdentityProvider', { body });
    },
    onSettled: async () => {
      await queries.invalidateQueries(identityProvidersQuery);
      await queries.invalidateQueries(signInOptionsQuery);
    },
    onSuccess: () => {
      showToast({ tone: 'good', title: t('identity.saved') });
      onClose();
    },
  });
  const problems = problemsOf(form, provider);
  const has = (field: Parameters<typeof problems.has>[0]) => insist && problems.has(field);
  const missing = (field: Parameters<typeof problems.has>[0]) => (has(field) ? t('identity.missing') : undefined);
  const set = (change: Partial<ProviderForm>) => setForm({ ...form, ...change });
  const typed = (field: keyof ProviderForm) => ({
    value: String(form[field]),
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
      set({ [field]: event.target.value }),
  });
  const technical = { mono: true, autoCapitalize: 'none', spellCheck: false } as const;
  return (
    <Dialog
      open
      onClose={onClose}
      title={provider ? t('identity.edit') : t('identity.add')}
      onSubmit={() => {
        setInsist(true);
        if (problems.size === 0) save.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : provider ? t('common.save') : t('identity.add')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('identity.name')}
          hint={t('identity.nameHint')}
          error={missing('name')}
          maxLength={60}
          {...typed('name')}
        />
        <InputField
          label={t('identity.issuer')}
          hint={t('identity.issuerHint')}
          error={has('issuer') ? t('identity.issuerWrong') : undefined}
          inputMode="url"
          maxLength={500}
          {...technical}
          {...typed('issuer')}
        />
        <InputField
          label={t('identity.clientId')}
          error={missing('clientId')}
          maxLength={300}
          {...technical}
          {...typed('clientId')}
        />
        <InputField
          label={t('identity.clientSecret')}
          hint={provider ? t('identity.clientSecretKept') : t('identity.clientSecretHint')}
          error={missing('clientSecret')}
          type="password"
          autoComplete="new-password"
          maxLength={1000}
          {...typed('clientSecret')}
        />
        <div>
          <Fold title={t('identity.whoHeading')} open>
            <InputField
              label={t('identity.domains')}
              hint={t('identity.domainsHint')}
              {...technical}
              {...typed('emailDomains')}
            />
            <CheckField
              label={t('identity.trustEmail')}
              hint={t('identity.trustEmailHint')}
              checked={form.trustEmail}
              onChange={(event) => set({ trustEmail: event.target.checked })}
            />
            <CheckField
              label={t('identity.autoCreate')}
              hint={t('identity.autoCreateHint')}
              checked={form.autoCreate}
              onChange={(event) => set({ autoCreate: event.target.checked })}
            />
            {form.autoCreate && <NewPeoplePlace form={form} set={set} departmentMissing={has('departmentId')} />}
          </Fold>
          <Fold title={t('identity.claimsHeading')} open={has('groupRoles')}>
            <InputField
              label={t('identity.scopes')}
              hint={t('identity.scopesHint')}
              {...technical}
              {...typed('scopes')}
            />
            <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
              <InputField label={t('identity.emailClaim')} {...technical} {...typed('emailClaim')} />
              <InputField label={t('identity.nameClaim')} {...technical} {...typed('nameClaim')} />
            </div>
            <InputField
              label={t('identity.groupsClaim')}
              hint={t('identity.groupsClaimHint')}
              {...technical}
              {...typed('groupsClaim')}
            />
            {form.groupsClaim.trim() !== '' && (
              <TextAreaField
                label={t('identity.groupRoles')}
                hint={t('identity.groupRolesHint', { roles: grantableRole.options.join(', ') })}
                error={has('groupRoles') ? t('identity.groupRolesWrong') : undefined}
                {...typed('groupRoles')}
              />
            )}
          </Fold>
        </div>
        <ProblemNotice error={save.error} title={t('identity.notDone')} />
      </div>
    </Dialog>
  );
}

function NewPeoplePlace({
  form,
  set,
  departmentMissing,
}: {
  form: ProviderForm;
  set: (change: Partial<ProviderForm>) => void;
  departmentMissing: boolean;
}) {
  const { t } = useTranslation();
  const { data: departments = [] } = useQuery(departmentsQuery);
  const { data: positions = [] } = useQuery(positionsQuery);
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      <SelectField
        label={t('identity.department')}
        error={departmentMissing ? t('identity.departmentMissing') : undefined}
        value={form.departmentId}
        onChange={(event) => set({ departmentId: event.target.value })}
      >
        <option value="">{t('identity.departmentNone')}</option>
        {departments.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t('identity.position')}
        value={form.positionId}
        onChange={(event) => set({ positionId: event.target.value })}
      >
        <option value="">{t('identity.positionNone')}</option>
        {positions.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
