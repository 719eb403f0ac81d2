import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { QrCode } from '../channels/qr-code.tsx';
import { Button } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { InputField } from '../design/form-fields.tsx';
import { isWrong } from './own-second-factor.ts';
import { PasswordField } from './password-field.tsx';

/** Password, secret, first code: then `onCodes` has the backup codes. */
export function SecondFactorSetUp({
  hasPassword,
  email,
  onCodes,
}: {
  hasPassword: boolean;
  email: string;
  onCodes: (codes: string[]) => void;
}) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const start = useMutation({
    mutationFn: () => api.call('startSecondFactor', { body: { password: hasPassword ? password : null } }),
  });
  if (start.data) return <FirstCode {...start.data} onCodes={onCodes} />;
  const missing = hasPassword && password === '';
  const wrong = isWrong(start.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!missing) start.mutate();
  };
  const problem = tried && missing ? t('signIn.passwordMissing') : wrong ? t('secondFactor.passwordWrong') : undefined;
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <p className="text-ink-soft text-sm">{t('secondFactor.needApp')}</p>
      <div role="alert" className="empty:hidden">
        {start.error && !wrong && <ProblemNotice error={start.error} />}
      </div>
      {hasPassword && (
        <>
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          <PasswordField
            label={t('secondFactor.password')}
            name="password"
            autoComplete="current-password"
            autoFocus
            maxLength={256}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            error={problem}
          />
        </>
      )}
      <Button kind="primary" type="submit" className="w-full" disabled={start.isPending}>
        {start.isPending ? t('secondFactor.working') : t('secondFactor.begin')}
      </Button>
    </form>
  );
}

function FirstCode({ secret, uri, onCodes }: { secret: string; uri: string; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const confirm = useMutation({
    mutationFn: () => api.call('confirmSecondFactor', { body: { code: code.trim() } }),
    onSuccess: ({ backupCodes }) => onCodes(backupCodes),
    onError: () => input.current?.select(),
  });
  const wrong = isWrong(confirm.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim().length < 6) input.current?.focus();
    else confirm.mutate();
  };
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <div className="rounded-lg border border-line bg-surface p-4">
        <p className="mb-3 font-medium text-sm">{t('secondFactor.scan')}</p>
        <QrCode text={uri} label={t('secondFactor.qr')} className="mx-auto size-56 border border-line" />
        <p className="mt-4 mb-1 text-ink-soft text-sm">{t('secondFactor.type')}</p>
        <div className="flex items-center gap-1 rounded-md border bg-sunken ps-3 pe-1">
          <code data-testid="secret" className="min-w-0 flex-1 select-all break-all py-2 font-mono text-xs">
            {secret.match(/.{1,4}/gu)?.join(' ')}
          </code>
          <CopyButton text={secret} label={t('secondFactor.copySecret')} />
        </div>
      </div>
      <div role="alert" className="empty:hidden">
        {confirm.error && !wrong && <ProblemNotice error={confirm.error} />}
      </div>
      <InputField
        ref={input}
        label={t('secondFactor.code')}
        hint={t('secondFactor.codeHint')}
        error={wrong ? t('secondFactor.codeWrong') : undefined}
        name="one-time-code"
        autoComplete="one-time-code"
        inputMode="numeric"
        autoFocus
        mono
        maxLength={7}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <Button kind="primary" type="submit" className="w-full" disabled={confirm.isPending}>
        {confirm.isPending ? t('secondFactor.working') : t('secondFactor.confirm')}
      </Button>
    </form>
  );
}
