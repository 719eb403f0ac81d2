import type { ConfigTemplate } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { templatesKey } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Notice } from '../design/notice.tsx';
import { showToast } from '../design/toast.tsx';

/** A template that tenants use stays; the dialog says so before the server has to. */
export function DeleteTemplateDialog({
  template: { name, tenants },
  onClose,
}: {
  template: ConfigTemplate;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteConfigTemplate', { params: { name } }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('templates.deleted', { name }) });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: templatesKey }),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('templates.deleteTitle', { name })}
      confirm={t('templates.delete')}
      danger
      pending={remove.isPending}
      disabled={tenants > 0}
      onConfirm={() => remove.mutate()}
    >
      {tenants > 0 ? (
        <Notice tone="info" title={t('templates.inUse', { count: tenants })}>
          {t('templates.inUseNext')}
        </Notice>
      ) : (
        <p>{t('templates.deleteText')}</p>
      )}
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
