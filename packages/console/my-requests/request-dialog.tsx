import { type AccessKind, longestGrantHours, type Requestable } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { approvalsKey } from '../approvals/queries.ts';
import { RiskBadge, useRiskReasons, useThingName } from '../approvals/thing.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField, SelectField, TextAreaField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';
import { RadioField } from '../design/radio-field.tsx';
import { showToast } from '../design/toast.tsx';

const limits: NumberLimits = { min: 1, max: longestGrantHours, whole: true };
const shortestReason = 3;

const keyOf = ({ kind, resource }: Pick<Requestable, 'kind' | 'resource'>) => `${kind} ${resource}`;

/** Asks that one's own agent may do more. */
export function RequestDialog({ requestable, onClose }: { requestable: readonly Requestable[]; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const nameOf = useThingName();
  const reasonsOf = useRiskReasons();
  const [chosen, setChosen] = useState('');
  const [host, setHost] = useState('');
  const [reason, setReason] = useState('');
  const [lasting, setLasting] = useState<'time' | 'good'>('time');
  const [hours, setHours] = useState('8');
  const [insist, setInsist] = useState(false);
  const thing = requestable.find((one) => keyOf(one) === chosen);
  const resource = thing?.kind === 'host' ? host.trim().toLowerCase() : thing?.resource;
  const ask = useMutation({
    mutationFn: (body: { kind: AccessKind; resource: string; reason: string; hours: number | null }) =>
      api.call('requestAccess', { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsKey }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('myRequests.asked') });
      onClose();
    },
  });
  const submit = () => {
    setInsist(true);
    const time = lasting === 'time' ? numberOf(hours, limits) : null;
    if (!thing || !resource || reason.trim().length < shortestReason || (lasting === 'time' && time === null)) return;
    ask.mutate({ kind: thing.kind, resource, reason: reason.trim(), hours: time });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('myRequests.ask')}
      description={t('myRequests.askText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={ask.isPending}>
            {t('myRequests.send')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <SelectField
          label={t('myRequests.what')}
          value={chosen}
          error={insist && !thing ? t('myRequests.choose') : undefined}
          hint={thing && (thing.kind === 'skill' ? thing.description : reasonsOf(thing.riskReasons))}
          onChange={(event) => setChosen(event.target.value)}
        >
          <option value="">{t('myRequests.choose')}</option>
          {(['tool', 'skill', 'host'] as const).map((kind) => {
            const members = requestable.filter((one) => one.kind === kind);
            return members.length === 0 ? null : (
              <optgroup key={kind} label={t(`myRequests.kind.${kind}`)}>
                {members.map((one) => (
                  <option key={keyOf(one)} value={keyOf(one)}>
                    {kind === 'host' ? t('myRequests.aHost') : nameOf(kind, one.resource)}
                  </option>
                ))}
              </optgroup>
            );
          })}
        </SelectField>
        {thing?.kind === 'host' && (
          <InputField
            label={t('myRequests.host')}
            hint={t('myRequests.hostHint')}
            error={insist && host.trim() === '' ? t('myRequests.hostMissing') : undefined}
            mono
            maxLength={253}
            placeholder="api.example.com"
            value={host}
            onChange={(event) => setHost(event.target.value)}
          />
        )}
        {thing && (
          <p className="flex items-center gap-2 text-ink-soft text-sm">
            <RiskBadge risk={thing.risk} />
            {t(`myRequests.riskMeans.${thing.risk}`)}
          </p>
        )}
        <TextAreaField
          label={t('myRequests.reason')}
          hint={t('myRequests.reasonHint')}
          error={insist && reason.trim().length < shortestReason ? t('myRequests.reasonMissing') : undefined}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <RadioField
          label={t('approvals.howLong')}
          value={lasting}
          onValue={setLasting}
          options={[
            { value: 'time', label: t('myRequests.forATime') },
            { value: 'good', label: t('approvals.mode.permanent') },
          ]}
        />
        {lasting === 'time' && (
          <NumberField
            label={t('approvals.hours')}
            unit={t('approvals.hoursUnit')}
            value={hours}
            onValue={setHours}
            limits={limits}
            insist={insist}
          />
        )}
        {ask.error && <ProblemNotice error={ask.error} />}
      </div>
    </Dialog>
  );
}
