import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { SecretDialog } from '../integrations/secret.tsx';
import { tokensQuery } from './queries.ts';

/** Makes a token, then shows it, this once. */
export function TokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [insist, setInsist] = useState(false);
  const make = useMutation({
    mutationFn: () => api.call('createScimToken', { body: { name: name.trim() } }),
    onSuccess: () => void queries.invalidateQueries(tokensQuery),
  });
  if (make.data) {
    return (
      <SecretDialog
        title={t('directory.scim.made', { name: make.data.token.name })}
        label={t('directory.scim.token')}
        secret={make.data.secret}
        onClose={onClose}
      >
        <p className="text-ink-soft text-sm">{t('directory.scim.madeText')}</p>
      </SecretDialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('directory.scim.newToken')}
      description={t('directory.scim.newTokenText')}
      onSubmit={() => {
        setInsist(true);
        if (name.trim() !== '') make.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={make.isPending}>
            {make.isPending ? t('form.saving') : t('directory.scim.make')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('directory.scim.name')}
          hint={t('directory.scim.nameHint')}
          error={insist && name.trim() === '' ? t('directory.scim.nameMissing') : undefined}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <ProblemNotice error={make.error} />
      </div>
    </Dialog>
  );
}
