import type { SignInSettings } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { CheckField } from '../design/form-fields.tsx';
import { RadioField } from '../design/radio-field.tsx';
import { showToast } from '../design/toast.tsx';
import { LoadingOrFailed } from './loading-or-failed.tsx';
import { secondFactorsKey, signInSettingsQuery } from './queries.ts';

/** Who needs a second factor, and who may use a password. Each choice holds at once. */
export function Rules({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: stored, error, refetch } = useQuery(signInSettingsQuery);
  const save = useMutation({
    mutationFn: (body: SignInSettings) => api.call('putSignInSettings', { body }),
    onSuccess: () => showToast({ tone: 'good', title: t('identity.saved') }),
    onSettled: async () => {
      await queries.invalidateQueries(signInSettingsQuery);
      await queries.invalidateQueries({ queryKey: secondFactorsKey });
      // The rule may be about the one who has just made it.
      await queries.invalidateQueries(meQuery);
    },
  });
  if (!stored) return <LoadingOrFailed error={error} onRetry={() => void refetch()} />;
  const settings = save.isPending ? save.variables : stored;
  const set = (change: Partial<SignInSettings>) => save.mutate({ ...settings, ...change });
  return (
    <div className="grid max-w-2xl grid-cols-1 gap-8">
      <div className="grid gap-4">
        <RadioField
          label={t('identity.secondFactor')}
          value={settings.secondFactor}
          onValue={(secondFactor) => set({ secondFactor })}
          options={(['optional', 'admins', 'everybody'] as const).map((value) => ({
            value,
            label: t(`identity.secondFactorOptions.${value}`),
            hint: t(`identity.secondFactorHint.${value}`),
            disabled: !mayChange,
          }))}
        />
        <CheckField
          label={t('identity.afterProvider')}
          hint={t('identity.afterProviderHint')}
          checked={settings.secondFactorAfterProvider}
          disabled={!mayChange}
          onChange={(event) => set({ secondFactorAfterProvider: event.target.checked })}
        />
      </div>
      <RadioField
        label={t('identity.passwords')}
        value={settings.passwords}
        onValue={(passwords) => set({ passwords })}
        options={(['everybody', 'admins'] as const).map((value) => ({
          value,
          label: t(`identity.passwordsOptions.${value}`),
          hint: t(`identity.passwordsHint.${value}`),
          disabled: !mayChange,
        }))}
      />
      <ProblemNotice error={save.error} title={t('identity.notDone')} />
    </div>
  );
}
