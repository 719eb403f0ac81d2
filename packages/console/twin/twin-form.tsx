import type { Twin } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { twinQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { InputField, SelectField, TextAreaField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { instantOf, localInputOf } from '../schedules/timing.ts';

const day = 86_400_000;
const lifetimes = ['never', 'day', 'week', 'month', 'date'] as const;
type Lifetime = (typeof lifetimes)[number];
const lengths: Partial<Record<Lifetime, number>> = { day, week: 7 * day, month: 30 * day };

/** Greeting and expiry. Sending it makes a new link each time, and the copy where there is none. */
export function TwinForm({ twin }: { twin: Twin }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [greeting, setGreeting] = useState(twin.greeting);
  const [lifetime, setLifetime] = useState<Lifetime>(twin.active && twin.expiresAt ? 'date' : 'never');
  const [date, setDate] = useState(() =>
    localInputOf(twin.active && twin.expiresAt ? new Date(twin.expiresAt) : new Date(Date.now() + 7 * day)),
  );
  const [insist, setInsist] = useState(false);

  const save = useMutation({
    mutationFn: (expiresAt: string | null) =>
      api.call('putMyTwin', { body: { active: true, greeting: greeting.trim(), expiresAt } }),
    onSuccess: (saved) => {
      queryClient.setQueryData(twinQuery.queryKey, saved);
      showToast({ tone: 'good', title: twin.active ? t('twin.saved') : t('twin.switchedOn') });
    },
  });
  const chosen = instantOf(date);
  const dateWrong = lifetime === 'date' && (chosen === null || Date.parse(chosen) <= Date.now());
  const submit = () => {
    setInsist(true);
    if (dateWrong) return;
    const length = lengths[lifetime];
    if (lifetime === 'date') save.mutate(chosen);
    else save.mutate(length === undefined ? null : new Date(Date.now() + length).toISOString());
  };

  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextAreaField
        label={t('twin.greeting')}
        hint={t('twin.greetingHint')}
        placeholder={t('twin.greetingExample')}
        value={greeting}
        maxLength={500}
        onChange={(event) => setGreeting(event.target.value)}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label={t('twin.lifetime')}
          value={lifetime}
          onChange={(event) => setLifetime(event.target.value as Lifetime)}
        >
          {lifetimes.map((value) => (
            <option key={value} value={value}>
              {t(`twin.lifetimes.${value}`)}
            </option>
          ))}
        </SelectField>
        {lifetime === 'date' && (
          <InputField
            type="datetime-local"
            label={t('twin.until')}
            value={date}
            onChange={(event) => setDate(event.target.value)}
            error={insist && dateWrong ? t('twin.untilWrong') : undefined}
          />
        )}
      </div>
      {twin.active && <p className="text-ink-soft text-sm">{t('twin.changeText')}</p>}
      <ProblemNotice error={save.error} />
      <Button type="submit" kind="primary" className="justify-self-start" disabled={save.isPending}>
        {twin.active ? t('twin.renew') : save.isPending ? t('twin.switchingOn') : t('twin.switchOn')}
      </Button>
    </form>
  );
}
