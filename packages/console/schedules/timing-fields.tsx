import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timingPreviewQuery } from '../api/portal-queries.ts';
import { messageOf } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { classNames } from '../design/class-names.ts';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { InputField, SelectField } from '../design/form-fields.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { timezones, weekdayName, weekdays } from '../tenants/timetable.ts';
import { type RateUnit, rateUnits, type TimingForm, timingOf } from './timing.ts';
import { fromNow, momentIn } from './timing-words.ts';

/** When a schedule runs: builders for what people usually want, and the expression itself for the rest. */
export function TimingFields({
  form,
  onForm,
  insist,
}: {
  form: TimingForm;
  onForm: (form: TimingForm) => void;
  /** The person has tried to send it: say what is missing. */
  insist: boolean;
}) {
  const { t } = useTranslation();
  const change = (parts: Partial<TimingForm>) => onForm({ ...form, ...parts });
  return (
    <div className="grid gap-4">
      <FilterButtons
        label={t('schedules.when')}
        value={form.kind}
        onValue={(kind) => change({ kind })}
        options={[
          { value: 'weekly', label: t('schedules.kinds.weekly') },
          { value: 'rate', label: t('schedules.kinds.rate') },
          { value: 'at', label: t('schedules.kinds.at') },
          { value: 'cron', label: t('schedules.kinds.cron') },
        ]}
      />
      {form.kind === 'weekly' && <WeeklyFields form={form} change={change} insist={insist} />}
      {form.kind === 'rate' && (
        <div className="grid grid-cols-2 gap-4">
          <InputField
            label={t('schedules.every')}
            inputMode="numeric"
            value={form.count}
            maxLength={6}
            onChange={(event) => change({ count: event.target.value })}
            error={timingOf(form) === null && (insist || form.count !== '') ? t('schedules.rateWrong') : undefined}
          />
          <SelectField
            label={t('schedules.unit')}
            value={form.unit}
            onChange={(event) => change({ unit: event.target.value as RateUnit })}
          >
            {(Object.keys(rateUnits) as RateUnit[]).map((unit) => (
              <option key={unit} value={unit}>
                {t(`schedules.units.${unit}`)}
              </option>
            ))}
          </SelectField>
        </div>
      )}
      {form.kind === 'at' && (
        <InputField
          type="datetime-local"
          label={t('schedules.moment')}
          hint={t('schedules.momentHint', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
          value={form.at}
          onChange={(event) => change({ at: event.target.value })}
          error={insist && timingOf(form) === null ? t('schedules.momentWrong') : undefined}
        />
      )}
      {form.kind === 'cron' && (
        <div className="grid gap-4 sm:grid-cols-2">
          <InputField
            label={t('schedules.expression')}
            hint={t('schedules.expressionHint')}
            mono
            spellCheck={false}
            value={form.expression}
            maxLength={100}
            onChange={(event) => change({ expression: event.target.value })}
            error={insist && timingOf(form) === null ? t('schedules.expressionWrong') : undefined}
          />
          <TimezoneField value={form.timezone} onValue={(timezone) => change({ timezone })} />
        </div>
      )}
      <Preview form={form} />
    </div>
  );
}

function WeeklyFields({
  form,
  change,
  insist,
}: {
  form: TimingForm;
  change: (parts: Partial<TimingForm>) => void;
  insist: boolean;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 font-medium text-sm">{t('schedules.days')}</legend>
        <div className="flex flex-wrap gap-1.5">
          {weekdays.map((day) => {
            const on = form.days.includes(day);
            return (
              <button
                key={day}
                type="button"
                aria-pressed={on}
                aria-label={weekdayName(day, locale, 'long')}
                onClick={() =>
                  change({ days: weekdays.filter((other) => (other === day ? !on : form.days.includes(other))) })
                }
                className={classNames(
                  'h-9 min-w-11 rounded-md border px-2 text-sm transition-colors',
                  on
                    ? 'border-ink bg-ink font-medium text-canvas'
                    : 'border-control bg-surface text-ink-soft hover:bg-hover',
                )}
              >
                {weekdayName(day, locale, 'short')}
              </button>
            );
          })}
        </div>
        {form.days.length === 0 && (
          <p role={insist ? 'alert' : undefined} className="mt-1.5 text-bad-ink text-sm">
            {t('schedules.daysMissing')}
          </p>
        )}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          type="time"
          label={t('schedules.time')}
          value={form.time}
          onChange={(event) => change({ time: event.target.value })}
          error={form.time === '' && insist ? t('schedules.timeMissing') : undefined}
        />
        <TimezoneField value={form.timezone} onValue={(timezone) => change({ timezone })} />
      </div>
    </>
  );
}

function TimezoneField({ value, onValue }: { value: string; onValue: (timezone: string) => void }) {
  const { t } = useTranslation();
  const [zones] = useState(timezones);
  return (
    <SelectField label={t('schedules.timezone')} value={value} onChange={(event) => onValue(event.target.value)}>
      {(zones.includes(value) ? zones : [value, ...zones]).map((zone) => (
        <option key={zone} value={zone}>
          {zone}
        </option>
      ))}
    </SelectField>
  );
}

/** The next times, from whoever will keep them: the server. */
function Preview({ form }: { form: TimingForm }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const now = useNow(30_000);
  const problem = useProblem();
  const timing = useLater(JSON.stringify(timingOf(form)));
  const { data, error } = useQuery(timingPreviewQuery(JSON.parse(timing)));
  const zone = form.kind === 'weekly' || form.kind === 'cron' ? form.timezone : undefined;
  const times = timing === 'null' ? [] : (data ?? []);
  return (
    <div role="status" data-testid="timing-preview" className="min-h-36 rounded-lg bg-sunken px-4 py-3 text-sm">
      <p className="mb-1.5 font-medium">{t('schedules.next')}</p>
      {error && timing !== 'null' ? (
        <p className="text-bad-ink">{messageOf(error) ?? problem(factsOf(error)).title}</p>
      ) : times.length === 0 ? (
        <p className="text-ink-faint">
          {data && timing !== 'null' ? t('schedules.nextNone') : t('schedules.nextUnknown')}
        </p>
      ) : (
        <ol className="grid gap-0.5">
          {times.map((at) => (
            <li key={at} className="flex flex-wrap justify-between gap-x-4">
              <span className="tabular">{momentIn(at, locale, zone)}</span>
              <span className="text-ink-faint">{fromNow(at, now, locale)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** The text, once it has been the same for a while. */
function useLater(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
