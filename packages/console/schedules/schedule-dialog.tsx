import type { MissedRuns, Schedule, ScheduleInput } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { myChannelsQuery, schedulesChanged } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { channelNames } from '../channels/channel-names.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Fold, InputField, RadioField, TextAreaField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { newTimingForm, timingFormOf, timingOf } from './timing.ts';
import { TimingFields } from './timing-fields.tsx';

/** Makes a schedule, or changes one. */
export function ScheduleDialog({
  schedule,
  tenantId,
  onClose,
}: {
  /** Null: a new one. */
  schedule: Schedule | null;
  /** Whose a new one is; absent: the person’s own agent’s. */
  tenantId?: string | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: channels } = useQuery(myChannelsQuery);
  const [name, setName] = useState(schedule?.name ?? '');
  const [prompt, setPrompt] = useState(schedule?.prompt ?? '');
  const [timing, setTiming] = useState(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return schedule ? timingFormOf(schedule.timing, new Date(), zone) : newTimingForm(new Date(), zone);
  });
  const [missedRuns, setMissedRuns] = useState<MissedRuns>(schedule?.missedRuns ?? 'once');
  const [deliverTo, setDeliverTo] = useState<ScheduleInput['deliverTo']>(schedule?.deliverTo ?? 'preferred');
  const [insist, setInsist] = useState(false);
  const preferred = channels?.bindings.find((binding) => binding.preferred);

  const save = useMutation({
    mutationFn: (body: ScheduleInput) =>
      schedule
        ? api.call('changeSchedule', { params: { scheduleId: schedule.id }, body })
        : api.call('createSchedule', { body: { ...body, ...(tenantId === undefined ? {} : { tenantId }) } }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('schedules.saved') });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries(schedulesChanged),
  });
  const submit = () => {
    setInsist(true);
    const when = timingOf(timing);
    if (name.trim() === '' || prompt.trim() === '' || when === null) return;
    save.mutate({
      name: name.trim(),
      prompt: prompt.trim(),
      timing: when,
      missedRuns,
      deliverTo,
      enabled: schedule?.enabled ?? true,
    });
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={schedule ? t('schedules.editTitle') : t('schedules.newTitle')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-5">
        <InputField
          label={t('schedules.name')}
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
          error={insist && name.trim() === '' ? t('schedules.nameMissing') : undefined}
        />
        <TextAreaField
          label={t('schedules.prompt')}
          hint={t('schedules.promptHint')}
          value={prompt}
          maxLength={4_000}
          onChange={(event) => setPrompt(event.target.value)}
          error={insist && prompt.trim() === '' ? t('schedules.promptMissing') : undefined}
        />
        <TimingFields form={timing} onForm={setTiming} insist={insist} />
        <RadioField
          label={t('schedules.deliverTo')}
          value={deliverTo}
          onValue={setDeliverTo}
          options={[
            {
              value: 'preferred',
              label: preferred
                ? t('schedules.preferred', { channel: channelNames[preferred.channel] })
                : t('schedules.preferredNone'),
              hint: t('schedules.preferredHint'),
            },
            { value: 'portal', label: t('schedules.portal'), hint: t('schedules.portalHint') },
          ]}
        />
        <div className="-mb-5">
          <Fold title={t('schedules.missed')} open={missedRuns !== 'once'}>
            <RadioField
              label={t('schedules.missedLabel')}
              value={missedRuns}
              onValue={setMissedRuns}
              options={(['once', 'skip', 'all'] as const).map((value) => ({
                value,
                label: t(`schedules.missedRuns.${value}`),
              }))}
            />
          </Fold>
        </div>
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
