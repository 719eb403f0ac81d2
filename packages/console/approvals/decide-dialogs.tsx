import type { AccessRequest, GrantMode } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { TextAreaField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';
import { RadioField } from '../design/radio-field.tsx';
import { showToast } from '../design/toast.tsx';
import { approvalsKey } from './queries.ts';
import { useRiskReasons, useThingName } from './thing.tsx';

/** Once, for a time, or for good: as the manager who agreed would have it, or as it was asked for. */
export function ApproveDialog({ request, onClose }: { request: AccessRequest; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const nameOf = useThingName();
  const reasonsOf = useRiskReasons();
  const limits: NumberLimits = { min: 1, max: request.approvals.until.longestHours, whole: true };
  const [mode, setMode] = useState<GrantMode>(request.agreed?.mode ?? (request.hours === null ? 'once' : 'until'));
  const [hours, setHours] = useState(String(Math.min(request.agreed?.hours ?? request.hours ?? 8, limits.max)));
  const [note, setNote] = useState('');
  const [insist, setInsist] = useState(false);
  const approve = useMutation({
    mutationFn: (body: { mode: GrantMode; hours: number | null; note: string }) =>
      api.call('approveRequest', { params: { requestId: request.id }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsKey }),
    onSuccess: ({ state }) => {
      showToast({ tone: 'good', title: t(state === 'approved' ? 'approvals.granted' : 'approvals.passedOn') });
      onClose();
    },
  });
  const submit = () => {
    setInsist(true);
    const lasting = mode === 'until' ? numberOf(hours, limits) : null;
    if (mode !== 'until' || lasting !== null) approve.mutate({ mode, hours: lasting, note });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('approvals.approveTitle', { thing: nameOf(request.kind, request.resource), name: request.employeeName })}
      description={request.approvals[mode].adminFollows ? t('approvals.adminFollows') : reasonsOf(request.riskReasons)}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={approve.isPending}>
            {t('approvals.approve')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <RadioField
          label={t('approvals.howLong')}
          value={mode}
          onValue={setMode}
          options={(['once', 'until', 'permanent'] as const).map((value) => ({
            value,
            label: t(`approvals.mode.${value}`),
            hint: t(`approvals.modeHint.${value}`),
          }))}
        />
        {mode === 'until' && (
          <NumberField
            label={t('approvals.hours')}
            unit={t('approvals.hoursUnit')}
            value={hours}
            onValue={setHours}
            limits={limits}
            insist={insist}
          />
        )}
        <Note value={note} onValue={setNote} />
        {approve.error && <ProblemNotice error={approve.error} />}
      </div>
    </Dialog>
  );
}

export function RejectDialog({ request, onClose }: { request: AccessRequest; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const nameOf = useThingName();
  const [note, setNote] = useState('');
  const reject = useMutation({
    mutationFn: () => api.call('rejectRequest', { params: { requestId: request.id }, body: { note } }),
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsKey }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('approvals.rejected') });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('approvals.rejectTitle', { thing: nameOf(request.kind, request.resource), name: request.employeeName })}
      description={t('approvals.rejectText')}
      onSubmit={() => reject.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="danger" disabled={reject.isPending}>
            {t('approvals.reject')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <Note value={note} onValue={setNote} />
        {reject.error && <ProblemNotice error={reject.error} />}
      </div>
    </Dialog>
  );
}

function Note({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const { t } = useTranslation();
  return (
    <TextAreaField
      label={t('approvals.note')}
      hint={t('approvals.noteHint')}
      maxLength={500}
      value={value}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
