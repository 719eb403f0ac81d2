import type { Schedule } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { schedulesChanged } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { showToast } from '../design/toast.tsx';

export function DeleteScheduleDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteSchedule', { params: { scheduleId: schedule.id } }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('schedules.deleted') });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries(schedulesChanged),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('schedules.deleteTitle', { name: schedule.name })}
      confirm={t('schedules.delete')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>{t('schedules.deleteText')}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
