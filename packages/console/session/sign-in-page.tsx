import { ClientError } from '@clawpool/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { installationQuery, signInOptionsQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { TextField } from '../design/field.tsx';
import { Notice } from '../design/notice.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { safeNext } from './access.ts';
import { Entrance } from './entrance.tsx';
import { PasswordField } from './password-field.tsx';
import { SecondStep } from './second-step.tsx';
import { useEnter } from './use-enter.ts';

const routeApi = getRouteApi('/sign-in');

export function SignInPage() {
  const { t } = useTranslation();
  usePageTitle(t('signIn.title'));
  const { step } = routeApi.useSearch();
  const navigate = routeApi.useNavigate();
  const [second, setSecond] = useState(false);
  const back = () => {
    setSecond(false);
    void navigate({ search: ({ step: _, ...rest }) => rest, replace: true });
  };
  if (second || step) return <SecondStep onBack={back} />;
  return (
    <Entrance heading={t('signIn.heading')} lead={t('signIn.lead')}>
      <FirstStep onSecond={() => setSecond(true)} />
    </Entrance>
  );
}

function FirstStep({ onSecond }: { onSecond: () => void }) {
  const { t } = useTranslation();
  const { reason, error } = routeApi.useSearch();
  const { data: installation } = useQuery(installationQuery);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const passwordInput = useRef<HTMLInputElement>(null);
  const emailInput = useRef<HTMLInputElement>(null);
  const enter = useEnter();
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) => api.call('signIn', { body }),
    onSuccess: enter,
    onError: (problem) => (needsSecondStep(problem) ? onSecond() : passwordInput.current?.select()),
  });

  const emailError = emailProblem(email);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (emailError) emailInput.current?.focus();
    else if (password === '') passwordInput.current?.focus();
    else signIn.mutate({ email: email.trim(), password });
  };

  return (
    <div className="space-y-6">
      <form noValidate onSubmit={submit} className="space-y-4">
        <div role="alert" className="empty:hidden">
          {signIn.error && !needsSecondStep(signIn.error) ? (
            <SignInProblem error={signIn.error} />
          ) : error ? (
            <Notice tone="bad" title={t(`signInErrors.${error}.title`)}>
              {t(`signInErrors.${error}.what`)}
            </Notice>
          ) : (
            reason === 'expired' && <Notice tone="warn" title={t('signIn.expired')} />
          )}
        </div>
        <TextField
          ref={emailInput}
          label={t('signIn.email')}
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={tried && emailError ? t(`signIn.${emailError}`) : undefined}
        />
        <PasswordField
          ref={passwordInput}
          label={t('signIn.password')}
          name="password"
          autoComplete="current-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={tried && password === '' ? t('signIn.passwordMissing') : undefined}
        />
        <Button kind="primary" type="submit" className="mt-2 w-full" disabled={signIn.isPending}>
          {signIn.isPending ? t('signIn.submitting') : t('signIn.submit')}
        </Button>
      </form>
      <ProviderButtons />
      {installation?.sampleOrganization && (
        <SamplePeople
          onChoose={(chosen) => {
            setEmail(chosen);
            passwordInput.current?.focus();
          }}
        />
      )}
    </div>
  );
}

/** Links, not buttons: the browser leaves for the provider. */
function ProviderButtons() {
  const { t } = useTranslation();
  const { next } = routeApi.useSearch();
  const { data: options } = useQuery(signInOptionsQuery);
  if (!options || options.providers.length === 0) return null;
  const wanted = safeNext(next);
  return (
    <div className="space-y-3">
      <div aria-hidden="true" className="flex items-center gap-3 text-ink-faint text-sm">
        <span className="h-px flex-1 bg-line" />
        {t('signIn.or')}
        <span className="h-px flex-1 bg-line" />
      </div>
      {options.providers.map(({ id, name }) => (
        <a
          key={id}
          href={`/api/v1/sign-in/oidc/${id}${wanted ? `?${new URLSearchParams({ next: wanted })}` : ''}`}
          className={classNames(buttonStyle(), 'w-full')}
        >
          <span className="truncate">{t('signIn.with', { name })}</span>
        </a>
      ))}
    </div>
  );
}

const needsSecondStep = (error: unknown) => error instanceof ClientError && error.code === 'second_factor_required';

function emailProblem(email: string): 'emailMissing' | 'emailWrong' | null {
  if (email.trim() === '') return 'emailMissing';
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? null : 'emailWrong';
}

function SignInProblem({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { title, detail } = useProblem()(factsOf(error));
  const wrong = error instanceof ClientError && error.code === 'sign_in_failed';
  return (
    <Notice tone="bad" title={title}>
      {wrong ? t('signIn.wrongHint') : detail}
    </Notice>
  );
}

function SamplePeople({ onChoose }: { onChoose: (email: string) => void }) {
  const { t } = useTranslation();
  const people = [
    { name: 'Carol Zhang', email: 'carol@acme.example', position: t('signIn.carol') },
    { name: 'Ryan Park', email: 'ryan@acme.example', position: t('signIn.ryan') },
  ];
  return (
    <section aria-label={t('signIn.sampleTitle')} className="rounded-lg border border-line bg-sunken p-4 text-sm">
      <h2 className="font-medium">{t('signIn.sampleTitle')}</h2>
      <p className="mt-1 text-ink-soft">
        {t('signIn.sample')} <code className="whitespace-nowrap font-mono text-xs">clawpool up --demo</code>
      </p>
      <ul className="mt-3 grid gap-2">
        {people.map((person) => (
          <li key={person.email}>
            <button
              type="button"
              onClick={() => onChoose(person.email)}
              className="flex w-full items-baseline justify-between gap-3 rounded-md border border-line bg-surface px-3 py-2 text-start transition-colors hover:border-line-strong hover:bg-hover"
            >
              <span className="truncate font-medium">
                <span className="sr-only">{t('signIn.sampleUse')} </span>
                {person.email}
              </span>
              <span className="truncate text-ink-faint text-xs">{person.position}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
