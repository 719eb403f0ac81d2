import type { DirectorySettings } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField, RadioField } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { settingsQuery } from './queries.ts';

/** How SCIM clients are answered. */
export function ScimSettingsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: settings, error } = useQuery(settingsQuery);
  const [changed, setChanged] = useState<Partial<DirectorySettings>>({});
  const save = useMutation({
    mutationFn: (body: DirectorySettings) => api.call('saveDirectorySettings', { body }),
    onSuccess: (saved) => {
      queries.setQueryData(settingsQuery.queryKey, saved);
      onClose();
    },
  });
  const shown = settings ? { ...settings, ...changed } : null;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('directory.scim.settings')}
      onSubmit={() => {
        if (shown && shown.departmentDelimiter !== '') save.mutate(shown);
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending || !shown}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      {shown ? (
        <div className="grid grid-cols-1 gap-6">
          <InputField
            label={t('directory.scim.delimiter')}
            hint={t('directory.scim.delimiterHint', {
              example: ['Engineering', 'Backend'].join(shown.departmentDelimiter),
            })}
            error={shown.departmentDelimiter === '' ? t('directory.scim.delimiterMissing') : undefined}
            className="max-w-60"
            mono
            maxLength={5}
            value={shown.departmentDelimiter}
            onChange={(event) => setChanged({ ...changed, departmentDelimiter: event.target.value })}
          />
          <RadioField
            label={t('directory.scim.onDelete')}
            value={shown.scimDelete}
            onValue={(scimDelete) => setChanged({ ...changed, scimDelete })}
            options={(['suspend', 'remove'] as const).map((value) => ({
              value,
              label: t(`directory.scim.delete.${value}`),
              hint: t(`directory.scim.deleteHint.${value}`),
            }))}
          />
          <ProblemNotice error={save.error} />
        </div>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-40 rounded-md" />
      )}
    </Dialog>
  );
}
