import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { skillsQuery } from '../api/pool-queries.ts';
import { CheckField, InputField, SelectField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { useFormat } from '../format/use-format.ts';
import { ttlLimits } from './new-tenant-form.ts';
import { isTimetable, type TimetableForm, timezones, usualTimetable, weekdayName, weekdays } from './timetable.ts';

/** Fields of a tenant that are set when it is made and changed on its page. */

/** The skills it has itself, and the groups whose skills it has; without `skillGroups` it has none. */
export function SkillFields({
  skills,
  skillGroups,
  onChange,
}: {
  skills: readonly string[];
  skillGroups?: readonly string[];
  onChange: (parts: { skills?: string[]; skillGroups?: string[] }) => void;
}) {
  const { t } = useTranslation();
  const { data } = useQuery(skillsQuery);
  // What a tenant has is shown, even when it is not there any more: it can be taken out.
  const allSkills = union(data?.skills ?? [], skills);
  const allGroups = skillGroups ? union(data?.groups ?? [], skillGroups) : [];
  if (data && allSkills.length + allGroups.length === 0) {
    return <p className="text-ink-faint text-sm">{t('newTenant.noSkills')}</p>;
  }
  return (
    <>
      {skillGroups && allGroups.length > 0 && (
        <Choices
          label={t('newTenant.skillGroups')}
          all={allGroups}
          chosen={skillGroups}
          onChosen={(chosen) => onChange({ skillGroups: chosen })}
        />
      )}
      {allSkills.length > 0 && (
        <Choices
          label={t('newTenant.skills')}
          all={allSkills}
          chosen={skills}
          onChosen={(chosen) => onChange({ skills: chosen })}
        />
      )}
    </>
  );
}

interface Choice {
  name: string;
  description: string;
}

function union(known: readonly Choice[], named: readonly string[]): Choice[] {
  const missing = named.filter((name) => !known.some((choice) => choice.name === name));
  return [...known, ...missing.map((name) => ({ name, description: '' }))];
}

function Choices({
  label,
  all,
  chosen,
  onChosen,
}: {
  label: string;
  all: readonly Choice[];
  chosen: readonly string[];
  onChosen: (chosen: string[]) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium text-sm">{label}</legend>
      <div className="grid max-h-52 gap-2.5 overflow-y-auto rounded-md border p-3 sm:grid-cols-2">
        {all.map(({ name, description }) => (
          <CheckField
            key={name}
            label={name}
            hint={description || undefined}
            checked={chosen.includes(name)}
            onChange={(event) =>
              onChosen(event.target.checked ? [...chosen, name] : chosen.filter((other) => other !== name))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

/** After how many hours it goes, and what happens then. */
export function LifetimeFields({
  ttlHours,
  onExpiry,
  hint,
  onChange,
}: {
  ttlHours: string;
  onExpiry: 'stop' | 'delete';
  hint: string;
  onChange: (parts: { ttlHours?: string; onExpiry?: 'stop' | 'delete' }) => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <NumberField
        label={t('newTenant.ttl')}
        unit={t('newTenant.hours')}
        hint={hint}
        limits={ttlLimits}
        optional
        value={ttlHours}
        onValue={(value) => onChange({ ttlHours: value })}
      />
      <SelectField
        label={t('newTenant.onExpiry')}
        value={onExpiry}
        onChange={(event) => onChange({ onExpiry: event.target.value === 'delete' ? 'delete' : 'stop' })}
      >
        <option value="stop">{t('newTenant.expiry.stop')}</option>
        <option value="delete">{t('newTenant.expiry.delete')}</option>
      </SelectField>
    </div>
  );
}

/** Office hours, or none. */
export function TimetableFields({
  timetable,
  onTimetable,
}: {
  timetable: TimetableForm | null;
  onTimetable: (timetable: TimetableForm | null) => void;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const zones = useId();
  const change = (parts: Partial<TimetableForm>) => timetable && onTimetable({ ...timetable, ...parts });
  return (
    <div className="grid gap-4">
      <CheckField
        label={t('newTenant.timetable')}
        hint={t('newTenant.timetableHint')}
        checked={timetable !== null}
        onChange={(event) => onTimetable(event.target.checked ? usualTimetable() : null)}
      />
      {timetable && (
        <div className="grid gap-4 ps-7">
          <div className="grid grid-cols-2 gap-4">
            <InputField
              label={t('newTenant.startsAt')}
              type="time"
              value={timetable.start}
              onChange={(event) => change({ start: event.target.value })}
            />
            <InputField
              label={t('newTenant.stopsAt')}
              type="time"
              value={timetable.stop}
              onChange={(event) => change({ stop: event.target.value })}
            />
            <InputField
              className="col-span-2"
              label={t('newTenant.timezone')}
              list={zones}
              value={timetable.timezone}
              onChange={(event) => change({ timezone: event.target.value })}
            />
            <datalist id={zones}>
              {timezones().map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </div>
          <fieldset>
            <legend className="mb-1.5 font-medium text-sm">{t('newTenant.days')}</legend>
            <div className="flex flex-wrap gap-1.5">
              {weekdays.map((day) => (
                <label
                  key={day}
                  className="inline-flex h-9 min-w-11 cursor-pointer items-center justify-center rounded-md border border-control px-2.5 text-sm hover:bg-hover has-checked:border-ink has-checked:bg-ink has-checked:text-canvas has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2"
                >
                  <input
                    type="checkbox"
                    className="sr-only"
                    aria-label={weekdayName(day, locale, 'long')}
                    checked={timetable.days.includes(day)}
                    onChange={(event) =>
                      change({
                        days: weekdays.filter((other) =>
                          other === day ? event.target.checked : timetable.days.includes(other),
                        ),
                      })
                    }
                  />
                  {weekdayName(day, locale, 'short')}
                </label>
              ))}
            </div>
          </fieldset>
          {!isTimetable(timetable) && (
            <p role="alert" className="text-bad-ink text-sm">
              {t('newTenant.timetableWrong')}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
