import { ClientError } from '@clawpool/client';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Check, Circle } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { meQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Notice } from '../design/notice.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { homeOf } from './access.ts';
import { Entrance } from './entrance.tsx';
import { PasswordField } from './password-field.tsx';
import { checkPassword, type PasswordEntries, type PasswordRule, passwordLength } from './password-rules.ts';
import { signOut } from './sign-out.ts';

/** Forced at the first sign-in, and reached from the account menu at any time. */
export function PasswordPage() {
  const { t } = useTranslation();
  usePageTitle(t('password.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const router = useRouter();
  const [entries, setEntries] = useState<PasswordEntries>({ current: '', next: '', repeat: '' });
  const [tried, setTried] = useState(false);
  const currentInput = useRef<HTMLInputElement>(null);
  const nextInput = useRef<HTMLInputElement>(null);
  const save = useSavePassword(() => currentInput.current?.focus());

  const rules = checkPassword(entries);
  const field = (name: keyof PasswordEntries) => ({
    value: entries[name],
    onChange: (event: { target: { value: string } }) => setEntries({ ...entries, [name]: event.target.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (entries.current === '') currentInput.current?.focus();
    else if (rules.some(({ met }) => !met)) nextInput.current?.focus();
    else save.mutate(entries);
  };

  return (
    <Entrance
      heading={me.mustChangePassword ? t('password.firstHeading') : t('password.changeHeading')}
      lead={me.mustChangePassword ? t('password.firstLead') : t('password.changeLead')}
    >
      <form noValidate onSubmit={submit} className="space-y-4">
        <div role="alert" className="empty:hidden">
          {save.error && <SaveProblem error={save.error} />}
        </div>
        {/* Tells the password manager whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
        <PasswordField
          ref={currentInput}
          label={t('password.current')}
          name="current-password"
          autoComplete="current-password"
          autoFocus
          error={tried && entries.current === '' ? t('signIn.passwordMissing') : undefined}
          {...field('current')}
        />
        <PasswordField
          ref={nextInput}
          label={t('password.next')}
          name="new-password"
          autoComplete="new-password"
          aria-describedby="password-rules"
          {...field('next')}
        />
        <PasswordField
          label={t('password.repeat')}
          name="repeat-password"
          autoComplete="new-password"
          {...field('repeat')}
        />
        <Rules rules={rules} tried={tried} />
        <Button kind="primary" type="submit" className="w-full" disabled={save.isPending}>
          {save.isPending ? t('password.submitting') : t('password.submit')}
        </Button>
        <Button
          kind="ghost"
          className="w-full"
          onClick={() => (me.mustChangePassword ? void signOut() : router.history.push(`/${homeOf(me)}`))}
        >
          {me.mustChangePassword ? t('shell.signOut') : t('password.back')}
        </Button>
      </form>
    </Entrance>
  );
}

function useSavePassword(onFailure: () => void) {
  const router = useRouter();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ current, next }: PasswordEntries) =>
      api.call('changePassword', { body: { currentPassword: current, newPassword: next } }),
    onSuccess: (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      router.history.push(`/${homeOf(me)}`);
    },
    onError: onFailure,
  });
}

function SaveProblem({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { title, detail } = useProblem()(factsOf(error));
  const wrong = error instanceof ClientError && error.code === 'sign_in_failed';
  return (
    <Notice tone="bad" title={wrong ? t('password.currentWrong') : title}>
      {!wrong && detail}
    </Notice>
  );
}

function Rules({ rules, tried }: { rules: { rule: PasswordRule; met: boolean }[]; tried: boolean }) {
  const { t } = useTranslation();
  const texts: Record<PasswordRule, string> = {
    length: t('password.ruleLength', { min: passwordLength.min }),
    short_enough: t('password.ruleTooLong', { max: passwordLength.max }),
    different: t('password.ruleDifferent'),
    repeat: t('password.ruleRepeat'),
  };
  return (
    <div id="password-rules" className="rounded-lg border border-line bg-sunken p-4 text-sm">
      <p className="font-medium">{t('password.rules')}</p>
      <ul className="mt-2 space-y-1">
        {rules.map(({ rule, met }) => {
          const Icon = met ? Check : Circle;
          return (
            <li
              key={rule}
              className={classNames(
                'flex items-center gap-2',
                met ? 'text-good-ink' : tried || rule === 'short_enough' ? 'text-bad-ink' : 'text-ink-soft',
              )}
            >
              <Icon className={classNames('size-4', !met && 'scale-60')} aria-hidden="true" />
              {texts[rule]}
              <span className="sr-only">({met ? t('password.met') : t('password.unmet')})</span>
            </li>
          );
        })}
      </ul>
      <p className="mt-3 text-ink-soft">{t('password.advice')}</p>
    </div>
  );
}
