import { ClientError } from '@clawpool/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { CheckField, InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Entrance } from './entrance.tsx';
import { useEnter } from './use-enter.ts';

/** A code of the authenticator app, or a backup code, after the password. */
export function SecondStep({ onBack }: { onBack: () => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [trustDevice, setTrustDevice] = useState(false);
  const [tried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const enter = useEnter();
  const give = useMutation({
    mutationFn: () => api.call('giveSecondFactor', { body: { code: code.trim(), trustDevice } }),
    onSuccess: enter,
    onError: () => input.current?.select(),
  });
  const missing = code.trim().length < 6;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing) input.current?.focus();
    else give.mutate();
  };
  return (
    <Entrance heading={t('signIn.secondHeading')} lead={t('signIn.secondLead')}>
      <form noValidate onSubmit={submit} className="space-y-4">
        <div role="alert" className="empty:hidden">
          {give.error && <CodeProblem error={give.error} />}
        </div>
        <InputField
          ref={input}
          label={t('signIn.secondCode')}
          hint={t('signIn.secondHint')}
          error={tried && missing ? t('signIn.secondMissing') : undefined}
          name="one-time-code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          maxLength={20}
          mono
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <CheckField
          label={t('signIn.trustDevice')}
          hint={t('signIn.trustDeviceHint')}
          checked={trustDevice}
          onChange={(event) => setTrustDevice(event.target.checked)}
        />
        <Button kind="primary" type="submit" className="mt-2 w-full" disabled={give.isPending}>
          {give.isPending ? t('signIn.submitting') : t('signIn.secondSubmit')}
        </Button>
        <Button kind="ghost" className="w-full" onClick={onBack}>
          {t('signIn.secondBack')}
        </Button>
      </form>
    </Entrance>
  );
}

function CodeProblem({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { title, detail } = useProblem()(factsOf(error));
  const code = error instanceof ClientError ? error.code : undefined;
  if (code === 'sign_in_failed') {
    return (
      <Notice tone="bad" title={t('signIn.secondWrong')}>
        {t('signIn.secondWrongHint')}
      </Notice>
    );
  }
  if (code === 'session_expired') {
    return (
      <Notice tone="bad" title={t('signIn.secondExpired')}>
        {t('signIn.secondExpiredHint')}
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title={title}>
      {detail}
    </Notice>
  );
}
