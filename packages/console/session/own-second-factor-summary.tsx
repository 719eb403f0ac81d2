import type { OwnSecondFactor } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { useFormat } from '../format/use-format.ts';
import { ownSecondFactorQuery } from './own-second-factor.ts';
import { PasswordField } from './password-field.tsx';

/** What somebody who has a second factor may do with it. */
export function OwnSecondFactorSummary({ own, onCodes }: { own: OwnSecondFactor; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [asked, setAsked] = useState<'renew' | 'remove' | null>(null);
  return (
    <>
      <div className="flex gap-3 rounded-lg border border-line bg-surface p-4">
        <ShieldCheck aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-good-ink" />
        <div className="min-w-0">
          <p className="font-medium">
            {t('secondFactor.onSince', { date: format.date(Date.parse(own.enabledAt ?? '')) })}
          </p>
          <p className="mt-1 text-ink-soft text-sm">{t('secondFactor.codesLeft', { count: own.backupCodesLeft })}</p>
          {own.trustedDevices > 0 && (
            <p className="text-ink-soft text-sm">{t('secondFactor.trusted', { count: own.trustedDevices })}</p>
          )}
        </div>
      </div>
      <div className="grid grid-cols-1 gap-2 sm:grid-cols-2">
        <Button onClick={() => setAsked('renew')}>{t('secondFactor.renew')}</Button>
        <Button onClick={() => setAsked('remove')}>{t('secondFactor.remove')}</Button>
      </div>
      {asked && (
        <ProofDialog
          kind={asked}
          own={own}
          onClose={() => setAsked(null)}
          onCodes={(codes) => {
            setAsked(null);
            onCodes(codes);
          }}
        />
      )}
    </>
  );
}

/** Nobody at an unlocked computer may do this: password and code again. */
function ProofDialog({
  kind,
  own,
  onClose,
  onCodes,
}: {
  kind: 'renew' | 'remove';
  own: OwnSecondFactor;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const removes = kind === 'remove';
  const prove = useMutation({
    mutationFn: async () => {
      const body = { password: own.hasPassword ? password : null, code: code.trim() };
      if (!removes) return (await api.call('renewBackupCodes', { body })).backupCodes;
      await api.call('removeSecondFactor', { body });
      return null;
    },
    onSuccess: async (codes) => {
      if (codes) return onCodes(codes);
      await queries.invalidateQueries(meQuery);
      await queries.invalidateQueries(ownSecondFactorQuery);
      return onClose();
    },
  });
  const complete = code.trim().length >= 6 && (password !== '' || !own.hasPassword);
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={removes ? t('secondFactor.removeHeading') : t('secondFactor.renew')}
      description={removes ? t('secondFactor.removeText') : t('secondFactor.renewText')}
      onSubmit={() => complete && prove.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind={removes ? 'danger' : 'primary'} disabled={!complete || prove.isPending}>
            {removes ? t('secondFactor.remove') : t('secondFactor.renew')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        {removes && own.required && <Notice tone="warn" title={t('secondFactor.removeRequired')} />}
        {own.hasPassword && (
          <PasswordField
            label={t('secondFactor.password')}
            name="password"
            autoComplete="current-password"
            maxLength={256}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        <InputField
          label={t('secondFactor.codeOrBackup')}
          name="one-time-code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          mono
          maxLength={20}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <ProblemNotice error={prove.error} title={prove.error ? t('identity.notDone') : undefined} />
      </div>
    </Dialog>
  );
}
